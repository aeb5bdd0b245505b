import type { CodecTime, Measures } from './targets/formats.ts'
import { Worker } from './worker.ts'

const rounds = 5
const targetSetsPerSecond = 1_000_000

interface Comparison {
  readonly ours: string
  readonly theirs: string
  /** The target: at least so many times as fast. */
  readonly timesAsFast?: number
}

/** The bare codecs check nothing and know nothing of LwM2M: SenML CBOR may take twice their time. */
const comparisons: readonly Comparison[] = [
  { ours: 'TLV', theirs: 'lwm2m-codec TLV', timesAsFast: 3 },
  { ours: 'LwM2M JSON', theirs: 'lwm2m-codec JSON' },
  { ours: 'SenML CBOR', theirs: 'bare cbor-x', timesAsFast: 0.5 },
  { ours: 'SenML JSON', theirs: 'bare JSON' },
]

/** Encode and decode of /3/0 and of a pack of 1,000 records beside other codecs on the same data, and `set` of the store. */
export async function benchFormats(): Promise<void> {
  console.log(`\nFormats: µs an operation, best of ${rounds} rounds, each in its own process`)
  const measures: Measures[] = []
  for (let round = 0; round < rounds; round++) {
    const worker = new Worker('targets/formats')
    try {
      measures.push(await worker.ask<Measures>('measure'))
    } finally {
      await worker.stop()
    }
  }
  for (const { document } of measures[0]?.documents ?? []) print(document, bestOf(measures, document))
  const setsPerSecond = Math.max(...measures.map(measure => measure.setsPerSecond))
  console.log(
    `\nObjectStore.set of an unobserved resource: ${(setsPerSecond / 1e6).toFixed(2)} million a second` +
      ` (target ${targetSetsPerSecond / 1e6})`,
  )
}

function bestOf(measures: readonly Measures[], document: string): CodecTime[] {
  const runs = measures.map(({ documents }) => documents.find(one => one.document === document)?.codecs ?? [])
  return (runs[0] ?? []).map((codec, index) => ({
    ...codec,
    encodeMicroseconds: Math.min(...runs.map(run => run[index]?.encodeMicroseconds ?? Number.NaN)),
    decodeMicroseconds: Math.min(...runs.map(run => run[index]?.decodeMicroseconds ?? Number.NaN)),
  }))
}

function print(document: string, codecs: readonly CodecTime[]): void {
  console.log(`\n${document}`)
  console.log(row('', 'bytes', 'encode', 'decode'))
  for (const { name, bytes, encodeMicroseconds, decodeMicroseconds } of codecs) {
    console.log(row(name, String(bytes), encodeMicroseconds.toFixed(2), decodeMicroseconds.toFixed(2)))
  }
  for (const { ours, theirs, timesAsFast } of comparisons) {
    const our = codecs.find(({ name }) => name === ours)
    const their = codecs.find(({ name }) => name === theirs)
    if (our === undefined || their === undefined) continue
    const encode = their.encodeMicroseconds / our.encodeMicroseconds
    const decode = their.decodeMicroseconds / our.decodeMicroseconds
    const target = timesAsFast === undefined ? '' : ` (target ${timesAsFast})`
    console.log(
      `${ours}: ${encode.toFixed(2)} × as fast as ${theirs} to encode, ${decode.toFixed(2)} × to decode${target}`,
    )
  }
}

function row(name: string, ...columns: readonly string[]): string {
  return name.padEnd(18) + columns.map(column => column.padStart(12)).join('')
}
