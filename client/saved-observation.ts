import { decodeDatagram, encodeDatagram } from '../transport/coap/codec.ts'
import { MessageType } from '../transport/coap/message.ts'
import { afterRestart, type SavedRelation } from '../transport/coap/observe-relation.ts'
import { decodeOperation } from '../transport/lwm2m/downlink.ts'
import type { ObservationStart } from './observation.ts'

/** An observation that outlives the process, as plain JSON. Times in milliseconds since 1970. */
export interface SavedObservation {
  /**
   * The request that started it as a CoAP message in Base64: its path, Accept and token, and what else the notifications
   * depend on, such as the size of their blocks.
   */
  readonly request: string
  /** The number of the next notification (RFC 7641 §3.4). */
  readonly sequence: number
  readonly lastSentMs: number
  readonly confirmedMs: number
}

export function saveObservation(
  { request, token, sequence }: SavedRelation,
  { lastSentMs, confirmedMs }: { readonly lastSentMs: number; readonly confirmedMs: number },
): SavedObservation {
  const { code, options, payload } = request
  const bytes = encodeDatagram({ type: MessageType.confirmable, messageId: 0, code, token, options, payload })
  return { request: bytes.toString('base64'), sequence, lastSentMs, confirmedMs }
}

/** Reads what {@link saveObservation} made; undefined when it is anything else. */
export function restoreObservation(saved: unknown, nowMs: number): ObservationStart | undefined {
  if (!isSavedObservation(saved)) return undefined
  const { request: text, sequence, lastSentMs, confirmedMs } = saved
  try {
    const { token, ...request } = decodeDatagram(Buffer.from(text, 'base64'))
    const operation = decodeOperation(request)
    if (operation.kind !== 'observe') return undefined
    return {
      operation,
      relation: afterRestart({ request, token, sequence }),
      // The clock may have been set back since.
      lastSentMs: Math.min(lastSentMs, nowMs),
      confirmedMs: Math.min(confirmedMs, nowMs),
      // Nobody watched meanwhile, and the observer must learn of the state at last (RFC 7641 §1.3).
      pending: true,
    }
  } catch {
    // No request, or none for an observation.
    return undefined
  }
}

function isSavedObservation(saved: unknown): saved is SavedObservation {
  if (typeof saved !== 'object' || saved === null) return false
  const { request, sequence, lastSentMs, confirmedMs } = saved as Record<keyof SavedObservation, unknown>
  return (
    typeof request === 'string' &&
    typeof sequence === 'number' &&
    Number.isInteger(sequence) &&
    sequence >= 0 &&
    sequence < 2 ** 24 &&
    Number.isFinite(lastSentMs) &&
    Number.isFinite(confirmedMs)
  )
}
