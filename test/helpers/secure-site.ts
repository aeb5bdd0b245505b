import { repeat } from 'rxjs'
import { expect, onTestFinished } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import type { ClientOptions, ServerOptions } from '../../client/options.ts'
import { psk } from '../../client/psk.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import type { ListenOptions } from '../../server/options.ts'
import type { RegistrationEvent } from '../../server/registrations.ts'
import type { ServerSecurity } from '../../server/security.ts'
import { Lwm2mServer } from '../../server/server.ts'
import type { Network } from '../../transport/connection.ts'
import type { TransportError } from '../../transport/errors.ts'
import type { MemoryConnection } from '../../transport/memory.ts'
import { simulatedWorld } from './simulated-world.ts'

export const endpoint = 'urn:dev:os:1'
export const identity = 'device-1'
export const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
export const credentials = psk(identity, key)

export interface SecureSiteOptions {
  readonly security?: Partial<ServerSecurity>
  readonly server?: Partial<ListenOptions>
  readonly account?: Partial<ServerOptions>
  readonly client?: Partial<ClientOptions>
}

/** A client and a server that speak DTLS on a network in memory, under simulated time; the client was not started. */
export async function secureSite({
  security,
  server: listenOptions,
  account,
  client: options,
}: SecureSiteOptions = {}) {
  const { clock, random, network } = simulatedWorld()
  const errors: unknown[] = []
  const failures: TransportError[] = []
  /** What anybody can read of each connection. */
  const handshakes: Set<string>[] = []
  const onError = (error: unknown) => errors.push(error)
  const common = { clock, random, onError }
  const serverOptions: ListenOptions = {
    ...common,
    network,
    host: '10.0.0.2',
    security: { psk: { [identity]: key }, onFailure: error => failures.push(error), ...security },
    ...listenOptions,
  }
  let server = await Lwm2mServer.listen(serverOptions)
  const serverEvents: RegistrationEvent[] = []
  server.events$.subscribe(event => serverEvents.push(event))
  const connections: MemoryConnection[] = []
  const watched: Network = {
    async connect(remote, connectOptions) {
      const connection = await network.connect(remote, connectOptions)
      connections.push(connection)
      const messages = new Set<string>()
      handshakes.push(messages)
      const send = connection.send.bind(connection)
      connection.send = bytes => {
        for (const message of plainHandshakes(Buffer.from(bytes))) messages.add(message)
        send(bytes)
      }
      return connection
    },
    listen: (local, accept) => network.listen(local, accept),
  }
  const events: ClientEvent[] = []
  function boot(more: Partial<ClientOptions> = {}) {
    const client = new Lwm2mClient({
      endpoint,
      servers: [{ uri: 'coaps://10.0.0.2', shortServerId: 1, security: credentials, ...account }],
      objects: [temperature],
      network: watched,
      ...common,
      ...options,
      ...more,
    })
    client.objects.create(temperature, 0, { sensorValue: 21.5 })
    client.events$.pipe(repeat()).subscribe(event => events.push(event))
    return client
  }
  const client = boot()
  onTestFinished(async () => {
    await clock.until(client.stop())
    await server.close()
    network.clear()
    expect(clock.pendingTimers).toBe(0)
    expect(errors).toEqual([])
  })
  return {
    clock,
    random,
    network,
    client,
    /** Another process of the device. */
    boot,
    events,
    errors,
    /** What the server says about handshakes and sessions that ended. */
    failures,
    serverEvents,
    connections,
    get server() {
      return server
    },
    get eventTypes() {
      return events.map(({ type }) => type)
    },
    /** A server that forgot everything takes the place of the first. */
    async restartServer() {
      await server.close()
      server = await Lwm2mServer.listen(serverOptions)
    },
    async register() {
      client.start()
      await clock.until(client.registered())
      await clock.advance(0)
    },
    /** The handshakes since the last call, one a connection: `full`, or `abbreviated`, which exchanges no keys. */
    handshakes(): string[] {
      const said = handshakes.splice(0).filter(messages => messages.has('ClientHello'))
      return said.map(messages => (messages.has('ClientKeyExchange') ? 'full' : 'abbreviated'))
    },
  }
}

/** The handshake messages of a datagram that anybody can read. */
function plainHandshakes(datagram: Buffer): string[] {
  const found: string[] = []
  for (let offset = 0; offset + 13 < datagram.length; ) {
    const isPlain = datagram[offset] === 22 && datagram.readUInt16BE(offset + 3) === 0
    const type = datagram[offset + 13]
    if (isPlain && type === 1) found.push('ClientHello')
    if (isPlain && type === 16) found.push('ClientKeyExchange')
    if (datagram[offset] === 25) break
    offset += 13 + datagram.readUInt16BE(offset + 11)
  }
  return found
}
