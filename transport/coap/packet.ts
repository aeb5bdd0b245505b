import type { CoapDatagram } from './message.ts'

/**
 * A message as one end chose it: request, response, Empty or signaling. A stream carries neither type nor message id: there
 * those of a sent packet go unused, and a received one is NON with message id 0.
 */
export type Packet = CoapDatagram

/** What arrived, with its bytes: a message, or what is none and why (RFC 7252 §3, RFC 8323 §3.2). */
export type ReceivedPacket =
  | { readonly kind: 'message'; readonly packet: Packet; readonly bytes: Buffer }
  | { readonly kind: 'malformed'; readonly reason: string; readonly bytes: Buffer }
