import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatJsonNumber, parseJson } from '../../../objects/formats/number-json.ts'
import { endsAsADecoderMay, malformed } from './payloads.ts'

test.each([
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 9007199254740992n],
  ['-9007199254740993', -9007199254740993n],
  ['9223372036854775800', 9223372036854775800n],
  ['18446744073709551615', 18446744073709551615n],
  ['-9223372036854775808', -(2n ** 63n)],
  ['123456789012345678901', 123456789012345680000],
  ['1.638435E9', 1638435000],
  ['1e400', Number.POSITIVE_INFINITY],
  ['-0', -0],
  ['0.5', 0.5],
])('the number %s', (text, value) => {
  expect(parseJson(text)).toBe(value)
})

test('numbers are written with all their digits', () => {
  expect(formatJsonNumber(2n ** 64n - 1n)).toBe('18446744073709551615')
  expect(formatJsonNumber(1e21)).toBe('1e+21')
})

test('a float beyond 2^53 is not written as an integer of rounded digits', () => {
  expect(formatJsonNumber(2 ** 53 - 1)).toBe('9007199254740991')
  expect(formatJsonNumber(2 ** 53)).toBe('9.007199254740992e+15')
  expect(formatJsonNumber(-(2 ** 63))).toBe('-9.223372036854776e+18')
  expect(Number(formatJsonNumber(2 ** 64))).toBe(2 ** 64)
})

test('an object is a Map, whatever its keys', () => {
  expect(parseJson(' { "__proto__" : [ true , false , null ] , "" : {} } ')).toEqual(
    new Map<string, unknown>([
      ['__proto__', [true, false, null]],
      ['', new Map()],
    ]),
  )
})

test('escapes are read as JSON.parse reads them', () => {
  expect(parseJson(String.raw`"\u00e9\n\"\\\/\ud83d\ude00"`)).toBe('é\n"\\/😀')
})

test.each([
  '',
  ' ',
  '{',
  '[',
  '[1',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{a:1}',
  '{"a":1 "b":2}',
  '"a',
  '"a\\"',
  '"\\x"',
  '"\\u12"',
  '"a\nb"',
  '01',
  '+1',
  '1.',
  '.5',
  '1e',
  '-',
  'NaN',
  'tru',
  'nulls',
  '1 2',
  '\u00a01',
  '\ufeff1',
])('%j is malformed', text => {
  expect(() => parseJson(text)).toThrow(malformed)
})

test('a key twice is malformed, also when escaped', () => {
  expect(() => parseJson(String.raw`{"a":1,"\u0061":2}`)).toThrow(malformed)
})

test('nine levels are refused, eight are not', () => {
  expect(() => parseJson(`${'['.repeat(8)}1${']'.repeat(8)}`)).not.toThrow()
  expect(() => parseJson(`${'['.repeat(9)}1${']'.repeat(9)}`)).toThrow(malformed)
  expect(() => parseJson('{"a":'.repeat(100_000))).toThrow(malformed)
})

test('an integer of a million digits never becomes a bigint', () => {
  expect(parseJson('9'.repeat(1_000_000))).toBe(Number.POSITIVE_INFINITY)
})

function plain(value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, plain(member)]))
  if (Array.isArray(value)) return value.map(plain)
  return typeof value === 'bigint' ? Number(value) : value
}

test('every document that JSON.parse takes reads the same', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5, depthSize: 'small' }), fc.constantFrom(0, 2), (text, indent) => {
      const parsed: unknown = JSON.parse(text)
      expect(plain(parseJson(JSON.stringify(parsed, null, indent)))).toEqual(parsed)
    }),
    { seed: 1, numRuns: 500 },
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('any text ends in a value or a typed error, and what is no JSON in the error', () => {
  const unit = fc.constantFrom(...'{}[]",:\\u0019-+.eEtruefalsn \n'.split(''))
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 24 }), text => {
      expect(endsAsADecoderMay(() => parseJson(text))).toBe(true)
      if (!isJson(text)) expect(() => parseJson(text)).toThrow(malformed)
    }),
    { seed: 2, numRuns: 5_000 },
  )
})
