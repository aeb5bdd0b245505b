import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlertDescription, DtlsError } from '../../../transport/dtls/alert.ts'
import { ByteReader, ByteWriter } from '../../../transport/dtls/bytes.ts'

const decodeError = expect.objectContaining({ code: 'DTLS', alert: AlertDescription.decodeError })

describe('ByteReader', () => {
  test('reads numbers in network byte order', () => {
    const reader = new ByteReader(Buffer.from('01020304050607', 'hex'))
    expect([reader.uint8(), reader.uint16(), reader.uint24(), reader.remaining]).toEqual([1, 0x0203, 0x040506, 1])
  })

  test('returns views of what it reads', () => {
    const bytes = Buffer.from('0201020304', 'hex')
    const vector = new ByteReader(bytes).vector8()
    bytes[1] = 9
    expect(vector).toEqual(Buffer.of(9, 2))
  })

  test('reads a Uint8Array that is a part of a larger one', () => {
    expect(new ByteReader(new Uint8Array([1, 2, 3]).subarray(1)).uint16()).toBe(0x0203)
  })

  const reads: [name: string, read: (reader: ByteReader) => unknown, bytes: string][] = [
    ['uint8', reader => reader.uint8(), ''],
    ['uint16', reader => reader.uint16(), '01'],
    ['uint24', reader => reader.uint24(), '0102'],
    ['bytes', reader => reader.bytes(3), '0102'],
    ['vector8', reader => reader.vector8(), '0201'],
    ['vector16', reader => reader.vector16(), '000201'],
    ['vector24', reader => reader.vector24(), '00000201'],
    ['a vector below its minimum', reader => reader.vector8(2), '0101'],
    ['a vector above its maximum', reader => reader.vector16(0, 1), '00020102'],
    ['the end before it', reader => reader.end(), '00'],
  ]
  test.each(reads)('throws decode_error for %s that does not fit', (_name, read, bytes) => {
    expect(() => read(new ByteReader(Buffer.from(bytes, 'hex')))).toThrow(decodeError)
  })

  test('has read all of it at the end', () => {
    const reader = new ByteReader(Buffer.of(1))
    reader.uint8()
    expect(() => reader.end()).not.toThrow()
  })
})

describe('ByteWriter', () => {
  test('writes what the reader reads', () => {
    const vector = (maxLength: number) => fc.uint8Array({ maxLength })
    fc.assert(
      fc.property(
        fc.nat(0xff),
        fc.nat(0xffff),
        fc.nat(0xffffff),
        vector(0xff),
        vector(600),
        vector(600),
        (one, two, three, small, middle, large) => {
          const writer = new ByteWriter().uint8(one).uint16(two).uint24(three)
          const bytes = writer.vector8(small).vector16(middle).vector24(large).bytes(small).finish()
          const reader = new ByteReader(bytes)
          expect([reader.uint8(), reader.uint16(), reader.uint24()]).toEqual([one, two, three])
          const vectors = [reader.vector8(), reader.vector16(), reader.vector24(), reader.bytes(small.length)]
          expect(vectors.map(read => Uint8Array.from(read))).toEqual([small, middle, large, small])
          reader.end()
        },
      ),
      { seed: 1 },
    )
  })

  test('refuses what does not fit its field', () => {
    expect(() => new ByteWriter().uint8(256)).toThrow(RangeError)
    expect(() => new ByteWriter().vector8(new Uint8Array(256))).toThrow(RangeError)
    expect(() => new ByteWriter().uint24(-1)).toThrow(RangeError)
  })
})

test('never throws anything but DtlsError, whatever is read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      const reader = new ByteReader(bytes)
      try {
        while (reader.remaining > 0) reader.vector8(reader.vector16().length % 3, 20)
      } catch (error) {
        expect(error).toBeInstanceOf(DtlsError)
      }
    }),
    { seed: 2 },
  )
})
