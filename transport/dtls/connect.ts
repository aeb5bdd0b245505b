import type { Connection } from '../connection.ts'
import { closedError, TransportError } from '../errors.ts'
import { formatAddress } from '../uri.ts'
import { Association } from './association.ts'
import { ClientHandshake } from './client-handshake.ts'
import { DtlsConnection, type SleepingDtls } from './dtls-connection.ts'
import type { DtlsClientOptions } from './parameters.ts'

/**
 * Begins a session over a connection to a server, which belongs to it from then on: closed when the handshake fails, too.
 * `signal` gives it up. Rejects with TransportError HANDSHAKE (`alertCode`: the alert that ended it), TIMEOUT,
 * NETWORK_UNREACHABLE, or CLOSED when it was given up.
 */
export function connectDtls(
  connection: Connection,
  options: DtlsClientOptions,
  signal?: AbortSignal,
): Promise<DtlsConnection> {
  const { random, connectionIdLength } = options
  const connectionId = connectionIdLength === undefined ? undefined : random.bytes(connectionIdLength)
  return new Promise((resolve, reject) => {
    let opened: DtlsConnection | undefined
    const fail = (error: TransportError) => {
      signal?.removeEventListener('abort', abort)
      connection.close()
      reject(error)
    }
    const abort = () => {
      association.close()
      fail(closedError())
    }
    const association: Association = new Association(
      connection,
      { ...options, role: 'client', peerName: formatAddress(connection.remote) },
      {
        established: result => {
          signal?.removeEventListener('abort', abort)
          opened = new DtlsConnection(association, result, connection)
          association.listen(opened)
          resolve(opened)
        },
        deliver: () => {},
        ended: fail,
      },
    )
    connection.receive({
      datagram: bytes => association.receive(bytes),
      failed: error => {
        if (opened !== undefined) {
          opened.failed(error)
        } else if (!association.isOver) {
          association.close()
          fail(error)
        }
      },
    })
    if (signal?.aborted === true) return abort()
    signal?.addEventListener('abort', abort)
    association.begin(
      output => new ClientHandshake(options, output, connectionId),
      handshake => handshake.start(),
    )
  })
}

/**
 * Goes on with a session that was detached, over another connection and without a handshake: the server knows it by its
 * Connection ID (RFC 9146).
 */
export function wakeDtls({ association, established }: SleepingDtls, connection: Connection): DtlsConnection {
  const opened = new DtlsConnection(association, established, connection)
  association.attach(connection)
  association.listen(opened)
  connection.receive({
    datagram: bytes => association.receive(bytes),
    failed: error => opened.failed(error),
  })
  return opened
}
