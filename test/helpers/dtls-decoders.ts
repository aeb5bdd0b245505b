import * as fc from 'fast-check'
import { expect } from 'vitest'
import { DtlsError } from '../../transport/dtls/alert.ts'

/** Some bytes, as the Buffer that the engine would read from a record. */
export function buffers(minLength: number, maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ minLength, maxLength }).map(bytes => Buffer.from(bytes))
}

export const uint16s = fc.integer({ min: 0, max: 0xffff })

/** The alert with which a decoder refuses, undefined where it accepts. Anything but a DtlsError is a failure. */
export function alertOf(decode: () => unknown): number | undefined {
  try {
    decode()
  } catch (error) {
    expect(error).toBeInstanceOf(DtlsError)
    return (error as DtlsError).alert
  }
  return undefined
}

export interface Wire<T> {
  readonly encode: (value: T) => Buffer
  readonly decode: (bytes: Buffer) => T
  readonly values: fc.Arbitrary<T>
  /** Whether a shorter form of a message is a message, too: hellos may end before their extensions. */
  readonly mayEndEarly?: (bytes: Buffer, length: number) => boolean
}

/** A message is read as it was written, and nothing may be missing or follow. */
export function expectRoundTrip<T>({ encode, decode, values, mayEndEarly }: Wire<T>): void {
  fc.assert(
    fc.property(values, value => {
      const bytes = encode(value)
      expect(decode(bytes)).toEqual(value)
      expect(encode(decode(bytes))).toEqual(bytes)
      for (let length = 0; length < bytes.length; length++)
        if (mayEndEarly?.(bytes, length) !== true)
          expect(
            alertOf(() => decode(bytes.subarray(0, length))),
            `cut to ${length}`,
          ).not.toBeUndefined()
      expect(alertOf(() => decode(Buffer.concat([bytes, Buffer.of(0)])))).not.toBeUndefined()
    }),
    { seed: 1, numRuns: 60 },
  )
}

/** Whatever bytes arrive, and messages with bytes changed: a value or a DtlsError; what is accepted can be written. */
export function expectRobust<T>({ encode, decode, values }: Wire<T>): void {
  const changed = fc
    .tuple(values, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }))
    .map(([value, changes]) => {
      const bytes = Buffer.from(encode(value))
      for (const [place, byte] of changes) bytes[place % bytes.length] = byte
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(changed, buffers(0, 120)), bytes => {
      let accepted: T | undefined
      alertOf(() => {
        accepted = decode(bytes)
      })
      if (accepted !== undefined) expect(decode(encode(accepted))).toEqual(accepted)
    }),
    { seed: 2, numRuns: 1_000 },
  )
}
