import { expect, onTestFinished } from 'vitest'
import type { ClientOptions, ServerOptions } from '../../client/options.ts'
import type { ConnectionReceiver } from '../../transport/connection.ts'
import { TransportError } from '../../transport/errors.ts'
import type { MemoryNetwork } from '../../transport/memory.ts'
import type { MemoryStreamNetwork } from '../../transport/memory-stream.ts'
import { type ClientSite, type ClientSiteOptions, clientSite } from './client-site.ts'
import { type ScriptedBootstrapServer, scriptedBootstrapServer } from './scripted-bootstrap-server.ts'
import { scriptedServer } from './scripted-server.ts'
import { binding, isTcp, serverUri } from './transport.ts'

/** A site whose client is stopped after the test, which must leave no timer and no error. */
export async function scenario(options: ClientSiteOptions = {}): Promise<ClientSite> {
  const site = await clientSite(options)
  onTestFinished(async () => {
    await site.stop()
    expect(site.transports.filter(used => used !== binding)).toEqual([])
    expect(site.clock.pendingTimers).toBe(0)
    expect(site.errors).toEqual([])
  })
  return site
}

/** The same, registered. */
export async function registeredScenario(options: ClientSiteOptions = {}): Promise<ClientSite> {
  const site = await scenario(options)
  await site.register()
  return site
}

export interface BootstrapScenarioOptions extends ClientSiteOptions {
  /** What the client knows from the factory. Default: no server. */
  readonly servers?: readonly ServerOptions[]
  readonly session?: ScriptedBootstrapServer['script']['session']
  readonly holdOffSeconds?: number
  readonly accountTimeoutSeconds?: number
}

/** A client with one Bootstrap-Server Account, /0/0, and that server at 10.0.0.9. */
export async function bootstrapScenario({
  servers = [],
  session,
  holdOffSeconds,
  accountTimeoutSeconds,
  ...options
}: BootstrapScenarioOptions = {}) {
  const account = {
    uri: serverUri('10.0.0.9'),
    ...(holdOffSeconds === undefined ? {} : { holdOffSeconds }),
    ...(accountTimeoutSeconds === undefined ? {} : { accountTimeoutSeconds }),
  }
  const client: Partial<ClientOptions> = { servers, bootstrap: account, ...options.client }
  const site = await scenario({ ...options, client })
  const bootstrap = await anotherBootstrapServer(site, '10.0.0.9', session)
  return { site, bootstrap }
}

export async function anotherBootstrapServer(
  { clock, network, random }: ClientSite,
  host: string,
  session?: ScriptedBootstrapServer['script']['session'],
): Promise<ScriptedBootstrapServer> {
  const bootstrap = await scriptedBootstrapServer({ clock, network, random, host, ...(session && { session }) })
  onTestFinished(() => bootstrap.close())
  return bootstrap
}

/** A further server, which the client reaches at `host`. */
export async function anotherServer({ clock, network, random }: ClientSite, host: string) {
  const server = await scriptedServer({ clock, network, random, host })
  onTestFinished(() => server.close())
  return server
}

/** Lets all datagrams through again. */
export function cutNetwork({ network }: ClientSite): () => void {
  const { conditions } = network
  network.conditions = { ...conditions, loss: 1 }
  return () => {
    network.conditions = conditions
  }
}

/**
 * What is connected falls silent: over UDP the network loses everything until the function that is returned is called, over TCP
 * the connections there are are half-open from now on.
 */
export function cutConnections(site: ClientSite): () => void {
  if (!isTcp) return cutNetwork(site)
  site.network.streams.cut()
  return () => undefined
}

/** Makes all that the client opens fail; the function that is returned mends that. */
export function failConnections({ network }: ClientSite, error: TransportError): () => void {
  const { streams } = network
  const connect = network.connect.bind(network)
  const connectStream = streams.connect.bind(streams)
  network.connect = () => Promise.reject(error)
  streams.connect = () => Promise.reject(error)
  return () => {
    network.connect = connect
    streams.connect = connectStream
  }
}

/** A connection that is watched. */
interface WatchedConnection {
  closed: boolean
  /** It is refused by the network. */
  readonly refuse: () => void
}

/** Sees the connections that are opened from now on, and makes the network refuse what they send. */
export function watchConnections(network: MemoryNetwork) {
  const opened: WatchedConnection[] = []
  if (isTcp) watchStreams(network.streams, opened)
  else watchDatagrams(network, opened)
  return {
    opened,
    get openCount() {
      return opened.filter(({ closed }) => !closed).length
    },
    /** As by ICMP, or by a reset of the TCP connection: nothing listens there. */
    refuse: () => opened.at(-1)?.refuse(),
  }
}

function watchDatagrams(network: MemoryNetwork, opened: WatchedConnection[]): void {
  const connect = network.connect.bind(network)
  network.connect = async (remote, options) => {
    const connection = await connect(remote, options)
    let receiver: ConnectionReceiver | undefined
    const refuse = () => receiver?.failed(new TransportError('NETWORK_UNREACHABLE', 'nothing listens on that port'))
    const watched = { closed: false, refuse }
    opened.push(watched)
    const receive = connection.receive.bind(connection)
    connection.receive = ours => {
      receiver = ours
      receive(ours)
    }
    const close = connection.close.bind(connection)
    connection.close = () => {
      watched.closed = true
      close()
    }
    return connection
  }
}

function watchStreams(network: MemoryStreamNetwork, opened: WatchedConnection[]): void {
  const connect = network.connect.bind(network)
  network.connect = async (remote, options) => {
    const stream = await connect(remote, options)
    const watched = { closed: false, refuse: () => stream.reset() }
    opened.push(watched)
    const close = stream.close.bind(stream)
    stream.close = () => {
      watched.closed = true
      close()
    }
    return stream
  }
}
