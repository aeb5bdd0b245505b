import { expect, test } from 'vitest'
import { readSenmlCbor } from '../../../objects/formats/senml-cbor.ts'
import { SenmlFields, SenmlLabel, type SenmlPackReader } from '../../../objects/formats/senml-fields.ts'
import { readSenmlJson } from '../../../objects/formats/senml-json.ts'
import { hex, malformed } from './payloads.ts'

/** Keeps the fields of every record, by label. */
class Records implements SenmlPackReader {
  readonly fields = new SenmlFields()
  readonly records: Record<string, unknown>[] = []
  unknownFields = 0

  unknownField(): void {
    this.unknownFields++
  }

  endRecord(): void {
    const entries = Object.entries(SenmlLabel).filter(([, label]) => this.fields.has(label))
    this.records.push(Object.fromEntries(entries.map(([name, label]) => [name, plain(this.fields.get(label))])))
    this.fields.clear()
  }
}

/** Names in CBOR stay bytes. */
function plain(field: unknown): unknown {
  if (typeof field !== 'object' || field === null || !('start' in field)) return field
  const { bytes, start, end } = field as { bytes: Uint8Array; start: number; end: number }
  return Buffer.from(bytes.subarray(start, end)).toString()
}

function recordsOf(read: (payload: Uint8Array, reader: SenmlPackReader) => void, payload: Uint8Array) {
  const records = new Records()
  read(payload, records)
  return records
}

const name = 'urn:dev:ow:10e2073a01080063:'

test('§5.1.1: a single data point', () => {
  const text = '[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]'
  expect(recordsOf(readSenmlJson, Buffer.from(text)).records).toEqual([
    { n: 'urn:dev:ow:10e2073a01080063', u: 'Cel', v: 23.1 },
  ])
})

test('§5.1.3: base fields and values of several types', () => {
  const text =
    `[{"bn":"${name}","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},` +
    '{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]'
  expect(recordsOf(readSenmlJson, Buffer.from(text)).records).toEqual([
    { bn: name, n: 'temp', u: 'Cel', v: 23.1 },
    { n: 'label', vs: 'Machine Room' },
    { n: 'open', vb: false },
    { n: 'nfc-reader', vd: Buffer.from('hi \n') },
  ])
})

test('§6: the same pack in JSON and in CBOR', () => {
  const text =
    '[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},' +
    [-5, -4, -3, -2, -1].map((t, index) => `{"n":"current","t":${t},"v":1.${index + 2}},`).join('') +
    '{"n":"current","v":1.7}]'
  const written =
    '87a721781b75726e3a6465763a6f773a313065323037336130313038303036 3a22fb41d303a15b00106223614120050067766f6c74616765' +
    '01615602fb405e066666666666 a3006763757272656e74062402fb3ff3333333333333 a3006763757272656e74062302fb3ff4cccccccc' +
    'cccd a3006763757272656e74062202fb3ff6666666666666 a3006763757272656e74062102fb3ff8000000000000 a30067637572' +
    '72656e74062002fb3ff999999999999a a2006763757272656e7402fb3ffb333333333333'
  const fromCbor = recordsOf(readSenmlCbor, hex(written)).records
  expect(fromCbor).toEqual(recordsOf(readSenmlJson, Buffer.from(text)).records)
  expect(fromCbor).toHaveLength(7)
  expect(fromCbor[0]).toEqual({
    bn: 'urn:dev:ow:10e2073a0108006:',
    bt: 1276020076.001,
    bu: 'A',
    bver: 5,
    n: 'voltage',
    u: 'V',
    v: 120.1,
  })
})

test('§4.4: unknown labels are told, those that must be understood refused', () => {
  expect(recordsOf(readSenmlJson, Buffer.from('[{"n":"a","v":1,"x":[{}]}]')).unknownFields).toBe(1)
  expect(recordsOf(readSenmlCbor, hex('81a4006161020118648161780a6179')).unknownFields).toBe(2)
  expect(() => recordsOf(readSenmlJson, Buffer.from('[{"n":"a","v":1,"x_":1}]'))).toThrow(malformed)
  expect(() => recordsOf(readSenmlCbor, hex('81a30061610201 62785f01'))).toThrow(malformed)
})
