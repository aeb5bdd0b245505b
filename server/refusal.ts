import { type CoapMessage, isSuccess } from '../transport/coap/message.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import { type Place, placeOf } from './place.ts'

/** A request of a client, or of a stranger, that was answered with an error. */
export interface Refusal extends Place {
  /** Who has asked, where there is security. */
  readonly identity?: string
  readonly request: CoapMessage
  /** The CoAP code byte of the answer, for example 0x83 for 4.03. */
  readonly responseCode: number
  /** As the answer has it. */
  readonly reason: string
}

/** Undefined where the answer is no error. */
export function refusalOf(request: CoapMessage, answer: CoapMessage, connection: PeerConnection): Refusal | undefined {
  if (isSuccess(answer.code)) return undefined
  const { identity } = connection
  return {
    ...placeOf(connection),
    ...(identity === undefined ? {} : { identity }),
    request,
    responseCode: answer.code,
    reason: Buffer.from(answer.payload).toString('utf8'),
  }
}
