import type { ObjectDefinition } from '../objects/definition.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapParameters } from '../transport/coap/parameters.ts'
import type { Network } from '../transport/connection.ts'
import type { Random } from '../transport/random.ts'
import type { Trace } from '../transport/trace.ts'
import type { CancelMode } from './observations.ts'

export interface ListenOptions {
  /** Address to listen on. Default `0.0.0.0`, every IPv4 address of the machine. */
  readonly host?: string
  /** Default 5683; 0 takes any free one, see `local` of the server. */
  readonly port?: number
  /** Definitions to read and write payloads with, besides Security, Server, Device and Temperature. */
  readonly objects?: readonly ObjectDefinition[]
  /** Clients registered at once; more are answered 5.03. Default 10,000. */
  readonly maximumRegistrations?: number
  readonly coap?: Partial<CoapParameters>
  /** Default: UDP. */
  readonly network?: Network
  readonly clock?: Clock
  readonly random?: Random
  /** Sees every CoAP message. */
  readonly trace?: Trace
  /** Is told of faults of the server itself; the client saw 5.00. Default: nothing. */
  readonly onError?: (error: unknown) => void
}

export interface ReadOptions {
  /** Content-Format to ask for. Default: the client chooses. */
  readonly accept?: number
}

export interface ObserveOptions extends ReadOptions {
  /** How unsubscribing ends the observation. Default `active`. */
  readonly cancel?: CancelMode
}

export interface DiscoverOptions {
  /** Levels to list, 0–3 (LwM2M 1.2). Default: what the level of the path has. */
  readonly depth?: number
}

export interface PayloadOptions {
  /** Default: TLV, SenML JSON or SenML CBOR, whichever the client announced first; else TLV. Composites: SenML CBOR. */
  readonly contentFormat?: number
}

export interface WriteOptions extends PayloadOptions {
  /** `replace` (PUT) or, of an instance, `update` (POST). Default `replace`. */
  readonly mode?: 'replace' | 'update'
}

export interface CompositeOptions extends ReadOptions {
  /** In which the paths are listed. Default: SenML CBOR. */
  readonly contentFormat?: number
}
