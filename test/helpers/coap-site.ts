import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { type CoapMessage, Code, noPayload } from '../../transport/coap/message.ts'
import { OptionNumber, pathOptions } from '../../transport/coap/options.ts'
import type { CoapParameters } from '../../transport/coap/parameters.ts'
import { CoapPeer, type RequestHandler } from '../../transport/coap/peer.ts'
import type { ReceiveBody } from '../../transport/coap/streamed-bodies.ts'
import { type NetworkConditions } from '../../transport/memory.ts'
import { simulatedWorld } from './simulated-world.ts'

export interface CoapSiteOptions {
  readonly seed?: number
  readonly conditions?: Partial<NetworkConditions>
  readonly parameters?: Partial<CoapParameters>
  readonly clientParameters?: Partial<CoapParameters>
  readonly serverHandler?: RequestHandler
  readonly serverReceive?: ReceiveBody
  readonly clientHandler?: RequestHandler
}

/** A client peer and a listening server endpoint on a network in memory, under simulated time. */
export async function coapSite(options: CoapSiteOptions = {}) {
  const { clock, random, network } = simulatedWorld(options)
  const handlerErrors: unknown[] = []
  const onHandlerError = (error: unknown) => handlerErrors.push(error)
  const server = await CoapEndpoint.listen({
    network,
    clock,
    random,
    local: { host: '10.0.0.2', port: 5683 },
    handler: options.serverHandler ?? notFound,
    receive: options.serverReceive,
    parameters: options.parameters ?? {},
    onHandlerError,
  })
  const connection = await network.connect(server.local)
  const client = new CoapPeer(connection, {
    clock,
    random,
    handler: options.clientHandler ?? notFound,
    parameters: options.clientParameters ?? options.parameters ?? {},
    onHandlerError,
  })
  return {
    clock,
    random,
    network,
    connection,
    client,
    server,
    handlerErrors,
    /** The server's side of the client. */
    get serverPeer() {
      return server.peer(connection.local)
    },
    async close() {
      client.close()
      await server.close()
      network.clear()
    },
  }
}

export const notFound: RequestHandler = () => ({ code: Code.notFound, options: [], payload: noPayload })

export function get(path: string): CoapMessage {
  return request(Code.get, path)
}

export function request(code: number, path: string, payload: Uint8Array = noPayload): CoapMessage {
  return { code, options: pathOptions(OptionNumber.uriPath, path.split('/').filter(Boolean)), payload }
}

export function content(payload: Uint8Array | string): CoapMessage {
  return { code: Code.content, options: [], payload: Buffer.from(payload) }
}

/** A response that must have come at once. */
export function atOnce(response: CoapMessage | Promise<CoapMessage>): CoapMessage {
  if (response instanceof Promise) throw new Error('expected a response, not a promise')
  return response
}

/** Bytes in which a lost, doubled or swapped block shows. */
export function patternBytes(length: number, salt = 0): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let index = 0; index < length; index++) bytes[index] = (index * 31 + (index >> 8) * 17 + salt) & 0xff
  return bytes
}
