import { OperationError } from '../objects/errors.ts'
import type { Schema } from '../objects/formats/format.ts'
import { prefixOfNames } from '../objects/formats/name-prefix.ts'
import { sendFormat } from '../objects/operations/send.ts'
import type { PathValue } from '../objects/path-value.ts'
import { type CoapMessage, Code } from '../transport/coap/message.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import { decodeSend } from '../transport/lwm2m/uplink.ts'
import { failure, success } from './answers.ts'
import type { Registrations } from './registrations.ts'
import { schemaFor } from './target.ts'

/** What a client sent by itself (LwM2M Core 1.2.2 §6.4.6). */
export interface ReceivedSend {
  /** Endpoint Client Name. */
  readonly endpoint: string
  /** Of the device behind the client that it is about (LwM2M Gateway 1.1 §9). */
  readonly prefix?: string
  /** In the order of the payload, with full paths; all times of a place that has several. */
  readonly values: readonly PathValue[]
  readonly contentFormat: number
}

export interface SendHandling {
  readonly registrations: Registrations
  readonly schema: Schema
  readonly nowMs: number
  readonly onSend: (send: ReceivedSend) => void
}

/**
 * Answers a Send; undefined when the request is none. 4.00 when its sender is not registered, or as LwM2M 1.0, which has
 * no Send, and for values that cannot be read; 4.15 for a format that carries none. Never throws for what a client sent.
 */
export function answerSend(
  request: CoapMessage,
  connection: PeerConnection,
  handling: SendHandling,
): CoapMessage | undefined {
  try {
    const send = decodeSend(request)
    if (send === undefined) return undefined
    const { registrations, schema, nowMs, onSend } = handling
    const registration = registrations.of(connection)
    if (registration === undefined) throw new OperationError('BAD_REQUEST', 'no client is registered from here')
    const { endpoint, version } = registration
    if (version === '1.0') throw new OperationError('BAD_REQUEST', 'LwM2M 1.0 has no Send')
    const format = sendFormat(send.contentFormat, version)
    const prefix = prefixOfNames(format.contentFormat, send.payload)
    const values = format.decode([], send.payload, schemaFor(schema, prefix))
    if (values.length === 0) throw new OperationError('BAD_REQUEST', 'a Send of nothing')
    if (values.some(({ value }) => value === null)) throw new OperationError('BAD_REQUEST', 'a Send removes nothing')
    onSend({
      endpoint,
      ...(prefix === undefined ? {} : { prefix }),
      values: withAbsoluteTimes(values, nowMs / 1_000),
      contentFormat: format.contentFormat,
    })
    return success(Code.changed)
  } catch (error) {
    return failure(error)
  }
}

/** RFC 8428 §4.5.3: a time below this is relative to the arrival. */
const firstAbsoluteSeconds = 2 ** 28

export function withAbsoluteTimes(values: readonly PathValue[], nowSeconds: number): readonly PathValue[] {
  const isRelative = ({ timeSeconds }: PathValue) => timeSeconds !== undefined && timeSeconds < firstAbsoluteSeconds
  if (!values.some(isRelative)) return values
  return values.map(value =>
    isRelative(value) ? { ...value, timeSeconds: nowSeconds + (value.timeSeconds as number) } : value,
  )
}
