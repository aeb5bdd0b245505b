import { systemClock } from '../transport/clock.ts'
import { CoapEndpoint } from '../transport/coap/endpoint.ts'
import type { RequestHandler } from '../transport/coap/peer.ts'
import { systemRandom } from '../transport/random.ts'
import { udpNetwork } from '../transport/udp.ts'
import type { EndpointOptions } from './options.ts'
import { securedNetwork, securePort } from './security.ts'

const plainPort = 5683

/** Rejects with TransportError ADDRESS_IN_USE, NETWORK_UNREACHABLE or INVALID_SECURITY. */
export async function listen(options: EndpointOptions, handler: RequestHandler): Promise<CoapEndpoint> {
  const { clock = systemClock, random = systemRandom, network = udpNetwork, security } = options
  const { host = '0.0.0.0', port = security === undefined ? plainPort : securePort } = options
  return CoapEndpoint.listen({
    clock,
    random,
    network: security === undefined ? network : securedNetwork(network, security, clock, random),
    local: { host, port },
    parameters: options.coap ?? {},
    trace: options.trace,
    handler,
    onHandlerError: options.onError,
  })
}
