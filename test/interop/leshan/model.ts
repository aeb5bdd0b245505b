export type CompositeFormat = 'SENML_JSON' | 'SENML_CBOR'
export type LeshanFormat = CompositeFormat | 'TLV' | 'JSON' | 'TEXT' | 'OPAQUE' | 'CBOR'

/** Of the list of paths that a composite operation sends, and of the values that answer it. */
export interface CompositeFormats {
  readonly paths: CompositeFormat
  readonly nodes: CompositeFormat
}

export type LeshanValue = string | number | boolean

/**
 * Values by path, as in `{'/3/0/9': 100, '/3/0/7/0': 3800}`. An integer beyond 2^53 is a string, a time ISO 8601, an opaque value
 * hexadecimal, an object link `3:0`. An instance without resources and a multiple resource without instances are `null`.
 */
export type LeshanNode = Record<string, LeshanValue | null>

/** Values that hold at one time, ISO 8601; what came without a time has none. */
export interface LeshanTimedNode {
  readonly time: string | null
  readonly val: LeshanNode
}

export interface LeshanLink {
  readonly url: string
  /** Values as in the link, quotes kept; `null` for an attribute without a value. */
  readonly attributes: Record<string, string | null>
}

export interface LeshanRegistration {
  readonly endpoint: string
  readonly registrationId: string
  readonly address: string
  /** Of a client that came with a pre-shared key. */
  readonly pskIdentity?: string
  /** Of one with a certificate: the common name in it. */
  readonly x509CommonName?: string
  /** Of one with a raw public key: that, in hexadecimal. */
  readonly rawPublicKey?: string
  readonly lwM2mVersion: string
  readonly lifetime: number
  readonly bindingMode: string
  readonly queuemode: boolean
  /** Only of a client in queue mode, and not in events. */
  readonly sleeping?: boolean
  readonly rootPath: string
  readonly objectLinks: readonly LeshanLink[]
  readonly additionalRegistrationAttributes: Record<string, string>
}

/** The client's answer; `status` as Leshan prints it: `CONTENT(205)`, `NOT_FOUND(404)`. */
export interface LeshanAnswer {
  readonly status: string
  readonly success: boolean
  readonly errormessage?: string
  /** Of Read, Observe, an active Cancel and their composite kind. */
  readonly content?: LeshanNode
  /** Of Discover. */
  readonly objectLinks?: readonly LeshanLink[]
  /** Of a Create, when the client chose the instance id; as in `3442/0`. */
  readonly location?: string
}
