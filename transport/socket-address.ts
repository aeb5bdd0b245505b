import type { Socket } from 'node:net'
import type { Address } from './connection.ts'

/** Without a host where the socket is gone. */
export function localOf({ localAddress: host = '', localPort: port = 0 }: Socket): Address {
  return { host, port }
}

/** Without a host where the socket is gone. */
export function remoteOf({ remoteAddress: host = '', remotePort: port = 0 }: Socket): Address {
  return { host, port }
}
