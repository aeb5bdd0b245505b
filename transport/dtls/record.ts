/** What a record carries (RFC 6347 §4.1); `tls12Cid`: the real type is encrypted (RFC 9146 §4). */
export const ContentType = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
  tls12Cid: 25,
} as const

export type ContentType = (typeof ContentType)[keyof typeof ContentType]

/** The versions on the wire: the ones' complement of their TLS counterparts (RFC 6347 §4.1). */
export const ProtocolVersion = { dtls10: 0xfeff, dtls12: 0xfefd } as const

/** A record as it came, protected or not. The buffers are views of the datagram. */
export interface DtlsRecord {
  readonly type: ContentType
  /** 0xfeff or 0xfefd. */
  readonly version: number
  readonly epoch: number
  /** 0 … 2^48−1. */
  readonly sequence: number
  /** Of a `tls12Cid` record; undefined for the others. */
  readonly connectionId: Buffer | undefined
  readonly fragment: Buffer
}

/** The largest plaintext of a record (RFC 5246 §6.2.1), its real type counted in where there is one (RFC 9146 §5). */
export const maximumPlaintextBytes = 2 ** 14

/** What protection may add at most (RFC 5246 §6.2.3). */
const maximumExpansionBytes = 2048

/** A record's header without a connection ID. */
export const recordHeaderBytes = 13

const sequenceOffset = 5

/** Whether records of this type exist. */
export function isContentType(type: number): type is ContentType {
  return (
    type === ContentType.applicationData ||
    type === ContentType.tls12Cid ||
    (type >= ContentType.changeCipherSpec && type <= ContentType.handshake)
  )
}

/**
 * The record of a datagram that begins at `offset`, and where the `next` one begins. `connectionIdLength` is the length
 * of the connection IDs that this end gave out, 0 when none: then no peer sends `tls12Cid` (RFC 9146 §3).
 * Undefined for what is no record: the rest of the datagram is to be dropped silently (RFC 6347 §4.1.2.7).
 */
export function readRecord(
  datagram: Buffer,
  offset: number,
  connectionIdLength: number,
): { readonly record: DtlsRecord; readonly next: number } | undefined {
  const type = datagram[offset]
  if (type === undefined || !isContentType(type)) return undefined
  const identified = type === ContentType.tls12Cid
  if (identified && connectionIdLength === 0) return undefined
  const lengthOffset = offset + recordHeaderBytes - 2 + (identified ? connectionIdLength : 0)
  const start = lengthOffset + 2
  if (start > datagram.length) return undefined
  const version = datagram.readUInt16BE(offset + 1)
  if (version !== ProtocolVersion.dtls12 && version !== ProtocolVersion.dtls10) return undefined
  const epoch = datagram.readUInt16BE(offset + 3)
  const length = datagram.readUInt16BE(lengthOffset)
  const next = start + length
  const maximumBytes = epoch === 0 ? maximumPlaintextBytes : maximumPlaintextBytes + maximumExpansionBytes
  if (length > maximumBytes || next > datagram.length) return undefined
  const record: DtlsRecord = {
    type,
    version,
    epoch,
    sequence: datagram.readUIntBE(offset + sequenceOffset, 6),
    connectionId: identified ? datagram.subarray(offset + recordHeaderBytes - 2, lengthOffset) : undefined,
    fragment: datagram.subarray(start, next),
  }
  return { record, next }
}

/**
 * Writes the header of a record with a fragment of `length` bytes to the beginning of `target`; returns its own length.
 * A connection ID goes into records of type `tls12Cid` only. A number too large for its field throws RangeError: a
 * sequence number never wraps (RFC 6347 §4.1).
 */
export function writeRecordHeader(
  target: Buffer,
  type: ContentType,
  epoch: number,
  sequence: number,
  connectionId: Uint8Array,
  length: number,
): number {
  target[0] = type
  target.writeUInt16BE(ProtocolVersion.dtls12, 1)
  target.writeUInt16BE(epoch, 3)
  target.writeUIntBE(sequence, sequenceOffset, 6)
  target.set(connectionId, recordHeaderBytes - 2)
  return target.writeUInt16BE(length, recordHeaderBytes - 2 + connectionId.length)
}

const noConnectionId = Buffer.alloc(0)

/**
 * A record without protection, as all of epoch 0 are.
 * @param version of the record: 0xfeff in the first flights to or from an end whose version is not known yet.
 */
export function plainRecord(
  type: ContentType,
  sequence: number,
  fragment: Uint8Array,
  version: number = ProtocolVersion.dtls12,
): Buffer {
  const record = Buffer.allocUnsafe(recordHeaderBytes + fragment.length)
  writeRecordHeader(record, type, 0, sequence, noConnectionId, fragment.length)
  record.writeUInt16BE(version, 1)
  record.set(fragment, recordHeaderBytes)
  return record
}
