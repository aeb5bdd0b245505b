import { ContentType, type DtlsRecord, ProtocolVersion, recordHeaderBytes, writeRecordHeader } from './record.ts'

/** What is authenticated of a record besides its content. */
export interface AuthenticatedHeader extends Pick<DtlsRecord, 'type' | 'epoch' | 'sequence'> {
  readonly connectionId: Uint8Array | undefined
}

const plainBytes = 13
const plain = Buffer.alloc(plainBytes)

/** Eight bytes 0xff in the place of a sequence number, the type and the length of the connection ID come first. */
const prefixBytes = 10
const longestConnectionId = 255
const identified = Buffer.alloc(prefixBytes + recordHeaderBytes + longestConnectionId, 0xff)
const identifiedHeader = identified.subarray(prefixBytes)
identified[prefixBytes - 2] = ContentType.tls12Cid

/**
 * What an AEAD authenticates, or a MAC covers first: RFC 6347 §4.1.2.1 and RFC 5246 §6.2.3.3, with a connection ID
 * RFC 9146 §5. `length` is that of the content, for a MAC that of all it covers. The next call overwrites what is
 * returned: one buffer serves all records, as nothing here ever waits.
 */
export function additionalData({ type, epoch, sequence, connectionId }: AuthenticatedHeader, length: number): Buffer {
  if (connectionId === undefined) {
    plain.writeUInt16BE(epoch, 0)
    plain.writeUIntBE(sequence, 2, 6)
    plain[8] = type
    plain.writeUInt16BE(ProtocolVersion.dtls12, 9)
    plain.writeUInt16BE(length, 11)
    return plain
  }
  identified[prefixBytes - 1] = connectionId.length
  const headerBytes = writeRecordHeader(identifiedHeader, type, epoch, sequence, connectionId, length)
  return identified.subarray(0, prefixBytes + headerBytes)
}
