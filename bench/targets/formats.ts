import { createRequire } from 'node:module'
import { Encoder } from 'cbor-x'
import { device } from '../../objects/definitions/device.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import type { Path } from '../../objects/path.ts'
import type { PathValue } from '../../objects/path-value.ts'
import { ObjectStore } from '../../objects/store.ts'
import { answerQuestions } from '../questions.ts'

export interface CodecTime {
  readonly name: string
  readonly bytes: number
  readonly encodeMicroseconds: number
  readonly decodeMicroseconds: number
}

export interface Measures {
  readonly documents: readonly { readonly document: string; readonly codecs: readonly CodecTime[] }[]
  readonly setsPerSecond: number
}

interface Codec {
  readonly name: string
  readonly bytes: number
  encode(): unknown
  decode(): unknown
}

interface Lwm2mCodec {
  encode(format: 'tlv' | 'json', path: string, value: unknown): Buffer | string
  decode(format: 'tlv' | 'json', path: string, payload: Buffer): unknown
}

/** Turns of the codecs: what else the machine does falls on all of them alike. */
const turns = 12
const turnMs = 25
const sets = 1_000_000

const lwm2mCodec = createRequire(import.meta.url)('lwm2m-codec') as Lwm2mCodec
/** As an application would set it up to carry SenML: integer keys stay integers, no private tags. */
const bareCbor = new Encoder({ useRecords: false, mapsAsObjects: false, variableMapSize: true, tagUint8Array: false })

const store = new ObjectStore()
store.define(device)
store.define(temperature)

const ours = [
  ['TLV', ContentFormat.tlv],
  ['LwM2M JSON', ContentFormat.lwm2mJson],
  ['LwM2M CBOR', ContentFormat.lwm2mCbor],
  ['SenML CBOR', ContentFormat.senmlCbor],
  ['SenML JSON', ContentFormat.senmlJson],
] as const

/** The device of the specification's examples: 15 values of resources, one more of a resource instance. */
const deviceResources = {
  0: 'Open Mobile Alliance',
  1: 'Lightweight M2M Client',
  2: '345000123',
  3: '1.0',
  6: { 0: 1, 1: 5 },
  7: { 0: 3800, 1: 5000 },
  8: { 0: 125, 1: 900 },
  9: 100,
  10: 15,
  11: { 0: 0 },
  13: 1367491215,
  14: '+02:00',
  16: 'U',
} as const

function deviceValues(): PathValue[] {
  return Object.entries(deviceResources).flatMap(([id, content]): PathValue[] =>
    typeof content === 'object'
      ? Object.entries(content).map(([instance, value]) => ({ path: [3, 0, Number(id), Number(instance)], value }))
      : [{ path: [3, 0, Number(id)], value: content }],
  )
}

function packValues(): PathValue[] {
  return Array.from({ length: 250 }, (_, instance): PathValue[] => [
    { path: [3303, instance, 5601], value: -20.5 + instance / 7 },
    { path: [3303, instance, 5602], value: 80.25 },
    { path: [3303, instance, 5700], value: 21.5 + instance / 10 },
    { path: [3303, instance, 5701], value: 'Cel' },
  ]).flat()
}

function ourCodecs(base: Path, values: readonly PathValue[]): Codec[] {
  return ours.map(([name, contentFormat]) => {
    const format = formatOf(contentFormat)
    if (format === undefined) throw new Error(`no format ${contentFormat}`)
    const payload = Buffer.from(format.encode(base, values, store))
    return {
      name,
      bytes: payload.length,
      encode: () => format.encode(base, values, store),
      decode: () => format.decode(base, payload, store),
    }
  })
}

function bareCodecs(base: Path, values: readonly PathValue[]): Codec[] {
  const cbor = Buffer.from(formatOf(ContentFormat.senmlCbor)?.encode(base, values, store) ?? [])
  const maps: unknown = bareCbor.decode(cbor)
  const json = Buffer.from(formatOf(ContentFormat.senmlJson)?.encode(base, values, store) ?? [])
  const objects: unknown = JSON.parse(json.toString())
  return [
    {
      name: 'bare cbor-x',
      bytes: cbor.length,
      encode: () => bareCbor.encode(maps),
      decode: () => bareCbor.decode(cbor) as unknown,
    },
    {
      name: 'bare JSON',
      bytes: json.length,
      encode: () => Buffer.from(JSON.stringify(objects)),
      decode: () => JSON.parse(json.toString()) as unknown,
    },
  ]
}

function lwm2mCodecs(): Codec[] {
  return (['tlv', 'json'] as const).map(format => {
    const payload = Buffer.from(lwm2mCodec.encode(format, '/3/0', deviceResources))
    return {
      name: `lwm2m-codec ${format.toUpperCase()}`,
      bytes: payload.length,
      encode: () => lwm2mCodec.encode(format, '/3/0', deviceResources),
      decode: () => lwm2mCodec.decode(format, '/3/0', payload),
    }
  })
}

function measure(codecs: readonly Codec[]): CodecTime[] {
  const best = codecs.map(() => ({ encode: Number.POSITIVE_INFINITY, decode: Number.POSITIVE_INFINITY }))
  for (let turn = 0; turn < turns; turn++) {
    for (const [index, codec] of codecs.entries()) {
      const time = best[index]
      if (time === undefined) continue
      time.encode = Math.min(
        time.encode,
        microsecondsEach(() => codec.encode()),
      )
      time.decode = Math.min(
        time.decode,
        microsecondsEach(() => codec.decode()),
      )
    }
  }
  return codecs.map(({ name, bytes }, index) => ({
    name,
    bytes,
    encodeMicroseconds: best[index]?.encode ?? Number.NaN,
    decodeMicroseconds: best[index]?.decode ?? Number.NaN,
  }))
}

function microsecondsEach(run: () => unknown): number {
  const started = performance.now()
  let count = 0
  do {
    for (let index = 0; index < 10; index++) run()
    count += 10
  } while (performance.now() - started < turnMs)
  return ((performance.now() - started) * 1_000) / count
}

/** A new value each time, so that none is dropped as unchanged. */
function setsPerSecond(): number {
  store.createInstance(temperature.id, 0, [{ path: [temperature.id, 0, 5700], value: 0 }])
  const path = [temperature.id, 0, 5700]
  let best = 0
  for (let turn = 0; turn < 3; turn++) {
    const started = performance.now()
    for (let index = 1; index <= sets; index++) store.set(path, index)
    best = Math.max(best, (sets * 1_000) / (performance.now() - started))
  }
  return best
}

answerQuestions({
  measure(): Measures {
    const deviceContent = deviceValues()
    const pack = packValues()
    return {
      documents: [
        {
          document: '/3/0',
          codecs: measure([
            ...ourCodecs([3, 0], deviceContent),
            ...bareCodecs([3, 0], deviceContent),
            ...lwm2mCodecs(),
          ]),
        },
        {
          document: `A pack of ${pack.length} records`,
          codecs: measure([...ourCodecs([3303], pack), ...bareCodecs([3303], pack)]),
        },
      ],
      setsPerSecond: setsPerSecond(),
    }
  },
})
