export type LeshanFormat = 'TLV' | 'JSON' | 'SENML_JSON' | 'SENML_CBOR' | 'TEXT' | 'OPAQUE' | 'CBOR'

/**
 * Values by path, as in `{'/3/0/9': 100, '/3/0/7/0': 3800}`. An integer beyond 2^53 is a string, a time ISO 8601, an opaque value
 * hexadecimal, an object link `3:0`.
 */
export type LeshanNode = Record<string, string | number | boolean>

export interface LeshanLink {
  readonly url: string
  /** Values as in the link, quotes kept; `null` for an attribute without a value. */
  readonly attributes: Record<string, string | null>
}

export interface LeshanRegistration {
  readonly endpoint: string
  readonly registrationId: string
  readonly address: string
  readonly lwM2mVersion: string
  readonly lifetime: number
  readonly bindingMode: string
  readonly queuemode: boolean
  readonly rootPath: string
  readonly objectLinks: readonly LeshanLink[]
  readonly additionalRegistrationAttributes: Record<string, string>
}

/** The client's answer; `status` as Leshan prints it: `CONTENT(205)`, `NOT_FOUND(404)`. */
export interface LeshanAnswer {
  readonly status: string
  readonly success: boolean
  readonly errormessage?: string
  /** Of Read, Observe and an active Cancel. */
  readonly content?: LeshanNode
  /** Of Discover. */
  readonly objectLinks?: readonly LeshanLink[]
}
