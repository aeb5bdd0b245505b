import type { Connection } from '../connection.ts'
import type { CoapStream } from './coap-stream.ts'

export type PeerConnection = Connection | CoapStream
