import { connectivityStatistics as statistics } from '../../objects/definitions/connectivity-statistics.ts'
import type { Timer } from '../../transport/clock.ts'
import type { Lwm2mClient } from '../client.ts'
import { definitionInUse } from './definition-in-use.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { TrafficCounter } from './traffic-counter.ts'

/** How the traffic of a client is counted. */
export interface ConnectivityStatisticsOptions {
  /**
   * What each message has besides, as the object counts up to the IP header: bytes of IP and UDP or TCP, and of a record of DTLS
   * or TLS. Default 28: IPv4 and UDP, without security.
   */
  readonly headerBytes?: number
  /** The period that a server finds in place, whole seconds; 0: until Stop. Default 0. */
  readonly collectionPeriodSeconds?: number
}

/** The counters of a client, under the control of its servers and of the application. */
export interface ConnectivityStatistics extends Behaviour<typeof statistics> {
  /** As if a server had executed Start: from 0, for the Collection Period that is set. Does nothing after `unsubscribe`. */
  start(): void
  /** As if a server had executed Stop: what was counted stays to be read. */
  stop(): void
}

/** What a Read tells in. */
const kilobyte = 1_000

/**
 * Brings Connectivity Statistics (7) to life: between Start and Stop, or for the Collection Period that holds at Start, it counts
 * the CoAP messages of the client, retransmissions too (LwM2M Core 1.2.2 §E.8). Handshakes are not among them, and there are no
 * SMS. While it does not collect it costs nothing.
 */
export function connectivityStatistics(
  client: Lwm2mClient,
  { headerBytes = 28, collectionPeriodSeconds = 0 }: ConnectivityStatisticsOptions = {},
): ConnectivityStatistics {
  const values = { collectionPeriod: collectionPeriodSeconds }
  const living = new LivingInstance(client, definitionInUse(client, statistics), { values })
  const { instance, clock } = living
  let counter = new TrafficCounter(headerBytes)
  let endTrace: (() => void) | undefined
  let timer: Timer
  const stop = () => {
    endTrace?.()
    endTrace = undefined
    clock.clearTimeout(timer)
  }
  const start = () => {
    if (living.isOver) return
    stop()
    counter = new TrafficCounter(headerBytes)
    endTrace = client.addTrace(counter)
    const periodSeconds = Number(instance.get('collectionPeriod') ?? 0)
    if (periodSeconds > 0) timer = clock.setTimeout(stop, periodSeconds * 1000)
  }
  living.add(stop)
  living.onExecute('start', start)
  living.onExecute('stop', stop)
  living.onWrite('collectionPeriod', (_, seconds) => Number(seconds) >= 0)
  living.onRead('smsTxCounter', () => 0)
  living.onRead('smsRxCounter', () => 0)
  living.onRead('txData', () => Math.floor(counter.sentBytes / kilobyte))
  living.onRead('rxData', () => Math.floor(counter.receivedBytes / kilobyte))
  living.onRead('maxMessageSize', () => counter.maximumBytes)
  living.onRead('averageMessageSize', () => Math.round(counter.averageBytes))
  return { instance, start, stop, unsubscribe: () => living.unsubscribe() }
}
