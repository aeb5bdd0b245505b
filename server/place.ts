import { CoapStream } from '../transport/coap/coap-stream.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import type { Address } from '../transport/connection.ts'

/** What carries messages: UDP, and DTLS with security, or TCP, and TLS with security. */
export type Transport = 'udp' | 'tcp'

/** Where a client is, and what carries messages from there. */
export interface Place {
  readonly address: Address
  readonly transport: Transport
}

export function transportOf(connection: PeerConnection): Transport {
  return connection instanceof CoapStream ? 'tcp' : 'udp'
}

/** Where a connection leads. */
export function placeOf(connection: PeerConnection): Place {
  return { address: connection.remote, transport: transportOf(connection) }
}
