import type { BootstrapAccount, ServerAccount } from '../objects/account.ts'
import type { EnablerVersion } from '../objects/enabler.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { PathRouter } from '../streams/route.ts'
import type { Clock } from '../transport/clock.ts'
import type { CoapParameters } from '../transport/coap/parameters.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import type { Network } from '../transport/connection.ts'
import type { Random } from '../transport/random.ts'
import type { Trace } from '../transport/trace.ts'
import type { ClientDtlsOptions } from './dtls-options.ts'
import type { ExternalKeys } from './external-keys.ts'
import type { IotDevices } from './iot-devices.ts'
import type { ObservationEvent } from './observation-event.ts'

/** Opens the application's own connection to a server. */
export type Connect = (account: ServerAccount | BootstrapAccount) => Promise<PeerConnection>

/** What a connection does between awake windows. */
export type WhileAsleep = 'close' | 'keep' | 'listen'

/** What the connections of a client share. */
export interface ConnectionEnvironment {
  readonly endpoint: string
  readonly store: ObjectStore
  readonly router: PathRouter
  /** The devices behind the client. */
  readonly devices: IotDevices
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly connect: Connect | undefined
  readonly coap: Partial<CoapParameters>
  readonly dtls: ClientDtlsOptions
  readonly keys: ExternalKeys
  readonly trace: Trace | undefined
  /** The versions to register as, the preferred one first. */
  readonly versions: readonly [EnablerVersion, ...EnablerVersion[]]
  readonly smsNumber: string | undefined
  readonly profileId: string | undefined
  readonly whileAsleep: WhileAsleep
  readonly confirmableNotifications: boolean
  readonly unacknowledgedEnds: 'observation' | 'connection'
  readonly maximumObservations: number
  readonly maximumHeldNotifications: number
  readonly maximumWaitingRequests: number
  readonly maximumWaitingSends: number
  readonly onError: (error: unknown) => void
  /** Something has happened to an observation. */
  readonly onObservation: (event: ObservationEvent) => void
  /** Something is to be sent to a server while the connection rests. */
  readonly onTransmissionWaiting: (shortServerId: number) => void
  /** A server wants to be spoken to by another transport, now. */
  readonly onTransportOverridden: (shortServerId: number) => void
  /** Something that outlives a restart has changed. */
  readonly onKeptChanged: () => void
  /** The same, but of changes that are recorded, of which there may be many: it can wait for a second. */
  readonly onRecorded: () => void
}

/** What of it opens a connection, up to where messages can be exchanged. */
export type DialingEnvironment = Pick<
  ConnectionEnvironment,
  'network' | 'clock' | 'random' | 'coap' | 'dtls' | 'trace' | 'onKeptChanged'
>
