import type { Clock } from '../transport/clock.ts'
import { defaultParameters, exchangeLifetimeMs } from '../transport/coap/parameters.ts'
import type { CoapPeer } from '../transport/coap/peer.ts'

/** How long the other end waits for a response that is late (RFC 7252 §4.8.2). */
const longestWaitMs = exchangeLifetimeMs(defaultParameters)

/**
 * Calls back once no message has gone either way for so many seconds, no request waits for its answer and no part of a body
 * that a server writes is being taken. Asks the peer when the time may have come, so that messages cost nothing; the returned
 * function ends it.
 */
export function whenQuiet(
  clock: Clock,
  seconds: number,
  peerNow: () => CoapPeer | undefined,
  callback: () => void,
): () => void {
  const windowMs = seconds * 1000
  const startedMs = clock.now()
  const look = () => {
    const peer = peerNow()
    const silentMs = clock.now() - (peer?.lastActivityMs ?? startedMs)
    const isBusy = peer?.awaitsResponse === true || (peer?.isTaking === true && silentMs < longestWaitMs)
    if (silentMs < windowMs) timer = clock.setTimeout(look, windowMs - silentMs)
    else if (isBusy) timer = clock.setTimeout(look, windowMs)
    else callback()
  }
  let timer = clock.setTimeout(look, windowMs)
  return () => clock.clearTimeout(timer)
}
