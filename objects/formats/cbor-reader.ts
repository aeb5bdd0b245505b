import { Encoder } from 'cbor-x'
import { FormatError } from '../errors.ts'
import { CborCursor } from './cbor-cursor.ts'
import { scanCbor } from './cbor-scan.ts'

const codec = new Encoder({ useRecords: false, mapsAsObjects: false })

const tagOfDateTime = 0xc0
const tagOfEpochTime = 0xc1

/**
 * Decodes exactly one item after {@link scanCbor} let it pass: maps become `Map`s, 64-bit integers bigints, decimal
 * fractions numbers. Byte strings may share memory with `bytes`. Throws {@link FormatError}.
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  scanCbor(bytes)
  try {
    return codec.decode(bytes)
  } catch {
    throw new FormatError('CBOR: not decodable')
  }
}

/** {@link decodeCbor} of a time, with or without one of its tags (RFC 8949 §3.4.1, §3.4.2), in seconds since 1970. */
export function decodeCborTime(bytes: Uint8Array): unknown {
  if (bytes[0] !== tagOfDateTime && bytes[0] !== tagOfEpochTime) return decodeCbor(bytes)
  const cursor = new CborCursor(bytes)
  const time = cursor.time()
  cursor.end()
  return time
}
