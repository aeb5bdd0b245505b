import { AlertDescription, DtlsError } from '../alert.ts'
import type { ByteReader, ByteWriter } from '../bytes.ts'

/** The server's half of an ephemeral key agreement: `ServerECDHParams` of a named group (RFC 8422 §5.4). */
export interface EcdheShare {
  /** The number of the group. */
  readonly group: number
  /** 1–255 bytes in the form of the group; whether they are a point of it is for the agreement to check. */
  readonly publicKey: Buffer
}

const namedCurve = 3

export function writeEcdheShare(writer: ByteWriter, share: EcdheShare): void {
  writer.uint8(namedCurve).uint16(share.group).vector8(share.publicKey)
}

/** Throws DtlsError decode_error for a malformed share, illegal_parameter for a curve that is not a named one. */
export function readEcdheShare(reader: ByteReader): EcdheShare {
  if (reader.uint8() !== namedCurve)
    throw new DtlsError(AlertDescription.illegalParameter, 'the server chose a curve without a name')
  return { group: reader.uint16(), publicKey: reader.vector8(1) }
}
