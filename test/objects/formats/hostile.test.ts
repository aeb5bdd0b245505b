import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Path } from '../../../objects/path.ts'
import { codec, device, endsAsADecoderMay, malformed, typesObject } from './payloads.ts'

const formats = [0, 42, 60, 110, 112, 320, 322, 11542, 11543, 11544]
const treeFormats = [110, 112, 11542, 11543, 11544]
const bases: readonly Path[] = [
  [],
  [3],
  [3, 0],
  [3, 0, 7],
  [3, 0, 9],
  [3, 0, 7, 1],
  [3, 0, 13],
  [typesObject, 0, 3],
  [4711, 0, 1],
]

const base = fc.constantFrom(...bases)
const documents: readonly (readonly [contentFormat: number, base: Path, payload: Uint8Array])[] = [
  ...treeFormats.flatMap(format =>
    [[3], [3, 0]].map(path => [format, path, codec(format).encode(path, device)] as const),
  ),
  ...[320, 322].map(format => [format, [], codec(format).encode([], device)] as const),
  ...[0, 60, ...treeFormats].map(format => {
    const path = [typesObject, 0, 7]
    return [format, path, codec(format).encodeOne(path, { objectId: 3303, instanceId: 12 })] as const
  }),
]

test.each(documents)(
  '%i at %j ends in values or a typed error when cut at any byte',
  (contentFormat, path, payload) => {
    const { decode } = codec(contentFormat)
    for (let length = 0; length < payload.length; length++) {
      expect(endsAsADecoderMay(() => decode(path, payload.subarray(0, length)))).toBe(true)
    }
  },
)

test.each(documents)('%i at %j ends in values or a typed error when changed', (contentFormat, path, payload) => {
  const { decode } = codec(contentFormat)
  const change = fc.tuple(fc.nat(payload.length - 1), fc.nat(255))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), base, (changes, otherBase) => {
      const changed = Uint8Array.from(payload)
      for (const [index, byte] of changes) changed[index] = byte
      return endsAsADecoderMay(() => decode(path, changed)) && endsAsADecoderMay(() => decode(otherBase, changed))
    }),
    { seed: 1, numRuns: 1_000 },
  )
})

test.each(formats)('%i ends in values or a typed error on random bytes', contentFormat => {
  const { decode } = codec(contentFormat)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 48 }), base, (payload, path) =>
      endsAsADecoderMay(() => decode(path, payload)),
    ),
    { seed: 2, numRuns: 7_000 },
  )
})

test.each(formats)('%i never returns a place outside its base', contentFormat => {
  const { decode } = codec(contentFormat)
  for (const [, , payload] of documents) {
    for (const path of bases) {
      try {
        for (const value of decode(path, payload)) expect(value.path.slice(0, path.length)).toEqual(path)
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/) })
      }
    }
  }
})

const mebibyte = 1 << 20
const repeated = (unit: string) => Buffer.from(unit.repeat(Math.ceil(mebibyte / unit.length)))
const repeatedBytes = (unit: string) => Buffer.alloc(mebibyte, Buffer.from(unit, 'hex'))

test.each([
  ['arrays in JSON', [110, 320, 11543], repeated('[')],
  ['objects in JSON', [110, 320, 11543], repeated('{"e":[')],
  ['unknown fields in JSON', [110, 320], repeated('[{"x":')],
  ['arrays in CBOR', [60, 112, 322, 11544], repeatedBytes('81')],
  ['arrays without end in CBOR', [60, 112, 322, 11544], repeatedBytes('9f')],
  ['maps in CBOR', [60, 112, 322, 11544], repeatedBytes('a100')],
  ['maps without end in CBOR', [60, 112, 322, 11544], repeatedBytes('bf00')],
  ['unknown fields in CBOR', [112, 322], repeatedBytes('81a118ff')],
  ['arrays as keys in CBOR', [112, 322, 11544], repeatedBytes('a181')],
  ['tags in CBOR', [60, 112, 322, 11544], repeatedBytes('c4')],
  ['strings without end in CBOR', [60, 112, 322, 11544], repeatedBytes('5f')],
  ['instances in TLV', [11542], repeatedBytes('18000fffff')],
])('%s, a megabyte deep, are refused', (_name, contentFormats, payload) => {
  for (const contentFormat of contentFormats) {
    expect(() => codec(contentFormat).decode([typesObject, 0, 3].slice(0, baseLength(contentFormat)), payload)).toThrow(
      malformed,
    )
  }
})

test.each([
  ['an array', '9b7fffffffffffffff'],
  ['a map', 'bb7fffffffffffffff'],
  ['a map of 32 bits', 'bafffffffe'],
  ['a text', '81a17b7fffffffffffffff'],
  ['bytes', '81a1005b7fffffffffffffff'],
  ['a name', '81a1007a7fffffff'],
  ['bytes of a resource', 'a18319270f00055a7fffffff'],
  ['a key', 'a19a7fffffff'],
  ['a text chunk', 'a18319270f00007f7a7fffffff'],
])('%s of a length beyond the end is refused at once', (_name, written) => {
  for (const contentFormat of [60, 112, 322, 11544]) {
    const place = [typesObject, 0, 5].slice(0, baseLength(contentFormat))
    expect(() => codec(contentFormat).decode(place, Buffer.from(written, 'hex'))).toThrow(malformed)
  }
})

/** A place that a format can be addressed to, as the length of its path. */
function baseLength(contentFormat: number): number {
  if (contentFormat === 60) return 3
  return contentFormat === 320 || contentFormat === 322 ? 0 : 1
}

test('a place twice is refused in every format that names places, next to each other or not', () => {
  const twice = [
    [110, '[{"n":"/9999/0/1","v":1},{"n":"/9999/0/2","v":1},{"n":"/9999/0/1","v":1}]'],
    [320, '[{"n":"/9999/0/1","v":1},{"n":"/9999/0/2","v":null},{"n":"/9999/0/1","v":null}]'],
    [11543, '{"bn":"/9999/0/","e":[{"n":"1","v":1},{"n":"2","v":1},{"n":"1","v":1}]}'],
  ] as const
  for (const [contentFormat, text] of twice) {
    expect(() => codec(contentFormat).decode([], Buffer.from(text))).toThrow(malformed)
  }
  const record = (id: number) => `a20068${Buffer.from(`9999/0/${id}`).toString('hex')}0201`
  for (const contentFormat of [112, 322]) {
    const payload = Buffer.from(`83${record(1)}${record(2)}${record(1)}`, 'hex')
    expect(() => codec(contentFormat).decode([], payload)).toThrow(malformed)
  }
  const entry = (id: number) => `8319270f000${id}01`
  expect(() => codec(11544).decode([], Buffer.from(`a3${entry(1)}${entry(2)}${entry(1)}`, 'hex'))).toThrow(malformed)
  expect(() => codec(11542).decode([typesObject, 0], Buffer.from('c10101c10201c10101', 'hex'))).toThrow(malformed)
})
