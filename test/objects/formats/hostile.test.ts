import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Path } from '../../../objects/path.ts'
import { codec, device, endsAsADecoderMay, typesObject } from './payloads.ts'

const formats = [0, 42, 60, 110, 112, 11542]
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
  ...[110, 112, 11542].flatMap(format =>
    [[3], [3, 0]].map(path => [format, path, codec(format).encode(path, device)] as const),
  ),
  ...[0, 60, 110, 112, 11542].map(format => {
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
    { seed: 2, numRuns: 3_000 },
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
