import { systemClock } from '../transport/clock.ts'
import { systemRandom } from '../transport/random.ts'
import { systemNetwork } from '../transport/system-network.ts'
import { versionsOf } from './accounts.ts'
import type { ConnectionEnvironment } from './connection-environment.ts'
import type { ClientOptions } from './options.ts'

/** What the options of a client do not say. */
export type OwnParts = Pick<
  ConnectionEnvironment,
  | 'store'
  | 'router'
  | 'devices'
  | 'keys'
  | 'trace'
  | 'onObservation'
  | 'onKeptChanged'
  | 'onRecorded'
  | 'onTransportOverridden'
  | 'onTransmissionWaiting'
>

/** What the connections of a client share: what its options say, or else the defaults, and what it has itself. */
export function clientEnvironment(options: ClientOptions, own: OwnParts): ConnectionEnvironment {
  const { queueMode } = options
  return {
    endpoint: options.endpoint,
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    network: options.network ?? systemNetwork,
    connect: options.connect,
    coap: options.coap ?? {},
    dtls: options.dtls ?? {},
    versions: versionsOf(options),
    smsNumber: options.smsNumber,
    profileId: options.profileId,
    whileAsleep: (typeof queueMode === 'object' ? queueMode.whileAsleep : undefined) ?? 'close',
    confirmableNotifications: options.confirmableNotifications ?? false,
    unacknowledgedEnds: options.unacknowledgedEnds ?? 'connection',
    maximumObservations: options.maximumObservations ?? 1_000,
    maximumHeldNotifications: options.maximumHeldNotifications ?? 1_000,
    maximumWaitingRequests: options.maximumWaitingRequests ?? 64,
    maximumWaitingSends: options.maximumWaitingSends ?? 64,
    onError: options.onError ?? (() => undefined),
    // Last, so that those of all clients share a hidden class.
    ...own,
  }
}
