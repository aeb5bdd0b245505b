import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { backgroundClock, systemClock } from '../../transport/clock.ts'

const longestNodeWaitMs = 2 ** 31 - 1

describe('the clock of the machine, over a fake of the timers of Node', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  for (const delayMs of [0, 1, longestNodeWaitMs, longestNodeWaitMs + 1, 5 * longestNodeWaitMs, 86_400_000 * 365]) {
    test(`a wait of ${delayMs} ms ends when it is over, once`, () => {
      let fired = 0
      systemClock.setTimeout(() => fired++, delayMs)
      vi.advanceTimersByTime(Math.max(0, delayMs - 1))
      expect(fired).toBe(delayMs === 0 ? 1 : 0)
      vi.advanceTimersByTime(1)
      expect(fired).toBe(1)
      vi.advanceTimersByTime(longestNodeWaitMs)
      expect(fired).toBe(1)
      expect(vi.getTimerCount()).toBe(0)
    })
  }

  test('no single timer is longer than Node can wait', () => {
    const setTimeoutOfNode = vi.spyOn(globalThis, 'setTimeout')
    systemClock.setTimeout(() => undefined, 3 * longestNodeWaitMs)
    vi.advanceTimersByTime(3 * longestNodeWaitMs)
    const delays = setTimeoutOfNode.mock.calls.map(([, delayMs]) => delayMs)
    expect(delays).toEqual([longestNodeWaitMs, longestNodeWaitMs, longestNodeWaitMs])
  })

  test('a wait can be cleared in each of its parts, and clearing it again or nothing is fine', () => {
    for (const parts of [0, 1, 2]) {
      let fired = 0
      const timer = systemClock.setTimeout(() => fired++, 3 * longestNodeWaitMs)
      vi.advanceTimersByTime(parts * longestNodeWaitMs)
      systemClock.clearTimeout(timer)
      systemClock.clearTimeout(timer)
      systemClock.clearTimeout(undefined)
      vi.advanceTimersByTime(4 * longestNodeWaitMs)
      expect(fired).toBe(0)
      expect(vi.getTimerCount()).toBe(0)
    }
  })

  test('an endless wait never ends', () => {
    let fired = 0
    const timer = systemClock.setTimeout(() => fired++, Number.POSITIVE_INFINITY)
    vi.advanceTimersByTime(10 * longestNodeWaitMs)
    expect(fired).toBe(0)
    systemClock.clearTimeout(timer)
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('time is milliseconds since 1970 and does not follow a change of the wall clock', () => {
  const wallClock = vi.spyOn(Date, 'now').mockReturnValue(0)
  const before = systemClock.now()
  expect(before).toBeGreaterThan(1_700_000_000_000)
  expect(systemClock.now()).toBeGreaterThanOrEqual(before)
  wallClock.mockRestore()
})

describe('the clock for what goes on beside', () => {
  test('its timers do not keep the process alive, those of the other do', () => {
    for (const [clock, keepsAlive] of [
      [backgroundClock, false],
      [systemClock, true],
    ] as const) {
      const timer = clock.setTimeout(() => undefined, 60_000)
      expect((timer as NodeJS.Timeout).hasRef()).toBe(keepsAlive)
      clock.clearTimeout(timer)
    }
  })

  test('a wait that Node cannot wait does not end at once', () => {
    vi.useFakeTimers()
    let fired = 0
    backgroundClock.setTimeout(() => fired++, 2 * longestNodeWaitMs)
    vi.advanceTimersByTime(longestNodeWaitMs - 1)
    expect(fired).toBe(0)
    vi.useRealTimers()
  })
})
