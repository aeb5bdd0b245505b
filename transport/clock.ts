/** A running timer of a {@link Clock}; opaque to its users. */
export type Timer = unknown

/** The only source of time in the engine. XState takes it as its clock, too. All times are milliseconds. */
export interface Clock {
  /** Milliseconds since 1970; never goes backwards. */
  now(): number
  /** Calls `callback` once after `delayMs`; any finite delay works, longer than 2^31−1 ms too. */
  setTimeout(callback: () => void, delayMs: number): Timer
  clearTimeout(timer: Timer): void
}

const longestWaitMs = 2 ** 31 - 1

/** A wait too long for one Node timer, which would fire at once beyond 2^31−1 ms. */
class LongWait {
  handle: NodeJS.Timeout | undefined

  start(callback: () => void, remainingMs: number): void {
    const stepMs = Math.min(remainingMs, longestWaitMs)
    this.handle = setTimeout(() => {
      if (remainingMs > stepMs) this.start(callback, remainingMs - stepMs)
      else callback()
    }, stepMs)
  }
}

const startedMs = performance.timeOrigin

/** The clock of the machine, monotonic: a change of the wall clock moves no deadline. */
export const systemClock: Clock = {
  now: () => startedMs + performance.now(),
  setTimeout(callback, delayMs) {
    if (delayMs <= longestWaitMs) return setTimeout(callback, delayMs)
    const wait = new LongWait()
    wait.start(callback, delayMs)
    return wait
  },
  clearTimeout(timer) {
    if (timer instanceof LongWait) clearTimeout(timer.handle)
    else clearTimeout(timer as NodeJS.Timeout | undefined)
  },
}

/** The clock of the machine for what goes on beside: its timers, of 2^31−1 ms at most, do not keep the process alive. */
export const backgroundClock: Clock = {
  ...systemClock,
  setTimeout: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, longestWaitMs)).unref(),
}
