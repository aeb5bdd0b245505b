import { Encoder } from 'cbor-x'
import * as fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { decodeCbor } from '../../../objects/formats/cbor-reader.ts'
import { scanCbor } from '../../../objects/formats/cbor-scan.ts'
import { endsAsADecoderMay, hex, malformed } from './payloads.ts'

afterEach(() => void vi.restoreAllMocks())

test.each([
  ['tag 0, a date', 'c074323031332d30332d32315432303a30343a30305a'],
  ['tag 1, a time, within', '81c11a514b67b0'],
  ['tag 2, a bignum', `c25a0000ea60${'ff'.repeat(60000)}`],
  ['tag 3, a negative bignum', 'c3420100'],
  ['tag 5, a bigfloat', 'c5822003'],
  ['tag 6, a packed reference', 'c600'],
  ['tag 27, an object of a named class', 'd81b836652656745787061616167'],
  ['tag 28, a shared value', 'd81c81d81d00'],
  ['tag 51, a packed table', 'd8338480808000'],
  ['tag 64, a typed array', 'd84043010203'],
  ['tag 105, a record definition', 'd8698219e00080'],
  ['tag 258, a set', 'd9010283010203'],
  ['tag 259, a map', 'd90103a10102'],
  ['tag 0xdfff, a record', 'd9dfff8319e0018161610181'],
  ['tag 55799, a magic number', 'd9d9f705'],
  ['a tag of 64 bits', 'db000000010000000405'],
])('%s is refused before the decoder sees it', (_name, written) => {
  const decode = vi.spyOn(Encoder.prototype, 'decode')
  expect(() => decodeCbor(hex(written))).toThrow(malformed)
  expect(decode).not.toHaveBeenCalled()
  expect(decodeCbor(hex('05'))).toBe(5)
  expect(decode).toHaveBeenCalledOnce()
})

test.each([
  ['a decimal fraction that is no pair', 'c405'],
  ['a decimal fraction of three', 'c483010203'],
  ['a decimal fraction of indefinite length', 'c49f0102ff'],
  ['a decimal fraction of text', 'c482006131'],
  ['a decimal fraction in a decimal fraction', 'c48200c4820001'],
  ['a byte string of indefinite length', '5f4101ff'],
  ['a text of indefinite length', '7f6161ff'],
  ['a text that is not UTF-8', '62c328'],
  ['an overlong text', '62c0af'],
  ['half a surrogate pair', '63eda080'],
  ['a key twice', 'a201020103'],
  ['a key twice, in two widths', 'a20102180103'],
  ['a text key twice', 'a2616102616103'],
  ['a large key twice', 'a2186402186403'],
  ['a key that is an array', 'a18001'],
  ['a key that is a float', 'a1f93c0001'],
  ['a key of 64 bits', 'a11b000000010000000001'],
  ['a map without its last value', 'a101'],
  ['a map of indefinite length that ends after a key', 'bf01ff'],
  ['an array of indefinite length without its end', '9f01'],
  ['a break by itself', 'ff'],
  ['a break in an array of known length', '81ff'],
  ['a reserved length', '1c'],
  ['an integer of indefinite length', '1f'],
  ['a tag of indefinite length', 'df05'],
  ['an unassigned simple value', 'e0'],
  ['a simple value in two bytes', 'f8ff'],
  ['bytes after the end', '0000'],
  ['nothing', ''],
])('%s is refused', (_name, written) => {
  expect(() => scanCbor(hex(written))).toThrow(malformed)
})

test.each([
  '5bffffffffffffffff',
  '7bffffffffffffffff',
  '9bffffffffffffffff',
  'bbffffffffffffffff',
  '9affffffff',
  '5affffffff',
])('a length far beyond the end is refused: %s', written =>
  expect(() => scanCbor(hex(`${written}00`))).toThrow(malformed),
)

test('nine levels are refused, eight are not', () => {
  expect(() => scanCbor(hex(`${'81'.repeat(8)}05`))).not.toThrow()
  expect(() => scanCbor(hex(`${'81'.repeat(9)}05`))).toThrow(malformed)
  expect(() => scanCbor(hex('9f'.repeat(100_000)))).toThrow(malformed)
  expect(() => scanCbor(hex('a100'.repeat(100_000)))).toThrow(malformed)
})

test('arrays and maps of indefinite length are taken', () => {
  expect(decodeCbor(hex('9fbf00613002f93c00ffff'))).toEqual([
    new Map<number, unknown>([
      [0, '0'],
      [2, 1],
    ]),
  ])
})

test('keys at the edge of those that take a bit are told apart', () => {
  const map = new Map([-17, -16, -1, 0, 15, 16, 31, 32].map(key => [key, 1]))
  const encoder = new Encoder({ useRecords: false, mapsAsObjects: false })
  expect(decodeCbor(encoder.encode(map))).toEqual(map)
})

test('the example of RFC 8428 §6 is taken', () => {
  const written =
    '82 a7 21 78 1b 75726e3a6465763a6f773a313065323037336130313038303036 3a 22 fb41d303a15b001062 23 6141 20 05' +
    '00 67 766f6c74616765 01 6156 02 fb405e066666666666 a3 00 67 63757272656e74 06 24 02 fb3ff3333333333333'
  const [voltage, current] = decodeCbor(hex(written)) as Map<number, unknown>[]
  expect(voltage?.get(-2)).toBe('urn:dev:ow:10e2073a0108006:')
  expect(voltage?.get(-3)).toBe(1276020076.001)
  expect(voltage?.get(2)).toBe(120.1)
  expect(current?.get(6)).toBe(-5)
  expect(current?.get(2)).toBe(1.2)
})

test('what an encoder writes passes unchanged', () => {
  const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false })
  const { item } = fc.letrec(tie => ({
    item: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: 'binary' }),
      fc.integer(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.uint8Array(),
      fc.array(tie('item'), { maxLength: 4 }),
      fc
        .uniqueArray(fc.tuple(fc.integer(), tie('item')), { maxLength: 4, selector: ([key]) => key })
        .map(entries => new Map(entries)),
    ),
  }))
  fc.assert(
    fc.property(item, value => {
      const written = encoder.encode(value)
      expect(decodeCbor(written)).toEqual(encoder.decode(written))
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('any bytes end in an item or a typed error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => endsAsADecoderMay(() => decodeCbor(bytes))),
    { seed: 2, numRuns: 20_000 },
  )
})
