import type { Clock } from '../../transport/clock.ts'
import { CoapStream } from '../../transport/coap/coap-stream.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { type CoapFrame, type CoapMessage, Code, noPayload } from '../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../transport/coap/options.ts'
import type { CoapPeer, RequestHandler } from '../../transport/coap/peer.ts'
import { CoapStreamEndpoint } from '../../transport/coap/stream-endpoint.ts'
import type { Network } from '../../transport/connection.ts'
import { encodeRegistered } from '../../transport/lwm2m/uplink.ts'
import type { Random } from '../../transport/random.ts'
import type { Trace } from '../../transport/trace.ts'

/** What the scripted server saw of a registration message. */
export interface Uplink {
  readonly code: number
  readonly path: string
  readonly query: readonly string[]
  readonly payload: string
}

export interface ScriptedServerOptions {
  readonly clock: Clock
  readonly network: Network
  readonly random: Random
  readonly host?: string
  /** Answers an uplink request in place of the server that accepts everything. */
  readonly answer?: ((uplink: Uplink) => CoapMessage | undefined) | undefined
}

const accepted: CoapMessage = { code: Code.changed, options: [], payload: noPayload }

/** A server that accepts registrations, or does as it is told. */
export async function scriptedServer({ clock, network, random, host = '10.0.0.2', answer }: ScriptedServerOptions) {
  const uplinks: Uplink[] = []
  const times: number[] = []
  const script = { answer, silent: false }
  const transports: ('U' | 'T')[] = []
  /** Hear every message that comes over TCP, whatever the connection. */
  const taps = new Set<(message: CoapFrame) => void>()
  let peer: CoapPeer | undefined
  const handler: RequestHandler = request => {
    if (script.silent) return new Promise(() => undefined)
    peer = request.peer
    const uplink = describe(request.message)
    uplinks.push(uplink)
    times.push(clock.now())
    transports.push(peer.connection instanceof CoapStream ? 'T' : 'U')
    const answered = script.answer?.(uplink)
    if (answered !== undefined) return answered
    return uplink.path === '/rd' ? encodeRegistered(`r${uplinks.length}`) : accepted
  }
  const common = { clock, random, local: { host, port: 5683 }, handler }
  const endpoint = await CoapEndpoint.listen({ ...common, network })
  const { streams } = network
  const trace: Trace = {
    message(direction, message) {
      if (direction === 'received') for (const tap of taps) tap(message as CoapFrame)
    },
  }
  const streamEndpoint = streams && (await CoapStreamEndpoint.listen({ ...common, network: streams, trace }))
  return {
    endpoint,
    streamEndpoint,
    async close() {
      await streamEndpoint?.close()
      await endpoint.close()
    },
    uplinks,
    /** How each of them came, by UDP or by TCP. */
    transports,
    /** When each of them arrived. */
    times,
    script,
    taps,
    /** The server's side of the client, once it has spoken. */
    get peer(): CoapPeer {
      if (peer === undefined) throw new Error('the client has not spoken yet')
      return peer
    },
  }
}

function describe(message: CoapMessage): Uplink {
  return {
    code: message.code,
    path: `/${findStrings(message, OptionNumber.uriPath).join('/')}`,
    query: findStrings(message, OptionNumber.uriQuery),
    payload: Buffer.from(message.payload).toString(),
  }
}
