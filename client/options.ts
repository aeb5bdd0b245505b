import type { InspectionEvent } from 'xstate'
import type { UpdateTiming } from '../machines/lifetime.ts'
import type { RetryOptions } from '../machines/retry.ts'
import type { InstanceValues, ObjectDefinition } from '../objects/definition.ts'
import type { device } from '../objects/definitions/device.ts'
import type { EnablerVersion } from '../objects/enabler.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapParameters } from '../transport/coap/parameters.ts'
import type { Network } from '../transport/connection.ts'
import { isProfileId } from '../transport/lwm2m/uplink.ts'
import type { Random } from '../transport/random.ts'
import type { Trace } from '../transport/trace.ts'
import type { Connect, WhileAsleep } from './connection-environment.ts'
import type { TransportLetter } from './current-transport.ts'
import { type ClientDtlsOptions, checkDtlsOptions } from './dtls-options.ts'
import { OptionsError } from './options-error.ts'
import type { Persistence } from './persistence.ts'
import type { Security } from './security.ts'

/** How a server of the factory is secured. */
export interface SecurityOptions {
  /**
   * `psk(…)`, `x509(…)` or `rpk(…)`, for a server with a `coaps` URI; not `rpk(…)` with `coaps+tcp`. Default: none, for one with a
   * `coap` URI.
   */
  readonly security?: Security
  /** The name to ask the server for, and to find in its certificate (/0/x/14). Default: the host of the URI. */
  readonly serverName?: string
  /** The cipher suites to offer, by their numbers (/0/x/16), such as 0xc0a8. Default: all that the engine has. */
  readonly suites?: readonly number[]
}

/** A server the device knows from the factory: it becomes an instance of Security and one of Server. */
export interface ServerOptions extends SecurityOptions {
  /**
   * `coap://HOST[:PORT]`, port 5683 by default, or with `security` `coaps://HOST[:PORT]`, 5684; over TCP `coap+tcp://…` and
   * `coaps+tcp://…`, likewise.
   */
  readonly uri: string
  /** 1–65534, unique among the servers. */
  readonly shortServerId: number
  /**
   * The transports of the server (/1/x/7): letters of `U` (UDP), `T` (TCP), `S` and `N`, and for LwM2M 1.0 a `Q`. Where it lacks
   * the transport of the URI, the first that the client has takes its place. Default: that of the URI, `U` or `T`.
   */
  readonly binding?: string
  /** The transport to use, whatever the URI and the binding say (/1/x/22, LwM2M 1.1). Default: none. */
  readonly preferredTransport?: TransportLetter
  /** How long the server keeps a registration without hearing of the client, seconds; 0 = for ever. Default 300. */
  readonly lifetimeSeconds?: number
  /** pmin of observations that have none, seconds. Default 0. */
  readonly defaultPminSeconds?: number
  /** pmax of observations that have none, seconds. Default none. */
  readonly defaultPmaxSeconds?: number
  /** Whether notifications are kept while the client is offline or suspended, not only the newest. Default false. */
  readonly storesNotifications?: boolean
  /** How long a Disable by the server lasts, seconds. Default 86400. */
  readonly disableTimeoutSeconds?: number
}

/** A server the device gets its server accounts from. */
export interface BootstrapServerOptions extends SecurityOptions {
  /** As of {@link ServerOptions}. */
  readonly uri: string
  /** How long the server may begin by itself before the client asks it to, seconds. Default 0. */
  readonly holdOffSeconds?: number
  /** How long after a bootstrap the account is deleted, seconds. Default: never. */
  readonly accountTimeoutSeconds?: number
}

/** Between awake windows the client does not listen (LwM2M Core 1.2.2 §6.5). */
export interface QueueModeOptions {
  /** How long it listens after the last message, seconds. Default 93, MAX_TRANSMIT_WAIT. */
  readonly awakeSeconds?: number
  /**
   * What its connections do while it sleeps: `close`; `keep`, open but not read, so that what arrives is answered after
   * waking; or `listen` as ever. Default `close`.
   */
  readonly whileAsleep?: WhileAsleep
}

export interface ClientOptions {
  /** Endpoint Client Name, 1–200 bytes of UTF-8, for example `urn:dev:os:1`. */
  readonly endpoint: string
  /** The servers to register with, if the factory knows them; a client that has none bootstraps. */
  readonly servers?: readonly ServerOptions[]
  /** Tried in turn when there is no server, when one asks for it, and when a registration is given up. */
  readonly bootstrap?: BootstrapServerOptions | readonly BootstrapServerOptions[]
  /** Waits between attempts to bootstrap. Default: 2 s, doubled up to 600 s, ten rounds. */
  readonly bootstrapRetry?: RetryOptions
  /** Whether to ask for a Bootstrap-Pack first (LwM2M 1.2). Default false. */
  readonly bootstrapPack?: boolean
  /** The versions to register as, in the order in which they are tried. Default: 1.2, then 1.1, then 1.0. */
  readonly versions?: readonly EnablerVersion[]
  /** Whether the client sleeps between exchanges. Default: when the binding has a `Q`, as LwM2M 1.0 writes it. */
  readonly queueMode?: boolean | QueueModeOptions
  /** Shorter lifetimes are raised to this, in /1/x/1 too, seconds. Default 15. */
  readonly minimumLifetimeSeconds?: number
  /** Start again this many seconds after NETWORK_ERROR or a fatal BOOTSTRAP_REG_FAILURE. Default: never. */
  readonly restartAfterSeconds?: number
  /**
   * Keeps accounts, attributes, observations, registrations and what is disabled over a restart of the process:
   * `fileStore(path)`. What was saved counts as long as `endpoint`, `servers` and `bootstrap` are the same.
   */
  readonly persistence?: Persistence
  /** MSISDN to register with. */
  readonly smsNumber?: string
  /** Profile ID to register with in LwM2M 1.2, such as `oma:NAME`, `v:NAME` or `1:HASH`; left out where it is not known. */
  readonly profileId?: string
  /** Definitions the client offers besides Security, Server and Device; another version of one of these takes its place. */
  readonly objects?: readonly ObjectDefinition[]
  /** Values of the Device object, over the defaults. */
  readonly device?: InstanceValues<typeof device>
  /**
   * Whether notifications are confirmable where neither the attribute `con` nor /1/x/26 says. Default false; one a day
   * always is (RFC 7641 §4.5).
   */
  readonly confirmableNotifications?: boolean
  /**
   * What a confirmable notification that nobody acknowledges ends: the observation alone, as RFC 7641 §4.5 has it; or the
   * connection, and the client connects anew and tells the server so, which goes on observing. Default `connection`.
   */
  readonly unacknowledgedEnds?: 'observation' | 'connection'
  /**
   * Paths that a server may observe at once, of the client and of each device behind it; a composite counts with each of its
   * paths. Default 1,000.
   */
  readonly maximumObservations?: number
  /**
   * Notifications that may wait while a server cannot be reached, of the client and of each device behind it; beyond that, or
   * 16 times as many values, the oldest goes.
   * Default 1,000.
   */
  readonly maximumHeldNotifications?: number
  /** Requests of a server that may wait for the one before, or for a lock. Default 64. */
  readonly maximumWaitingRequests?: number
  /** Sends that may wait for one server, for their turn or for the server to be reached again. Default 64. */
  readonly maximumWaitingSends?: number
  readonly retry?: RetryOptions
  readonly updateTiming?: UpdateTiming
  readonly coap?: Partial<CoapParameters>
  readonly dtls?: ClientDtlsOptions
  /**
   * Opens the way to a server in place of the engine: what is sent through this connection is not secured any further, whatever
   * the account says. `connectDtls` makes a secure one of one that is not. What it rejects with is told as CONNECT_FAILURE.
   */
  readonly connect?: Connect
  /** Default: UDP and TCP. */
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
  /**
   * Is told what a handler of the application threw, of which the server saw 5.00; and of a PersistenceError: what was saved
   * is of no use and the client begins anew, or nothing can be saved, which is told once. Default: nothing.
   */
  readonly onError?: (error: unknown) => void
}

export const defaultLifetimeSeconds = 300

const longestSeconds = 2 ** 31 - 1

/** With `ep=` before it, it has to fit in a Uri-Query option of 255 bytes (RFC 7252 §5.10). */
const longestEndpointBytes = 200

/** Throws OptionsError; server URIs, and what secures them, are checked where they are parsed. */
export function checkOptions(options: ClientOptions): void {
  checkEndpoint(options.endpoint)
  checkServers(options.servers ?? [])
  for (const retry of [options.retry, options.bootstrapRetry]) if (retry !== undefined) checkRetry(retry)
  checkSeconds('minimumLifetimeSeconds', options.minimumLifetimeSeconds, 1)
  checkSeconds('restartAfterSeconds', options.restartAfterSeconds, 0)
  if (typeof options.inspect === 'string') checkInspectorUrl(options.inspect)
  if (options.versions?.length === 0) throw new OptionsError('`versions` is empty')
  if (options.profileId !== undefined && !isProfileId(options.profileId)) {
    throw new OptionsError('`profileId` is none: write oma:NAME, v:NAME or NUMBER:HASH')
  }
  if (options.dtls !== undefined) checkDtlsOptions(options.dtls)
  if (typeof options.queueMode === 'object') checkSeconds('awakeSeconds', options.queueMode.awakeSeconds, 1)
  for (const { holdOffSeconds, accountTimeoutSeconds } of bootstrapServers(options)) {
    checkSeconds('holdOffSeconds', holdOffSeconds, 0)
    checkSeconds('accountTimeoutSeconds', accountTimeoutSeconds, 1)
  }
}

export function bootstrapServers({ bootstrap = [] }: ClientOptions): readonly BootstrapServerOptions[] {
  return 'uri' in bootstrap ? [bootstrap] : bootstrap
}

/** Throws OptionsError for what cannot be the name of a device. */
export function checkEndpoint(endpoint: string): void {
  if (endpoint.length === 0 || Buffer.byteLength(endpoint) > longestEndpointBytes) {
    throw new OptionsError(`the endpoint name must have 1 to ${longestEndpointBytes} bytes`)
  }
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  if (/[\u0000-\u001f\u007f]/.test(endpoint)) throw new OptionsError('the endpoint name holds a control character')
}

function checkRetry({ initialDelaySeconds, maximumDelaySeconds }: RetryOptions): void {
  if (!(initialDelaySeconds > 0 && maximumDelaySeconds > 0)) {
    throw new OptionsError('the delays of `retry` must be above 0')
  }
}

function checkSeconds(name: string, seconds: number | undefined, minimum: number): void {
  if (seconds === undefined || (seconds >= minimum && seconds <= longestSeconds)) return
  throw new OptionsError(`\`${name}\` is not between ${minimum} and ${longestSeconds} seconds`)
}

function checkServers(servers: readonly ServerOptions[]): void {
  const known = new Set<number>()
  for (const { shortServerId, lifetimeSeconds = defaultLifetimeSeconds, binding, preferredTransport } of servers) {
    if (!Number.isInteger(shortServerId) || shortServerId < 1 || shortServerId > 65_534) {
      throw new OptionsError(`the short server id ${shortServerId} is not between 1 and 65534`)
    }
    if (known.has(shortServerId)) throw new OptionsError(`two servers have the short server id ${shortServerId}`)
    known.add(shortServerId)
    if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 0 || lifetimeSeconds > longestSeconds) {
      throw new OptionsError(
        `the lifetime ${lifetimeSeconds} is not between 0 (for ever) and ${longestSeconds} seconds`,
      )
    }
    if (binding !== undefined && !isBinding(binding)) {
      throw new OptionsError('`binding` is none: write each letter of U, T, S, N and Q once at most, such as "UT"')
    }
    if (preferredTransport !== undefined && !/^[UT]$/.test(preferredTransport)) {
      throw new OptionsError('`preferredTransport` must be U or T')
    }
  }
}

/** A `Q` alone names no transport. */
function isBinding(text: string): boolean {
  return /^(?!Q$)[UTSNQ]+$/.test(text) && new Set(text).size === text.length
}

function checkInspectorUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined
  // The text stays out of the message: it may hold a password.
  if (url === undefined || !/^wss?:$/.test(url.protocol) || url.hash !== '') {
    throw new OptionsError('the URL of an inspector must be ws://HOST[:PORT] or wss://HOST[:PORT]')
  }
}
