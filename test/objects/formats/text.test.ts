import { expect, test } from 'vitest'
import { badRequest, codec, invalidValue, malformed, notAcceptable, typesObject, unsupported } from './payloads.ts'

const text = codec(0)
const at = (id: number) => [typesObject, 0, id]
const string = at(0)
const integer = at(1)
const unsigned = at(2)
const float = at(3)
const boolean = at(4)
const opaque = at(5)
const time = at(6)
const objectLink = at(7)
const coreLink = at(8)
const bytes = (written: string) => Buffer.from(written)

test.each([
  [string, 'Größe', 'Größe'],
  [string, '', ''],
  [string, '\ufeffmark', '\ufeffmark'],
  [integer, -128, '-128'],
  [integer, -(2n ** 63n), '-9223372036854775808'],
  [unsigned, 2n ** 64n - 1n, '18446744073709551615'],
  [float, 56.4, '56.4'],
  [float, 1e21, '1000000000000000000000'],
  [float, -1.5e-7, '-0.00000015'],
  [boolean, true, '1'],
  [boolean, false, '0'],
  [opaque, new Uint8Array([1, 2, 3, 4, 5]), 'AQIDBAU='],
  [time, 1367491215, '1367491215'],
  [objectLink, { objectId: 65535, instanceId: 65535 }, '65535:65535'],
  [coreLink, '</3/0>,</1>;ver=1.1', '</3/0>,</1>;ver=1.1'],
])('the value of %j is the text of Appendix C: %s', (path, value, written) => {
  expect(Buffer.from(text.encodeOne(path, value)).toString()).toBe(written)
  expect(text.decodeOne(path, bytes(written))).toEqual(value)
})

test('a resource instance is a single value', () => {
  expect(Buffer.from(text.encodeOne([3, 0, 7, 1], 5000)).toString()).toBe('5000')
  expect(text.decodeOne([3, 0, 7, 1], bytes('5000'))).toBe(5000)
})

test('a float may be written with an exponent', () => {
  expect(text.decodeOne(float, bytes('1.5E3'))).toBe(1500)
  expect(text.decodeOne(float, bytes('-.5'))).toBe(-0.5)
})

test.each([
  [integer, ''],
  [integer, '1.0'],
  [integer, ' 1'],
  [integer, '0x10'],
  [integer, '1e3'],
  [integer, '123456789012345678901'],
  [float, '1e'],
  [float, '.'],
  [float, 'NaN'],
  [float, '1e999'],
  [boolean, 'true'],
  [boolean, ''],
  [opaque, 'AQIDBAU'],
  [opaque, 'AQIDBAV='],
  [opaque, 'A-_='],
  [objectLink, '1:65536'],
  [objectLink, '1'],
  [[3, 0, 4], ''],
])('%j does not read %j', (path, written) => {
  expect(() => text.decode(path, bytes(written))).toThrow(malformed)
})

test('a number of a million digits is refused', () => {
  expect(() => text.decode(integer, bytes('9'.repeat(1_000_000)))).toThrow(malformed)
  expect(() => text.decode(float, bytes('0'.repeat(1_000_000)))).toThrow(malformed)
})

test('text that is not UTF-8 is malformed', () => {
  expect(() => text.decode(string, Buffer.from([0x61, 0xff]))).toThrow(malformed)
  expect(() => text.decode(string, Buffer.from([0xed, 0xa0, 0x80]))).toThrow(malformed)
  expect(text.decodeOne(string, bytes('\ufffd'))).toBe('\ufffd')
})

test('an integer out of its range is a bad request', () => {
  expect(() => text.decode(integer, bytes('9223372036854775808'))).toThrow(badRequest)
  expect(() => text.decode(unsigned, bytes('-1'))).toThrow(badRequest)
  expect(() => text.decode(unsigned, bytes('18446744073709551616'))).toThrow(badRequest)
})

test('a resource of unknown type is not found', () => {
  expect(() => text.decode([4711, 0, 1], bytes('1'))).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test.each([[[]], [[3]], [[3, 0]], [[3, 0, 7]], [[3, 0, 9, 0]]])('%j is not one value', path => {
  expect(() => text.decode(path, bytes('1'))).toThrow(unsupported)
  expect(() => text.encode(path, [{ path, value: 1 }])).toThrow(notAcceptable)
})

test('anything but the one value is not acceptable', () => {
  const path = [3, 0, 9]
  const one = { path, value: 1 }
  expect(() => text.encode(path, [])).toThrow(notAcceptable)
  expect(() => text.encode(path, [{ path }])).toThrow(notAcceptable)
  expect(() => text.encode(path, [{ path, value: null }])).toThrow(notAcceptable)
  expect(() => text.encode(path, [one, one])).toThrow(notAcceptable)
  expect(() => text.encode(path, [{ path: [3, 0, 10], value: 1 }])).toThrow(notAcceptable)
})

test('a value of another type is not written', () => {
  expect(() => text.encodeOne(integer, 5.5)).toThrow(invalidValue)
  expect(() => text.encodeOne(string, 5)).toThrow(invalidValue)
})
