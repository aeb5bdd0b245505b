import type { Address } from './connection.ts'
import { TransportError } from './errors.ts'
import { socketError } from './socket-error.ts'

/** With these the peer is gone, and not the network. */
const losses: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

/** Whether the error of a socket says that its peer is gone. */
export function isLoss(error: Error): boolean {
  return losses.has((error as NodeJS.ErrnoException).code)
}

export function closedByPeer(cause?: Error): TransportError {
  return new TransportError('CLOSED', 'the peer has closed the connection', { cause })
}

/** What the error of a TCP socket means that was connected to `remote`. */
export function streamError(error: Error, remote: Address): TransportError {
  return isLoss(error) ? closedByPeer(error) : socketError(error, remote)
}
