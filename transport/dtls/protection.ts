import type { Random } from '../random.ts'
import { AeadCipher } from './aead-cipher.ts'
import { CbcCipher } from './cbc-cipher.ts'
import type { DirectionKeys } from './prf.ts'
import {
  ContentType,
  type DtlsRecord,
  isContentType,
  maximumPlaintextBytes,
  ProtocolVersion,
  recordHeaderBytes,
  writeRecordHeader,
} from './record.ts'
import type { RecordCipher } from './record-cipher.ts'
import type { CipherSuite } from './suites.ts'

/** What an authentic record held. */
interface OpenedRecord {
  readonly type: ContentType
  readonly plaintext: Buffer
}

/** Protects the records of one direction of one epoch. */
export interface RecordProtection {
  /**
   * The whole record, its header included; of type `tls12Cid` when `connectionId`, the one that the peer wants to see,
   * is not empty. RangeError when plaintext and real type are longer than 2^14 bytes, or `sequence` is above 2^48−1 or not above
   * that of the record before: no nonce comes twice.
   */
  seal(type: ContentType, epoch: number, sequence: number, plaintext: Uint8Array, connectionId: Uint8Array): Buffer
  /** Undefined when the record is not authentic or malformed: it is dropped silently (RFC 6347 §4.1.2.7). */
  open(record: DtlsRecord): OpenedRecord | undefined
  /** Overwrites the keys with zeros; the protection is of no use afterwards. */
  wipe(): void
}

/** Takes over the keys of one direction; `random` draws the initialization vectors of CBC. */
export function createProtection({ cipher }: CipherSuite, keys: DirectionKeys, random: Random): RecordProtection {
  return new CipherProtection(cipher === 'cbc' ? new CbcCipher(keys, random) : new AeadCipher(cipher, keys))
}

class CipherProtection implements RecordProtection {
  readonly #cipher: RecordCipher
  #lastSealed = -1

  constructor(cipher: RecordCipher) {
    this.#cipher = cipher
  }

  seal(type: ContentType, epoch: number, sequence: number, plaintext: Uint8Array, connectionId: Uint8Array): Buffer {
    if (sequence <= this.#lastSealed) throw new RangeError(`sequence number ${sequence} is not above the last one`)
    const identified = connectionId.length > 0
    const cipher = this.#cipher
    // With a connection ID, the real type follows what is encrypted (RFC 9146 §4).
    const contentBytes = plaintext.length + (identified ? 1 : 0)
    if (contentBytes > maximumPlaintextBytes) throw new RangeError(`${contentBytes} bytes are too many for a record`)
    const fragmentBytes = cipher.leadingBytes + contentBytes + cipher.trailingBytes(contentBytes)
    const outerType = identified ? ContentType.tls12Cid : type
    const sealed = Buffer.allocUnsafe(recordHeaderBytes + connectionId.length + fragmentBytes)
    const start = writeRecordHeader(sealed, outerType, epoch, sequence, connectionId, fragmentBytes)
    this.#lastSealed = sequence
    sealed.set(plaintext, start + cipher.leadingBytes)
    if (identified) sealed[start + cipher.leadingBytes + plaintext.length] = type
    const header = { type: outerType, epoch, sequence, connectionId: identified ? connectionId : undefined }
    cipher.encrypt(sealed.subarray(start), contentBytes, header)
    return sealed
  }

  open(record: DtlsRecord): OpenedRecord | undefined {
    // Other versions are in no additional data: a changed version would stay unnoticed.
    if (record.version !== ProtocolVersion.dtls12) return undefined
    const content = this.#cipher.decrypt(record.fragment, record)
    if (content === undefined || content.length > maximumPlaintextBytes) return undefined
    return record.connectionId === undefined ? { type: record.type, plaintext: content } : innerRecord(content)
  }

  wipe(): void {
    this.#cipher.wipe()
  }
}

/** Takes a DTLSInnerPlaintext apart: plaintext, real type, any number of zeros (RFC 9146 §4). */
function innerRecord(content: Buffer): OpenedRecord | undefined {
  let typeOffset = content.length - 1
  while (typeOffset >= 0 && content[typeOffset] === 0) typeOffset--
  const type = content[typeOffset]
  if (type === undefined || !isContentType(type) || type === ContentType.tls12Cid) return undefined
  return { type, plaintext: content.subarray(0, typeOffset) }
}
