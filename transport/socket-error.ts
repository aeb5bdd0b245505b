import type { Address } from './connection.ts'
import { TransportError } from './errors.ts'

/** What the error of a socket means for the address that it is about, in one line. */
export function socketError(error: Error, { host, port }: Address): TransportError {
  const { code } = error as NodeJS.ErrnoException
  const where = `${host} port ${port}`
  if (code === 'EADDRINUSE') {
    return new TransportError('ADDRESS_IN_USE', `${where} is in use by another process`, { cause: error })
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new TransportError('HOST_NOT_FOUND', `the host name "${host}" cannot be resolved`, { cause: error })
  }
  if (code === 'EADDRNOTAVAIL') {
    return new TransportError('NETWORK_UNREACHABLE', `${where} is no address of this machine`, { cause: error })
  }
  if (code === 'EACCES') {
    return new TransportError('NETWORK_UNREACHABLE', `${where} may not be used by this user`, { cause: error })
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    const limit = code === 'EMFILE' ? 'of this process (ulimit -n)' : 'of the machine'
    const message = `no socket is left for ${where}: raise the limit of open files ${limit}`
    return new TransportError('NETWORK_UNREACHABLE', message, { cause: error })
  }
  const reason = code === 'ECONNREFUSED' ? 'nothing listens there' : (code ?? error.message)
  return new TransportError('NETWORK_UNREACHABLE', `${where} cannot be reached (${reason})`, { cause: error })
}
