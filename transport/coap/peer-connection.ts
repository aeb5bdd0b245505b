import type { Connection } from '../connection.ts'
import type { CoapStream } from './coap-stream.ts'

/** What carries the messages of a peer: datagrams (RFC 7252), or a stream (RFC 8323). */
export type PeerConnection = Connection | CoapStream
