import { TransportError, type TransportErrorCode } from '../../transport/errors.ts'
import { DownloadError, type DownloadErrorCode } from '../download-error.ts'

/** What of the transport ends a download; anything else is a loss of the connection, and may pass. */
const codes: ReadonlyMap<TransportErrorCode, DownloadErrorCode> = new Map<TransportErrorCode, DownloadErrorCode>([
  ['INVALID_URI', 'INVALID_URI'],
  ['INVALID_SECURITY', 'INVALID_SECURITY'],
  ['NOT_SUPPORTED', 'INVALID_SECURITY'],
  ['HANDSHAKE', 'HANDSHAKE'],
  ['BLOCKWISE', 'INVALID_RESPONSE'],
])

/** Why an attempt failed. Throws what is no failure of one. */
export function downloadFailure(error: unknown): DownloadError {
  if (error instanceof DownloadError) return error
  if (!(error instanceof TransportError)) throw error
  const { message } = error
  const code = codes.get(error.code)
  if (code !== undefined) return new DownloadError(code, message, { cause: error })
  const lost = error.code === 'HOST_NOT_FOUND' ? 'HOST_NOT_FOUND' : 'CONNECTION_LOST'
  return new DownloadError(lost, message, { cause: error, isTransient: true })
}
