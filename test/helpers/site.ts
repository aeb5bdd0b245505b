import { repeat } from 'rxjs'
import { Lwm2mClient } from '../../client/client.ts'
import type { ClientOptions, ServerOptions } from '../../client/options.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import type { ListenOptions } from '../../server/options.ts'
import type { RegistrationEvent } from '../../server/registrations.ts'
import { Lwm2mServer } from '../../server/server.ts'
import type { CoapMessage } from '../../transport/coap/message.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import type { Address, ConnectOptions, Network } from '../../transport/connection.ts'
import { describeMessage } from '../../transport/lwm2m/describe.ts'
import { type MemoryConnection } from '../../transport/memory.ts'
import { notFound } from './coap-site.ts'
import { simulatedWorld } from './simulated-world.ts'

export const endpoint = 'urn:dev:os:1'

export interface ServerSiteOptions {
  readonly seed?: number
  readonly server?: Partial<ListenOptions>
}

/** A LwM2M server that listens on a network in memory, under simulated time. */
export async function serverSite({ seed = 1, server: serverOptions = {} }: ServerSiteOptions = {}) {
  const { clock, random, network } = simulatedWorld({ seed })
  const errors: unknown[] = []
  const onError = (error: unknown) => errors.push(error)
  const listenOptions = { clock, random, network, onError, host: '10.0.0.2', port: 5683, ...serverOptions }
  const server = await Lwm2mServer.listen(listenOptions)
  const events: RegistrationEvent[] = []
  server.events$.subscribe(event => events.push(event))
  return {
    clock,
    random,
    network,
    server,
    /** What the server said happened. */
    events,
    /** Faults told to either end. */
    errors,
    onError,
    /** A server that forgot everything takes the place of the first. */
    restartServer: async () => {
      await server.close()
      return Lwm2mServer.listen(listenOptions)
    },
    /** A peer that sends what it likes. */
    peer: async (remote: Address = server.local) => {
      const connection = await network.connect(remote)
      return new CoapPeer(connection, { clock, random, handler: notFound })
    },
  }
}

export interface SiteOptions extends ServerSiteOptions, Partial<Omit<ServerOptions, 'uri'>> {
  readonly client?: Partial<ClientOptions>
}

/** A client with a Temperature object, and its server; the client was not started. */
async function site({ seed, server: serverOptions, client: clientOptions, ...account }: SiteOptions = {}) {
  const base = await serverSite({ ...(seed && { seed }), ...(serverOptions && { server: serverOptions }) })
  const { clock, random, network, onError } = base
  let connection: MemoryConnection | undefined
  const watchedNetwork: Network = {
    async connect(remote, options?: ConnectOptions) {
      connection = await network.connect(remote, options)
      return connection
    },
    listen: (local, accept) => network.listen(local, accept),
  }
  /** One line a message, as the client saw it. */
  const wire: string[] = []
  const trace = {
    message: (direction: 'sent' | 'received', message: CoapMessage) =>
      void wire.push(`${direction === 'sent' ? '→' : '←'} ${describeMessage(message)}`),
  }
  const client = new Lwm2mClient({
    endpoint,
    servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1, ...account }],
    objects: [temperature],
    clock,
    random,
    network: watchedNetwork,
    trace,
    onError,
    ...clientOptions,
  })
  const sensor = client.objects.create(temperature, 0, { sensorValue: 21.5, sensorUnits: 'Cel' })
  const clientEvents: ClientEvent[] = []
  // Of one run after the other.
  client.events$.pipe(repeat()).subscribe(event => clientEvents.push(event))
  return {
    ...base,
    client,
    clientEvents,
    sensor,
    wire,
    /** The client appears under another address, as behind a NAT that forgot its binding. */
    rebind: () => connection?.rebind(),
    close: async () => {
      await clock.until(client.stop())
      await base.server.close()
      network.clear()
    },
  }
}

/** The same, registered. */
export async function registeredSite(options: SiteOptions = {}) {
  const started = await site(options)
  started.client.start()
  await started.clock.until(started.client.registered())
  await started.clock.advance(0)
  return started
}
