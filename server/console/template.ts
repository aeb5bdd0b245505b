import type { CoapOption, MessageType } from '../../transport/coap/message.ts'

/** Of a message that is sent: chosen when it is. Of one that is expected: equal to everything. */
export const ANY = Symbol('ANY')
export type Any = typeof ANY

/** A message as somebody at a console asks for it, or expects it. */
export interface MessageTemplate {
  readonly type: MessageType
  /** As in `CoapMessage`. */
  readonly code: number
  readonly messageId: number | Any
  readonly token: Uint8Array | Any
  readonly options: readonly CoapOption[] | Any
  readonly payload: Uint8Array | Any
}
