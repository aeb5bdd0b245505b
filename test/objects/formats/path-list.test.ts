import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodePaths, encodePaths } from '../../../objects/formats/path-list.ts'
import type { Path } from '../../../objects/path.ts'
import { endsAsADecoderMay, hex, malformed, toHex, unsupported } from './payloads.ts'

const formats = [110, 112, 320, 322]
const json = (text: string, contentFormat = 110) => decodePaths(contentFormat, Buffer.from(text))

test.each<[table: string, text: string, paths: readonly Path[]]>([
  [
    'Table 7.5.6.-6',
    '[{"n":"/3/0/0"},{"n":"/3/0/9"},{"n":"/1/0/1"}]',
    [
      [3, 0, 0],
      [3, 0, 9],
      [1, 0, 1],
    ],
  ],
  ['Table 7.5.6.-10, the root', '[{"n":"/"}]', [[]]],
  ['Table 7.5.6.-11, an object', '[{"n":"/1"}]', [[1]]],
  [
    'Table 7.5.6.-12, instances',
    '[{"n":"/1/0"},{"n":"/1/2"}]',
    [
      [1, 0],
      [1, 2],
    ],
  ],
])('%s', (_table, text, paths) => {
  expect(Buffer.from(encodePaths(110, paths)).toString()).toBe(text)
  expect(json(text)).toEqual(paths)
  expect(json(text, 320)).toEqual(paths)
})

test('Table 7.5.6.-8: base names change', () => {
  expect(json('[{"bn":"/4/0/", "n":"0"},\n{"n":"1"},\n{"n":"2"},\n{"bn":"/6/", "n":"0"}]')).toEqual([
    [4, 0, 0],
    [4, 0, 1],
    [4, 0, 2],
    [6, 0],
  ])
})

test('in CBOR the names are text under the label 0', () => {
  const written = '83a100662f332f302f30a100642f312f30a100612f'
  const paths = [[3, 0, 0], [1, 0], []]
  expect(toHex(encodePaths(112, paths))).toBe(written)
  expect(decodePaths(322, hex(written))).toEqual(paths)
})

test.each([
  ['a base name alone is a path', '[{"bn":"/3/0/9"}]', [[3, 0, 9]]],
  ['the base name may be the root', '[{"bn":"/"}]', [[]]],
  [
    'a base name may end within an identifier',
    '[{"bn":"/3/0/1","n":"0"},{"n":"1"}]',
    [
      [3, 0, 10],
      [3, 0, 11],
    ],
  ],
])('%s', (_name, text, paths) => expect(json(text)).toEqual(paths))

test.each([
  ['a value', '[{"n":"/3/0/9","v":1}]'],
  ['null', '[{"n":"/3/0/9","v":null}]'],
  ['a base value', '[{"n":"/3/0/9","bv":1}]'],
  ['a time', '[{"n":"/3/0/9","t":1}]'],
  ['a base time', '[{"n":"/3/0/9","bt":1}]'],
  ['a unit', '[{"n":"/3/0/9","u":"%"}]'],
  ['an unknown field', '[{"n":"/3/0/9","x":1}]'],
  ['no name', '[{}]'],
  ['an empty name', '[{"n":""}]'],
  ['a name that is no path', '[{"n":"/3/x"}]'],
  ['a slash at the end', '[{"n":"/3/"}]'],
  ['two slashes', '[{"n":"//"}]'],
  ['no records', '[]'],
  ['nothing', ''],
])('%s is malformed', (_name, text) => {
  expect(() => json(text)).toThrow(malformed)
})

test.each([
  ['an unknown field', '81a200612f 1864 05'],
  ['bytes as a name', '81a100412f'],
  ['a value', '81a200612f 0205'],
])('%s is malformed in CBOR', (_name, written) => {
  expect(() => decodePaths(112, hex(written))).toThrow(malformed)
})

test.each([0, 40, 60, 11542, 11543, 11544])('%i carries no paths', contentFormat => {
  expect(() => decodePaths(contentFormat, hex('80'))).toThrow(unsupported)
  expect(() => encodePaths(contentFormat, [[3]])).toThrow(unsupported)
})

test.each(formats)('%i carries paths there and back', contentFormat => {
  const path = fc.array(fc.nat(65534), { maxLength: 4 })
  fc.assert(
    fc.property(fc.array(path, { minLength: 1, maxLength: 30 }), paths => {
      expect(decodePaths(contentFormat, encodePaths(contentFormat, paths))).toEqual(paths)
    }),
    { seed: 1, numRuns: 300 },
  )
})

test.each(formats)('%i ends in paths or a typed error on any bytes', contentFormat => {
  const written = encodePaths(contentFormat, [[3, 0, 9], [1], []])
  for (let length = 0; length < written.length; length++) {
    expect(endsAsADecoderMay(() => decodePaths(contentFormat, written.subarray(0, length)))).toBe(true)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 48 }), payload =>
      endsAsADecoderMay(() => decodePaths(contentFormat, payload)),
    ),
    { seed: 2, numRuns: 2_000 },
  )
})
