import { Encoder } from 'cbor-x'
import { FormatError } from '../errors.ts'
import { scanCbor } from './cbor-scan.ts'

const codec = new Encoder({ useRecords: false, mapsAsObjects: false })

export const tagEpochTime = 1

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

/** {@link decodeCbor} of an epoch-based time (RFC 8949 §3.4.2) or of a plain item. */
export function decodeCborTime(bytes: Uint8Array): unknown {
  return decodeCbor(bytes[0] === (0xc0 | tagEpochTime) ? bytes.subarray(1) : bytes)
}
