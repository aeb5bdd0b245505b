import type { Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ResourceType } from '../value.ts'

/**
 * CoAP Content-Format numbers of LwM2M payloads (LwM2M Core 1.2.2 §7.5, the CoAP Content-Formats registry). The legacy
 * ones are from before the registration; some clients still use them.
 */
export const ContentFormat = {
  text: 0,
  link: 40,
  opaque: 42,
  cbor: 60,
  senmlJson: 110,
  senmlCbor: 112,
  senmlEtchJson: 320,
  senmlEtchCbor: 322,
  legacyText: 1541,
  legacyTlv: 1542,
  legacyJson: 1543,
  legacyOpaque: 1544,
  tlv: 11542,
  lwm2mJson: 11543,
  lwm2mCbor: 11544,
} as const

export type ContentFormat = (typeof ContentFormat)[keyof typeof ContentFormat]

/** What a decoder must know of the tree to read a payload; a view of definitions, so that a server can have one too. */
export interface Schema {
  /**
   * What the names of all places begin with in formats that carry names: the Prefix of a device behind a gateway
   * (LwM2M Gateway 1.1 §9). Absent for the objects of a client itself.
   */
  readonly prefix?: string | undefined
  /** Type and multiplicity of a resource, or undefined when the object or the resource is unknown. */
  resource(
    objectId: number,
    resourceId: number,
  ): { readonly type: ResourceType; readonly multiple: boolean } | undefined
}

/** One data format: both directions, pure. */
export interface DataFormat {
  readonly contentFormat: ContentFormat
  /** Whether it carries the times of values; one that does not leaves them out. */
  readonly timed?: true
  /**
   * Encodes what lies at or below `base`; `values` are in tree order and all below `base`. A composite is what lies
   * below the root, `[]`, its objects in any order.
   * Throws OperationError NOT_ACCEPTABLE when the format cannot carry them (text of an instance, for example), and
   * ValueError for a value that is not of the type of its resource.
   */
  encode(base: Path, values: readonly PathValue[], schema: Schema): Uint8Array
  /**
   * Decodes a payload addressed to `base`. Everything returned lies at or below `base`.
   * Throws FormatError for a malformed document, OperationError BAD_REQUEST for a value outside `base` or of a wrong
   * type, UNSUPPORTED_CONTENT_FORMAT when the format cannot carry what lies at `base`. Resources the schema does not
   * know, or knows as executable, are returned by formats that carry types, returned as opaque by TLV, and refused by
   * text. LwM2M CBOR may name
   * the instance 65535, "none", where a Create leaves the choice to the client.
   */
  decode(base: Path, payload: Uint8Array, schema: Schema): PathValue[]
}
