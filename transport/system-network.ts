import type { Network } from './connection.ts'
import { tcpNetwork } from './tcp.ts'
import { udpNetwork } from './udp.ts'

/** The network of the machine: UDP, TCP and TLS, over IPv4 and IPv6. */
export const systemNetwork: Network = { ...udpNetwork, streams: tcpNetwork }
