import type { InspectionEvent } from 'xstate'
import type { UpdateTiming } from '../machines/lifetime.ts'
import { defaultRetry, type RetryOptions } from '../machines/retry.ts'
import type { InstanceValues, ObjectDefinition } from '../objects/definition.ts'
import type { device } from '../objects/definitions/device.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapParameters } from '../transport/coap/parameters.ts'
import type { Network } from '../transport/connection.ts'
import type { Random } from '../transport/random.ts'
import type { Trace } from '../transport/trace.ts'

/** A server the device knows from the factory: it becomes an instance of Security and one of Server. */
export interface ServerOptions {
  /** `coap://HOST[:PORT]`, port 5683 by default. */
  readonly uri: string
  /** 1–65534, unique among the servers. */
  readonly shortServerId: number
  /** How long the server keeps a registration without hearing of the client, seconds. Default 300. */
  readonly lifetimeSeconds?: number
  /** pmin of observations that have none, seconds. Default 0. */
  readonly defaultPminSeconds?: number
  /** pmax of observations that have none, seconds. Default none. */
  readonly defaultPmaxSeconds?: number
}

export interface ClientOptions {
  /** Endpoint Client Name, 1–200 bytes of UTF-8, for example `urn:dev:os:1`. */
  readonly endpoint: string
  readonly servers: readonly ServerOptions[]
  /** Definitions the client offers besides Security, Server and Device; another version of one of these takes its place. */
  readonly objects?: readonly ObjectDefinition[]
  /** Values of the Device object, over the defaults. */
  readonly device?: InstanceValues<typeof device>
  /** Whether notifications are confirmable. Default false; one a day always is (RFC 7641 §4.5). */
  readonly confirmableNotifications?: boolean
  /** Observations a server may have at once. Default 1,000. */
  readonly maximumObservations?: number
  /** Requests of a server that may wait for the one before, or for a lock. Default 64. */
  readonly maximumWaitingRequests?: number
  readonly retry?: RetryOptions
  readonly updateTiming?: UpdateTiming
  readonly coap?: Partial<CoapParameters>
  /** Default: UDP. */
  readonly network?: Network
  readonly clock?: Clock
  readonly random?: Random
  /** Sees every CoAP message. */
  readonly trace?: Trace
  /**
   * Shows the statecharts at work: events, states and memory of every actor, none of which holds a secret. `true` or a
   * URL, `ws://HOST[:PORT]` or `wss://…`, connects to the Stately inspector there, `ws://localhost:8080` for `true`; it
   * needs the packages `@statelyai/inspect` and `ws`, see docs/inspector.md. A function gets what XState's `inspect` tells.
   */
  readonly inspect?: boolean | string | ((event: InspectionEvent) => void)
  /** Is told what a handler of the application threw; the server saw 5.00. Default: nothing. */
  readonly onError?: (error: unknown) => void
}

/** A client cannot be made of these options; `message` says which one and why. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError'
  readonly code = 'INVALID_OPTIONS'
}

export const defaultLifetimeSeconds = 300

/** With `ep=` before it, it has to fit in a Uri-Query option of 255 bytes (RFC 7252 §5.10). */
const longestEndpointBytes = 200

/** Throws {@link OptionsError}; server URIs are checked where they are parsed. */
export function checkOptions({ endpoint, servers, retry = defaultRetry, inspect }: ClientOptions): void {
  if (endpoint.length === 0 || Buffer.byteLength(endpoint) > longestEndpointBytes) {
    throw new OptionsError(`the endpoint name must have 1 to ${longestEndpointBytes} bytes`)
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u001f\u007f]/.test(endpoint)) throw new OptionsError('the endpoint name holds a control character')
  if (!(retry.initialDelaySeconds > 0 && retry.maximumDelaySeconds > 0)) {
    throw new OptionsError('the delays of `retry` must be above 0')
  }
  if (typeof inspect === 'string') checkInspectorUrl(inspect)
  const known = new Set<number>()
  for (const { shortServerId, lifetimeSeconds = defaultLifetimeSeconds } of servers) {
    if (!Number.isInteger(shortServerId) || shortServerId < 1 || shortServerId > 65_534) {
      throw new OptionsError(`the short server id ${shortServerId} is not between 1 and 65534`)
    }
    if (known.has(shortServerId)) throw new OptionsError(`two servers have the short server id ${shortServerId}`)
    known.add(shortServerId)
    if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1 || lifetimeSeconds > 2 ** 31 - 1) {
      throw new OptionsError(`the lifetime ${lifetimeSeconds} is not between 1 and 2147483647 seconds`)
    }
  }
}

function checkInspectorUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // The text stays out of the message: it may hold a password.
  if (url === undefined || !/^wss?:$/.test(url.protocol) || url.hash !== '') {
    throw new OptionsError('the URL of an inspector must be ws://HOST[:PORT] or wss://HOST[:PORT]')
  }
}
