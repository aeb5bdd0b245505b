/** A host and port. `host` is an IPv4 or IPv6 literal once resolved, without brackets. */
export interface Address {
  readonly host: string
  readonly port: number
}
