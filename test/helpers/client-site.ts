import { repeat } from 'rxjs'
import { Lwm2mClient } from '../../client/client.ts'
import type { ClientOptions, ServerOptions } from '../../client/options.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import type { Operation } from '../../objects/operations/operation.ts'
import { parsePath } from '../../objects/path.ts'
import { type CoapMessage, noPayload } from '../../transport/coap/message.ts'
import type { ObservationListener } from '../../transport/coap/observe-request.ts'
import { findOption, OptionNumber } from '../../transport/coap/options.ts'
import type { CoapPeer } from '../../transport/coap/peer.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import { scriptedServer, type Uplink } from './scripted-server.ts'
import { simulatedWorld } from './simulated-world.ts'
import { isTcp, serverUri } from './transport.ts'

export interface ClientSiteOptions {
  readonly lifetimeSeconds?: number
  /** Default: 10.0.0.2, by the transport of the scenarios. */
  readonly uri?: string
  readonly account?: Partial<ServerOptions>
  readonly client?: Partial<ClientOptions>
  /** Answers an uplink request in place of the server that accepts everything. */
  readonly answer?: (uplink: Uplink) => CoapMessage | undefined
}

/** A client and a scripted server on a network in memory, under simulated time. */
export async function clientSite(options: ClientSiteOptions = {}) {
  const { clock, random, network } = simulatedWorld()
  const dmServer = await scriptedServer({ clock, network, random, answer: options.answer })
  const { endpoint: server, uplinks, script } = dmServer
  const errors: unknown[] = []
  const client = new Lwm2mClient({
    endpoint: 'device',
    servers: [
      {
        uri: options.uri ?? serverUri('10.0.0.2'),
        shortServerId: 7,
        lifetimeSeconds: options.lifetimeSeconds ?? 300,
        ...options.account,
      },
    ],
    objects: [temperature],
    clock,
    random,
    network,
    onError: error => errors.push(error),
    ...options.client,
  })
  const events: ClientEvent[] = []
  // Of one run after the other.
  client.events$.pipe(repeat()).subscribe(event => events.push(event))
  const sensor = client.objects.create(temperature, 0, { sensorValue: 21.5 })

  return {
    clock,
    random,
    network,
    server,
    /** The same server over TCP. */
    streamServer: dmServer.streamEndpoint,
    client,
    sensor,
    uplinks,
    /** How each of them came, by UDP or by TCP. */
    transports: dmServer.transports,
    /** When each uplink arrived. */
    uplinkTimes: dmServer.times,
    events,
    errors,
    script,
    /** Types of the events so far, oldest first. */
    get eventTypes() {
      return events.map(({ type }) => type)
    },
    /** The server's side of the client, once it has spoken. */
    get peer(): CoapPeer {
      return dmServer.peer
    },
    async register() {
      client.start()
      await clock.until(client.registered())
    },
    /** Sends a request as the server and waits for the response. */
    request(message: CoapMessage): Promise<CoapMessage> {
      return clock.until(this.peer.request(message).response)
    },
    operate(operation: Operation): Promise<CoapMessage> {
      return this.request(encodeOperation(operation))
    },
    async observe(path: string, listener: Partial<ObservationListener> = {}, accept = 0) {
      const notifications: { atMs: number; payload: string; code: number }[] = []
      const startedMs = clock.now()
      const ends: unknown[] = []
      const notification = (message: CoapMessage) => {
        const payload = Buffer.from(message.payload).toString()
        notifications.push({ atMs: Math.round(clock.now() - startedMs), payload, code: message.code })
        listener.notification?.(message)
      }
      const request = encodeOperation({ kind: 'observe', path: parsePath(path), accept })
      const observation = this.peer.observe(request, {
        notification: message => {
          if (!isTcp) notification(message)
        },
        ended: reason => ends.push(reason),
      })
      const response = await clock.until(observation.response)
      if (isTcp) {
        // A server that goes on by the token alone, over whatever connection: over UDP the client comes from where it was.
        dmServer.taps.add(message => {
          const { token } = message
          const isOfThis = token.length === 4 && Buffer.from(token).readUInt32BE() === observation.token
          if (isOfThis && findOption(message, OptionNumber.observe) !== undefined) notification(message)
        })
      }
      return { observation, response, notifications, ends }
    },
    closeServer: () => dmServer.close(),
    async stop() {
      await clock.until(client.stop())
      await dmServer.close()
      network.clear()
    },
  }
}

export type ClientSite = Awaited<ReturnType<typeof clientSite>>

export function errorResponse(code: number): CoapMessage {
  return { code, options: [], payload: noPayload }
}
