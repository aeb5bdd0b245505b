import {
  CoapPeer,
  parseServerUri,
  type RequestHandler,
  systemClock,
  systemRandom,
  udpNetwork,
} from '../../../transport/index.ts'

/** The wire to Leshan without our client: requests by hand, and a handler for what Leshan asks. */
export async function connectPeer(uri: string, handler: RequestHandler): Promise<CoapPeer> {
  const connection = await udpNetwork.connect(parseServerUri(uri))
  return new CoapPeer(connection, { clock: systemClock, random: systemRandom, handler })
}
