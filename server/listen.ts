import { systemClock } from '../transport/clock.ts'
import { CoapEndpoint } from '../transport/coap/endpoint.ts'
import type { RequestHandler } from '../transport/coap/peer.ts'
import { systemRandom } from '../transport/random.ts'
import { udpNetwork } from '../transport/udp.ts'
import type { EndpointOptions } from './options.ts'

/** Rejects with TransportError ADDRESS_IN_USE or NETWORK_UNREACHABLE. */
export function listen(options: EndpointOptions, handler: RequestHandler): Promise<CoapEndpoint> {
  const { clock = systemClock, random = systemRandom, network = udpNetwork } = options
  return CoapEndpoint.listen({
    clock,
    random,
    network,
    local: { host: options.host ?? '0.0.0.0', port: options.port ?? 5683 },
    parameters: options.coap ?? {},
    trace: options.trace,
    handler,
    onHandlerError: options.onError,
  })
}
