import { Encoder, Tag } from 'cbor-x'
import { FormatError } from '../errors.ts'
import { scanCbor } from './cbor-scan.ts'

/** What is encoded: maps are `Map`s, whose order is kept. */
export type CborItem =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | CborItem[]
  | Map<number | string, CborItem>

// Any other setting makes it write tags of its own.
const options = { useRecords: false, mapsAsObjects: false, variableMapSize: true, tagUint8Array: false }
const codec = new Encoder(options)
const floatCodec = new Encoder({ ...options, alwaysUseFloat: true })

const tagEpochTime = 1
const max32 = 0xffffffff

/** The number in the form in which it becomes a CBOR integer: the encoder takes more than 32 bits only as bigint. */
export function cborNumber(value: number | bigint): number | bigint {
  return typeof value === 'number' && (value > max32 || value < -max32 - 1) && Number.isSafeInteger(value)
    ? BigInt(value)
    : value
}

/** Encodes one item; integers go in through {@link cborNumber}. */
export function encodeCbor(item: CborItem): Buffer {
  return codec.encode(item)
}

/** Encodes a floating-point number as such, also when it is integral: Leshan takes no integer for a float. */
export function encodeCborFloat(value: number): Buffer {
  return floatCodec.encode(value)
}

/** Encodes seconds since 1970 as an epoch-based time (RFC 8949 §3.4.2). */
export function encodeCborTime(seconds: number | bigint): Buffer {
  return codec.encode(new Tag(cborNumber(seconds), tagEpochTime))
}

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

/** {@link decodeCbor} of an epoch-based time or of a plain item. */
export function decodeCborTime(bytes: Uint8Array): unknown {
  return decodeCbor(bytes[0] === (0xc0 | tagEpochTime) ? bytes.subarray(1) : bytes)
}
