import { Code, isRequest, isResponse, MessageType } from '../../transport/coap/message.ts'
import { findUint, OptionNumber } from '../../transport/coap/options.ts'
import type { Packet } from '../../transport/coap/packet.ts'

/** Whether a peer owes an answer to a packet: a confirmable one, over a stream only where it is a request or a Ping. */
export function awaitsAnswer({ type, code }: Packet, isStream: boolean): boolean {
  if (type !== MessageType.confirmable) return false
  return !isStream || isRequest(code) || code === Code.ping
}

/**
 * Whether a packet is what its sender was waiting for: of a request the response (RFC 7252 §5.3.2, RFC 8323 §5.4), of anything
 * else the acknowledgement. A Reset always is. An empty acknowledgement of a request is not: its response comes separately.
 */
export function isAnswer(sent: Packet, received: Packet, isStream: boolean): boolean {
  const { type, code } = received
  if (isStream) {
    const isExpected = sent.code === Code.ping ? code === Code.pong : isResponse(code)
    return isExpected && isSameToken(sent, received) && !isOtherNotification(sent, received)
  }
  if (type === MessageType.reset) return received.messageId === sent.messageId
  if (!isRequest(sent.code)) return type === MessageType.acknowledgement && received.messageId === sent.messageId
  if (!isResponse(code) || !isSameToken(sent, received)) return false
  // Tokens, unlike message ids, may be chosen to be the same: none at all, or that of an observation.
  if (type === MessageType.acknowledgement) return received.messageId === sent.messageId
  return !isOtherNotification(sent, received)
}

function isSameToken(sent: Packet, received: Packet): boolean {
  return Buffer.compare(sent.token, received.token) === 0
}

/** A notification of the observation that the request ends, or has its token for another reason (RFC 7641 §3.6). */
function isOtherNotification(sent: Packet, received: Packet): boolean {
  const isNotification = findUint(received, OptionNumber.observe) !== undefined
  return isNotification && findUint(sent, OptionNumber.observe) !== 0
}
