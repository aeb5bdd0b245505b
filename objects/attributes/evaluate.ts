/**
 * The attributes in force for one observation: those of the observed path with what it inherits
 * (LwM2M Core 1.2.2 §7.3.2). Whole seconds, 0 or more; absent: not set anywhere.
 */
export interface NotificationAttributes {
  readonly pminSeconds?: number | undefined
  readonly pmaxSeconds?: number | undefined
}

/** What one observation remembers between two notifications. */
export interface NotificationState {
  /** When the last notification was sent. The response that starts an observation is its first (RFC 7641 §1.2). */
  readonly lastSentMs: number
  /** Whether something worth a notification changed since: a value condition is decided before, per change. */
  readonly pending: boolean
}

/**
 * When the next notification has to be sent, in milliseconds of the same clock as the state: in the past or now
 * means at once, `Infinity` not before something changes.
 */
export function nextNotificationMs(state: NotificationState, attributes: NotificationAttributes): number {
  const pminSeconds = attributes.pminSeconds ?? 0
  // What happens within pmin is held, and sent as soon as pmin ends (LwM2M Core 1.2.2 §7.3.2, pmin).
  if (state.pending) return state.lastSentMs + pminSeconds * 1000
  const pmaxSeconds = attributes.pmaxSeconds ?? 0
  // A pmax of 0 or below pmin is ignored (LwM2M Core 1.2.2 §7.3.2, pmax).
  if (pmaxSeconds === 0 || pmaxSeconds < pminSeconds) return Number.POSITIVE_INFINITY
  return state.lastSentMs + pmaxSeconds * 1000
}
