import type { Path } from '../path.ts'
import { asBuffer } from './bytes.ts'
import { major } from './cbor-cursor.ts'
import { ContentFormat } from './format.ts'
import { TlvKind } from './tlv-writer.ts'

/** Where the one opaque value that a payload carries lies in it: behind a head, from there to the end. */
export interface ValueFrame {
  readonly headBytes: number
  /** What the head says of the length of the value; undefined: it says nothing. */
  readonly valueBytes: number | undefined
}

const bare: ValueFrame = { headBytes: 0, valueBytes: undefined }

/**
 * Finds the value at `path` in a payload whose first bytes these are: as Opaque, as the TLV of the path itself, or as a CBOR byte
 * string of definite length (LwM2M Core 1.2.2 §7.5). Undefined for anything else, such as a TLV around it.
 */
export function valueFrame(contentFormat: number, path: Path, start: Uint8Array): ValueFrame | undefined {
  switch (contentFormat) {
    case ContentFormat.opaque:
    case ContentFormat.legacyOpaque:
      return bare
    case ContentFormat.tlv:
    case ContentFormat.legacyTlv:
      return tlvFrame(path, asBuffer(start))
    case ContentFormat.cbor:
      return cborFrame(asBuffer(start))
    default:
      return undefined
  }
}

function tlvFrame(path: Path, start: Buffer): ValueFrame | undefined {
  const [type] = start
  if (type === undefined) return undefined
  const kind = path.length === 4 ? TlvKind.resourceInstance : TlvKind.resource
  const idWidth = (type & 0x20) === 0 ? 1 : 2
  const lengthWidth = (type >> 3) & 0x03
  const headBytes = 1 + idWidth + lengthWidth
  if ((type & 0xc0) !== kind || headBytes > start.length || start.readUIntBE(1, idWidth) !== path.at(-1))
    return undefined
  return { headBytes, valueBytes: lengthWidth === 0 ? type & 0x07 : start.readUIntBE(1 + idWidth, lengthWidth) }
}

/** Arguments of a head that are not in its first byte (RFC 8949 §3). */
const argumentWidths: ReadonlyMap<number, number> = new Map([
  [24, 1],
  [25, 2],
  [26, 4],
])

function cborFrame(start: Buffer): ValueFrame | undefined {
  const [first] = start
  if (first === undefined || first >> 5 !== major.bytes) return undefined
  const information = first & 0x1f
  if (information < 24) return { headBytes: 1, valueBytes: information }
  const width = argumentWidths.get(information)
  if (width === undefined || 1 + width > start.length) return undefined
  return { headBytes: 1 + width, valueBytes: start.readUIntBE(1, width) }
}
