import { CoapStream } from '../../transport/coap/coap-stream.ts'
import { defaultParameters } from '../../transport/coap/parameters.ts'
import type { Address } from '../../transport/connection.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** A stream of the network in memory to a server, once both have told their settings. */
export function openCoapStream(
  { clock, network }: Pick<SimulatedWorld, 'clock' | 'network'>,
  remote: Address,
): Promise<CoapStream> {
  const opening = network.streams
    .connect(remote)
    .then(stream => CoapStream.open(stream, { clock, parameters: defaultParameters }))
  return clock.until(opening)
}
