import { CoapStream } from '../../transport/coap/coap-stream.ts'
import type { CoapParameters } from '../../transport/coap/parameters.ts'
import { defaultParameters } from '../../transport/coap/parameters.ts'
import { CoapPeer, type RequestHandler } from '../../transport/coap/peer.ts'
import { CoapStreamEndpoint } from '../../transport/coap/stream-endpoint.ts'
import type { ReceiveBody } from '../../transport/coap/streamed-bodies.ts'
import type { TransportError } from '../../transport/errors.ts'
import { type NetworkConditions } from '../../transport/memory.ts'
import { notFound } from './coap-site.ts'
import { simulatedWorld } from './simulated-world.ts'

export interface StreamSiteOptions {
  readonly seed?: number
  readonly conditions?: Partial<NetworkConditions>
  readonly parameters?: Partial<CoapParameters>
  readonly clientParameters?: Partial<CoapParameters>
  readonly serverHandler?: RequestHandler
  readonly serverReceive?: ReceiveBody
  readonly clientHandler?: RequestHandler
  readonly fragmentBytes?: readonly [min: number, max: number]
  readonly maximumPeers?: number
}

export const serverAddress = { host: '10.0.0.2', port: 5683 }

/** A client peer and a listening server endpoint, with a stream of a network in memory between them, under simulated time. */
export async function streamSite(options: StreamSiteOptions = {}) {
  const { clock, random, network } = simulatedWorld(options)
  network.streams.fragmentBytes = options.fragmentBytes
  const parameters = options.parameters ?? {}
  const clientParameters = options.clientParameters ?? parameters
  const serverPeers: CoapPeer[] = []
  const server = await CoapStreamEndpoint.listen({
    network: network.streams,
    clock,
    random,
    local: serverAddress,
    handler: request => {
      if (!serverPeers.includes(request.peer)) serverPeers.push(request.peer)
      return (options.serverHandler ?? notFound)(request)
    },
    receive: options.serverReceive,
    parameters,
    ...(options.maximumPeers === undefined ? {} : { maximumPeers: options.maximumPeers }),
  })
  const ends: TransportError[] = []
  const connect = async () => {
    const opening = (async () => {
      const stream = await network.streams.connect(serverAddress)
      return CoapStream.open(stream, { clock, parameters: { ...defaultParameters, ...clientParameters } })
    })()
    const connection = await clock.until(opening)
    return new CoapPeer(connection, {
      clock,
      random,
      handler: options.clientHandler ?? notFound,
      parameters: clientParameters,
      onClosed: (error, peer) => {
        ends.push(error)
        peer.close(error)
      },
    })
  }
  const client = await connect()
  return {
    clock,
    random,
    network,
    server,
    client,
    connect,
    /** Why the client's connections ended by themselves. */
    ends,
    /** The server's side of the client, once it has asked something. */
    get serverPeer(): CoapPeer {
      const [peer] = serverPeers
      if (peer === undefined) throw new Error('the client has asked nothing yet')
      return peer
    },
    async close() {
      client.close()
      await server.close()
      network.clear()
    },
  }
}
