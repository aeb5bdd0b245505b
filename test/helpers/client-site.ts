import { Lwm2mClient } from '../../client/client.ts'
import type { ClientOptions } from '../../client/options.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import type { Operation } from '../../objects/operations/operation.ts'
import { parsePath } from '../../objects/path.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { type CoapMessage, Code, noPayload } from '../../transport/coap/message.ts'
import type { ObservationListener } from '../../transport/coap/observe-request.ts'
import { findStrings, OptionNumber } from '../../transport/coap/options.ts'
import type { CoapPeer } from '../../transport/coap/peer.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import { encodeRegistered } from '../../transport/lwm2m/uplink.ts'
import { MemoryNetwork } from '../../transport/memory.ts'
import { seededRandom } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'

/** What the scripted server saw of a registration message. */
export interface Uplink {
  readonly code: number
  readonly path: string
  readonly query: readonly string[]
  readonly payload: string
}

export interface ClientSiteOptions {
  readonly lifetimeSeconds?: number
  readonly client?: Partial<ClientOptions>
  /** Answers an uplink request in place of the server that accepts everything. */
  readonly answer?: (uplink: Uplink) => CoapMessage | undefined
}

const accepted: CoapMessage = { code: Code.changed, options: [], payload: noPayload }

/** A client and a scripted server on a network in memory, under simulated time. */
export async function clientSite(options: ClientSiteOptions = {}) {
  const clock = new SimulatedClock()
  const random = seededRandom(1)
  const network = new MemoryNetwork({ clock, random })
  const uplinks: Uplink[] = []
  const script = { answer: options.answer, silent: false }
  let peer: CoapPeer | undefined
  const server = await CoapEndpoint.listen({
    network,
    clock,
    random,
    local: { host: '10.0.0.2', port: 5683 },
    handler: request => {
      if (script.silent) return new Promise(() => undefined)
      peer = request.peer
      const uplink = describe(request.message)
      uplinks.push(uplink)
      const answer = script.answer?.(uplink)
      if (answer !== undefined) return answer
      return uplink.path === '/rd' ? encodeRegistered(`r${uplinks.length}`) : accepted
    },
  })
  const errors: unknown[] = []
  const client = new Lwm2mClient({
    endpoint: 'device',
    servers: [{ uri: 'coap://10.0.0.2', shortServerId: 7, lifetimeSeconds: options.lifetimeSeconds ?? 300 }],
    objects: [temperature],
    clock,
    random,
    network,
    onError: error => errors.push(error),
    ...options.client,
  })
  const events: ClientEvent[] = []
  client.events$.subscribe(event => events.push(event))
  const sensor = client.objects.create(temperature, 0, { sensorValue: 21.5 })

  return {
    clock,
    network,
    server,
    client,
    sensor,
    uplinks,
    events,
    errors,
    script,
    /** Types of the events so far, oldest first. */
    get eventTypes() {
      return events.map(({ type }) => type)
    },
    /** The server's side of the client, once it has spoken. */
    get peer(): CoapPeer {
      if (peer === undefined) throw new Error('the client has not spoken yet')
      return peer
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
      const observation = this.peer.observe(encodeOperation({ kind: 'observe', path: parsePath(path), accept }), {
        notification: message => {
          const payload = Buffer.from(message.payload).toString()
          notifications.push({ atMs: Math.round(clock.now() - startedMs), payload, code: message.code })
          listener.notification?.(message)
        },
        ended: reason => ends.push(reason),
      })
      const response = await clock.until(observation.response)
      return { observation, response, notifications, ends }
    },
    async stop() {
      await clock.until(client.stop())
      await server.close()
      network.clear()
    },
  }
}

export type ClientSite = Awaited<ReturnType<typeof clientSite>>

function describe(message: CoapMessage): Uplink {
  return {
    code: message.code,
    path: `/${findStrings(message, OptionNumber.uriPath).join('/')}`,
    query: findStrings(message, OptionNumber.uriQuery),
    payload: Buffer.from(message.payload).toString(),
  }
}

export function errorResponse(code: number): CoapMessage {
  return { code, options: [], payload: noPayload }
}
