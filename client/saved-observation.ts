import { decodeDatagram, encodeDatagram } from '../transport/coap/codec.ts'
import { MessageType } from '../transport/coap/message.ts'
import { afterRestart, type SavedRelation } from '../transport/coap/observe-relation.ts'
import { decodeOperation } from '../transport/lwm2m/downlink.ts'
import { JsonReader } from './json-reader.ts'
import type { ObservationStart } from './observation.ts'
import { observationKey } from './observed.ts'
import type { Report } from './report.ts'
import { decodeReport, encodeReport, type SavedReport } from './saved-report.ts'

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
  /** Whether its registration was over, and it only recorded. */
  readonly isRetired?: boolean
  /** What the server is still to be told. */
  readonly reports?: readonly SavedReport[]
}

export interface RestoredObservation {
  /** See `observationKey`. */
  readonly key: string
  readonly start: ObservationStart
  readonly isRetired: boolean
  readonly reports: readonly Report[]
}

type Saveable = Pick<SavedObservation, 'lastSentMs' | 'confirmedMs'> & {
  readonly isRetired: boolean
  readonly savedRelation: SavedRelation | undefined
}

/** Undefined for an observation without a relation that could go on. */
export function saveObservation(
  { savedRelation, lastSentMs, confirmedMs, isRetired }: Saveable,
  reports: readonly Report[] = [],
): SavedObservation | undefined {
  if (savedRelation === undefined) return undefined
  const { request, token, sequence } = savedRelation
  const { code, options, payload } = request
  const bytes = encodeDatagram({ type: MessageType.confirmable, messageId: 0, code, token, options, payload })
  return {
    request: bytes.toString('base64'),
    sequence,
    lastSentMs,
    confirmedMs,
    ...(isRetired && { isRetired }),
    ...(reports.length > 0 && { reports: reports.map(encodeReport) }),
  }
}

/** Reads what {@link saveObservation} made, of the client or of the device with a prefix; undefined when it is anything else. */
export function restoreObservation(saved: unknown, nowMs: number, prefix?: string): RestoredObservation | undefined {
  try {
    const reader = new JsonReader(saved, 'observation')
    const { token, ...request } = decodeDatagram(Buffer.from(reader.member('request').text(), 'base64'))
    const operation = decodeOperation(request, prefix)
    if (operation.kind !== 'observe' && operation.kind !== 'observeComposite') return undefined
    const sequence = reader.member('sequence').integer(0, 2 ** 24 - 1)
    return {
      key: observationKey(operation, prefix),
      start: {
        operation,
        relation: afterRestart({ request, token, sequence }),
        // The clock may have been set back since.
        lastSentMs: Math.min(reader.member('lastSentMs').number(-Number.MAX_VALUE), nowMs),
        confirmedMs: Math.min(reader.member('confirmedMs').number(-Number.MAX_VALUE), nowMs),
        // Nobody watched meanwhile, and the observer must learn of the state at last (RFC 7641 §1.3).
        pending: true,
      },
      isRetired: reader.member('isRetired').value === true,
      reports: reader.optional('reports', reports => reports.items().map(decodeReport)).reports ?? [],
    }
  } catch {
    // No request, or none for an observation, or not what was saved.
    return undefined
  }
}
