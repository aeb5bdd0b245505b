import { expect, test } from 'vitest'
import { badRequest, codec, hex, malformed, notAcceptable, toHex, typesObject, unsupported } from './payloads.ts'

const cbor = codec(60)
const at = (id: number) => [typesObject, 0, id]

test.each([
  [at(0), 'IETF', '6449455446'],
  [at(0), '水', '63e6b0b4'],
  [at(1), 0, '00'],
  [at(1), 23, '17'],
  [at(1), 24, '1818'],
  [at(1), 1000000, '1a000f4240'],
  [at(1), 4294967295, '1affffffff'],
  [at(1), 4294967296, '1b0000000100000000'],
  [at(1), 1000000000000, '1b000000e8d4a51000'],
  [at(1), -1, '20'],
  [at(1), -1000, '3903e7'],
  [at(1), -4294967296, '3affffffff'],
  [at(1), -4294967297, '3b0000000100000000'],
  [at(1), 2n ** 63n - 1n, '1b7fffffffffffffff'],
  [at(1), -(2n ** 63n), '3b7fffffffffffffff'],
  [at(2), 2n ** 64n - 1n, '1bffffffffffffffff'],
  [at(3), 1.1, 'fb3ff199999999999a'],
  [at(3), 5, 'f94500'],
  [at(3), 300, 'f95cb0'],
  [at(3), 65504, 'f97bff'],
  [at(3), 65536, 'fa47800000'],
  [at(3), 100000, 'fa47c35000'],
  [at(3), -4, 'f9c400'],
  [at(4), false, 'f4'],
  [at(4), true, 'f5'],
  [at(5), new Uint8Array([1, 2, 3, 4]), '4401020304'],
  [at(6), 1363896240, 'c11a514b67b0'],
  [at(7), { objectId: 3303, instanceId: 1 }, '66333330333a31'],
  [at(8), '</3>', '643c2f333e'],
])('%j: %s is the item of Appendix C', (path, value, written) => {
  expect(toHex(cbor.encodeOne(path, value))).toBe(written)
  expect(cbor.decodeOne(path, hex(written))).toEqual(value)
})

test.each([
  ['f90000', 0],
  ['f93c00', 1],
  ['f9c400', -4],
  ['f95cb0', 300],
  ['f90001', 5.960464477539063e-8],
  ['fa47c35000', 100000],
  ['fb3ff8000000000000', 1.5],
  ['05', 5],
  ['1bffffffffffffffff', 2 ** 64],
  ['c48221196ab3', 273.15],
])('a float may come as %s', (written, value) => {
  expect(cbor.decodeOne(at(3), hex(written))).toBe(value)
})

test.each(['1805', '190005', '1a00000005', '1b0000000000000005', 'f94500', 'fb4014000000000000'])(
  'an integer may come as %s',
  written => expect(cbor.decodeOne(at(1), hex(written))).toBe(5),
)

test('a time may come without its tag', () => {
  expect(cbor.decodeOne(at(6), hex('1a514b67b0'))).toBe(1363896240)
})

test('a time may come as a date', () => {
  const date = (text: string) => hex(`c0${(0x60 + text.length).toString(16)}${Buffer.from(text).toString('hex')}`)
  expect(cbor.decodeOne(at(6), date('2013-05-02T10:40:15Z'))).toBe(1367491215)
  // A Zephyr client writes its offset like this.
  const withOffset = '1970-01-01T00:00:01-00:00'
  expect(cbor.decodeOne(at(6), hex(`c07819${Buffer.from(withOffset).toString('hex')}`))).toBe(1)
  expect(() => cbor.decode(at(6), date('2013-05-02T10:40:15'))).toThrow(malformed)
  expect(() => cbor.decode(at(6), date('2013-99-02T10:40:15Z'))).toThrow(malformed)
  expect(() => cbor.decode(at(6), date('2013-05-02T10:40:15.5Z'))).toThrow(badRequest)
  expect(() => cbor.decode(at(1), date('2013-05-02T10:40:15Z'))).toThrow(malformed)
})

test('the tag of a time is for times only', () => {
  expect(() => cbor.decode(at(1), hex('c11a514b67b0'))).toThrow(malformed)
  expect(() => cbor.decode(at(6), hex('c1c11a514b67b0'))).toThrow(malformed)
})

test('a time with a fraction is a bad request', () => {
  expect(() => cbor.decode(at(6), hex('c1fb41d452d9ec200000'))).toThrow(badRequest)
})

test.each([
  [at(1), 'f94580'],
  [at(1), '6135'],
  [at(1), 'f6'],
  [at(1), '80'],
  [at(1), 'a0'],
  [at(1), '3b8000000000000000'],
  [at(2), '20'],
  [at(3), 'f97e00'],
  [at(3), 'f97c00'],
  [at(4), '01'],
  [at(5), '6135'],
  [at(7), '6135'],
  [[4711, 0, 0], 'a0'],
  [[4711, 0, 0], 'f7'],
])('%j takes no %s', (path, written) => {
  expect(() => cbor.decode(path, hex(written))).toThrow(badRequest)
})

test('a resource of unknown type is what the item shows', () => {
  expect(cbor.decodeOne([4711, 0, 0], hex('6449455446'))).toBe('IETF')
  expect(cbor.decodeOne([4711, 0, 0], hex('1bffffffffffffffff'))).toBe(2n ** 64n - 1n)
  expect(cbor.decodeOne([4711, 0, 0], hex('f93e00'))).toBe(1.5)
})

test('bytes are copied out of the payload', () => {
  const payload = hex('4401020304')
  const value = cbor.decodeOne(at(5), payload)
  payload.fill(0)
  expect(value).toEqual(new Uint8Array([1, 2, 3, 4]))
})

test('no bytes, or bytes after the item, are malformed', () => {
  expect(() => cbor.decode(at(1), hex(''))).toThrow(malformed)
  expect(() => cbor.decode(at(1), hex('0505'))).toThrow(malformed)
})

test('several values are neither written nor read', () => {
  expect(() => cbor.encode([3, 0], [])).toThrow(notAcceptable)
  expect(() => cbor.decode([3, 0], hex('05'))).toThrow(unsupported)
})
