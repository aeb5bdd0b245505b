/** When to renew a registration. */
export interface UpdateTiming {
  /** Send an Update at least this often, in seconds, however long the lifetime is. */
  readonly updatePeriodSeconds?: number
  /** Send the Update at least this long before the lifetime ends, in seconds. */
  readonly updateEarlySeconds: number
  /** How long a confirmable Update may take with all its retransmissions, in seconds (RFC 7252 §4.8.2). */
  readonly transmitWaitSeconds: number
}

export const defaultUpdateTiming: UpdateTiming = { updateEarlySeconds: 10, transmitWaitSeconds: 93 }

/** Updates of the timer keep this distance, in seconds, so that a tiny lifetime or period floods no server. */
const shortestPeriodSeconds = 15
/** A registration this long, 136 years, is as good as one that never ends; it keeps deadlines exact integers. */
const longestLifetimeSeconds = 2 ** 32 - 1

/**
 * Seconds from a Register or Update to the next Update; undefined when none is due, which takes a lifetime of 0
 * (infinite, LwM2M Core 1.2.2 §E.2) and no update period.
 *
 * The margin before the end of the lifetime is `updateEarlySeconds`, or the transmission time where the lifetime is long
 * enough to afford it: up to a quarter of it, so that a lost Update is retransmitted before the server forgets us.
 * The distance between Updates gives way to a lifetime under 30 s: it never lets the lifetime end.
 */
export function updateDelaySeconds(lifetimeSeconds: number, timing: UpdateTiming): number | undefined {
  const { updatePeriodSeconds, updateEarlySeconds, transmitWaitSeconds } = timing
  if (lifetimeSeconds <= 0) {
    return updatePeriodSeconds === undefined ? undefined : Math.max(updatePeriodSeconds, shortestPeriodSeconds)
  }
  const lifetime = Math.min(Math.max(lifetimeSeconds, 1), longestLifetimeSeconds)
  const margin = Math.min(lifetime, Math.max(updateEarlySeconds, Math.min(transmitWaitSeconds, lifetime / 4)))
  const wanted = Math.min(updatePeriodSeconds ?? lifetime, lifetime - margin)
  return Math.max(wanted, Math.min(shortestPeriodSeconds, lifetime / 2))
}
