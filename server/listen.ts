import { systemClock } from '../transport/clock.ts'
import { CoapEndpoint } from '../transport/coap/endpoint.ts'
import type { RequestHandler } from '../transport/coap/peer.ts'
import { CoapStreamEndpoint } from '../transport/coap/stream-endpoint.ts'
import type { Address } from '../transport/connection.ts'
import { TransportError } from '../transport/errors.ts'
import { systemRandom } from '../transport/random.ts'
import { systemNetwork } from '../transport/system-network.ts'
import { securedNetwork } from './dtls.ts'
import { type Endpoint, Endpoints } from './endpoints.ts'
import type { EndpointOptions } from './options.ts'
import type { Transport } from './place.ts'
import { tlsOptions } from './tls.ts'

const plainPort = 5683
const securePort = 5684

type Open = (local: Address) => Promise<Endpoint>

/**
 * Listens by all transports or by none. Rejects with TransportError ADDRESS_IN_USE, NETWORK_UNREACHABLE, INVALID_SECURITY, or
 * NOT_SUPPORTED where the network has no such transport.
 */
export async function listen(options: EndpointOptions, handler: RequestHandler): Promise<Endpoints> {
  const { transports = ['udp'], security } = options
  const { host = '0.0.0.0', port = security === undefined ? plainPort : securePort } = options
  // What is of no use is told before anything listens.
  const [openFirst, ...openOthers] = Array.from(new Set(transports), transport => opening(transport, options, handler))
  if (openFirst === undefined) throw new TransportError('NOT_SUPPORTED', '`transports` is empty; write udp or tcp')
  const first = await openFirst({ host, port })
  const all: [Endpoint, ...Endpoint[]] = [first]
  try {
    for (const open of openOthers) all.push(await openBeside(first.local, open, port))
  } catch (error) {
    for (const endpoint of all) await endpoint.close()
    throw error
  }
  return new Endpoints(all, security !== undefined)
}

/** Any free port, 0, is the one that the first has got, unless somebody else has it here. */
async function openBeside(first: Address, open: Open, port: number): Promise<Endpoint> {
  try {
    return await open(first)
  } catch (error) {
    const isTaken = error instanceof TransportError && error.code === 'ADDRESS_IN_USE'
    if (isTaken && port === 0) return open({ ...first, port })
    throw error
  }
}

function opening(transport: Transport, options: EndpointOptions, handler: RequestHandler): Open {
  const { clock = systemClock, random = systemRandom, network = systemNetwork, security } = options
  const peerOptions = {
    clock,
    random,
    parameters: options.coap ?? {},
    trace: options.trace,
    handler,
    onHandlerError: options.onError,
  }
  if (transport === 'udp') {
    const secured = security === undefined ? network : securedNetwork(network, security, clock, random)
    return local => CoapEndpoint.listen({ ...peerOptions, network: secured, local })
  }
  const { streams } = network
  if (streams === undefined) throw new TransportError('NOT_SUPPORTED', 'this network carries datagrams only, not TCP')
  const tls = security === undefined ? {} : { tls: tlsOptions(security, clock) }
  return local => CoapStreamEndpoint.listen({ ...peerOptions, network: streams, local, ...tls })
}
