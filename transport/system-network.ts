import { udpNetwork } from './udp.ts'

/** Stub. */
export const systemNetwork = udpNetwork
