import type { AttributePatch } from '../objects/attributes/attributes.ts'
import type { ObjectDefinition } from '../objects/definition.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapParameters } from '../transport/coap/parameters.ts'
import type { Network } from '../transport/connection.ts'
import type { Random } from '../transport/random.ts'
import type { Trace } from '../transport/trace.ts'
import type { BootstrapConfig } from './bootstrap-config.ts'
import type { CancelMode } from './observations.ts'
import type { Transport } from './place.ts'
import type { ServerSecurity } from './security.ts'

/** Where and how a server listens. */
export interface EndpointOptions {
  /** Address to listen on. Default `0.0.0.0`, every IPv4 address of the machine. */
  readonly host?: string
  /**
   * Default 5683, with `security` 5684; 0 takes any free one, see `local` and `uris` of the server. The same for all
   * transports; with 0 as long as it is free for all.
   */
  readonly port?: number
  /**
   * How clients may come, one way or several: `udp` is `coap://`, `tcp` is `coap+tcp://` (RFC 8323). A client may go on by
   * another one with an Update. Default `udp`.
   */
  readonly transports?: readonly Transport[]
  /** Default: none, `coap://`. With it the server speaks `coaps://`, and `coaps+tcp://`, alone. */
  readonly security?: ServerSecurity
  readonly coap?: Partial<CoapParameters>
  /** Default: UDP and TCP of the machine. */
  readonly network?: Network
  readonly clock?: Clock
  readonly random?: Random
  /** Sees every CoAP message. */
  readonly trace?: Trace
  /** Is told of faults of the server itself; the client saw 5.00. Default: nothing. */
  readonly onError?: (error: unknown) => void
}

export interface ListenOptions extends EndpointOptions {
  /** Definitions to read and write payloads with, besides Security, Server, Device and Temperature. */
  readonly objects?: readonly ObjectDefinition[]
  /** Clients registered at once; more are answered 5.03. Default 10,000. */
  readonly maximumRegistrations?: number
  /**
   * How long a client that registered with queue mode listens after its last message, seconds. Default 93,
   * MAX_TRANSMIT_WAIT (LwM2M Transport 1.2.2 §6.5).
   */
  readonly clientAwakeSeconds?: number
  /** Requests that may wait for one sleeping client. Default 64. */
  readonly maximumWaitingRequests?: number
}

export interface BootstrapListenOptions extends EndpointOptions {
  /** See `parseBootstrapConfig`. */
  readonly config: BootstrapConfig
  /** Clients bootstrapped at once; more are answered 5.03. Default 1,000. */
  readonly maximumSessions?: number
}

export interface ReadOptions {
  /** Content-Format to ask for. Default: the client chooses. */
  readonly accept?: number
}

export interface ObserveOptions extends ReadOptions {
  /** Hold for this observation alone, in place of all that are attached to the tree (LwM2M 1.2). Default: none are given. */
  readonly attributes?: AttributePatch
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

export interface WriteCompositeOptions extends PayloadOptions {
  /** Of the device behind the client that the values are of. */
  readonly prefix?: string
}

export interface CompositeOptions extends ReadOptions {
  /** In which the paths are listed. Default: SenML CBOR. */
  readonly contentFormat?: number
}
