import type { Clock } from '../transport/clock.ts'
import type { CoapPeer } from '../transport/coap/peer.ts'

/**
 * Calls back once no message has gone either way for so many seconds and no request waits for its answer. Asks the peer when
 * the time may have come, so that messages cost nothing; the returned function ends it.
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
    const remainingMs = (peer?.lastActivityMs ?? startedMs) + windowMs - clock.now()
    if (remainingMs > 0) timer = clock.setTimeout(look, remainingMs)
    else if (peer?.awaitsResponse === true) timer = clock.setTimeout(look, windowMs)
    else callback()
  }
  let timer = clock.setTimeout(look, windowMs)
  return () => clock.clearTimeout(timer)
}
