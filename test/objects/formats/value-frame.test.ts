import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import { valueFrame } from '../../../objects/formats/value-frame.ts'
import type { Path } from '../../../objects/path.ts'

const { opaque, legacyOpaque, tlv, legacyTlv, cbor, senmlCbor } = ContentFormat

const bytesOf = (hex: string) => Buffer.from(hex, 'hex')

/** An opaque resource everywhere, of several instances where its id is odd. */
const schema = {
  resource: (_: number, resourceId: number) => ({ type: 'opaque', multiple: resourceId % 2 === 1 }) as const,
}

test('what the formats write is where the frame says, if its first 16 bytes are known', () => {
  const id = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 65_534 }))
  const path = fc.tuple(id, id, id, id).map(([a, b, c, d]): Path => (c % 2 === 1 ? [a, b, c, d] : [a, b, c]))
  const length = fc.oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom(255, 256, 65_535, 65_536, 70_000))
  const format = fc.constantFrom(opaque, legacyOpaque, tlv, legacyTlv, cbor)
  fc.assert(
    fc.property(path, length, format, (place, bytes, contentFormat) => {
      const value = new Uint8Array(bytes).fill(7)
      const payload = formatOf(contentFormat)?.encode(place, [{ path: place, value }], schema) ?? bytesOf('')
      const frame = valueFrame(contentFormat, place, payload.subarray(0, 16))
      const isOpaque = contentFormat === opaque || contentFormat === legacyOpaque
      expect(frame).toEqual({ headBytes: payload.length - bytes, valueBytes: isOpaque ? undefined : bytes })
    }),
    { seed: 1 },
  )
})

describe('anything else has no frame', () => {
  test.each<[string, number, Path, string]>([
    ['TLV of another resource', tlv, [5, 0, 0], 'c801100102'],
    ['TLV of the instance around it', tlv, [5, 0, 0], '08000ac80007'],
    ['TLV of a multiple resource', tlv, [19, 0, 0], '8806004803'],
    ['TLV of a resource, for a resource instance', tlv, [19, 0, 0, 0], 'c800100102'],
    ['TLV that is cut short', tlv, [5, 0, 0], 'd80010'],
    ['TLV of nothing', tlv, [5, 0, 0], ''],
    ['CBOR text', cbor, [5, 0, 0], '6361'],
    ['a CBOR byte string of indefinite length', cbor, [5, 0, 0], '5f4101'],
    ['a CBOR byte string of 2^32 bytes or more', cbor, [5, 0, 0], '5b0000000100000000'],
    ['CBOR that is cut short', cbor, [5, 0, 0], '5a0000'],
    ['CBOR of nothing', cbor, [5, 0, 0], ''],
    ['SenML CBOR', senmlCbor, [5, 0, 0], '81a10041ff'],
  ])('%s', (_, contentFormat, path, start) => {
    expect(valueFrame(contentFormat, path, bytesOf(start))).toBeUndefined()
  })
})
