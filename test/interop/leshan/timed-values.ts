import type { TestContext } from 'vitest'
import type { Lwm2mClient } from '../../../index.ts'
import type { TimeSeriesEntry } from '../../../objects/index.ts'
import { systemClock } from '../../../transport/index.ts'
import type { LeshanTimedNode } from './model.ts'

/** A value and when it was written: between two looks at the client's clock, seconds since 1970. */
export interface Written {
  readonly path: string
  readonly value: number
  readonly fromSeconds: number
  readonly toSeconds: number
}

/** What came to Leshan in one message. */
interface TimedMessage {
  readonly timed: readonly LeshanTimedNode[]
}

interface TimedValue {
  readonly path: string
  readonly value: unknown
  readonly timeSeconds: number
}

/** A payload tells times to 0.1 µs, and of today a double can tell 0.24 µs apart. */
const precisionSeconds = 1e-6

export function write({ objects }: Lwm2mClient, path: string, value: number): Written {
  const fromSeconds = nowSeconds()
  objects.set(path, value)
  return { path, value, fromSeconds, toSeconds: nowSeconds() }
}

/** The entries of a time series, whose times are known. */
export function writtenIn(path: string, entries: readonly TimeSeriesEntry[]): Written[] {
  return entries.map(({ value, timeSeconds }) => ({
    path,
    value: Number(value),
    fromSeconds: timeSeconds,
    toSeconds: timeSeconds,
  }))
}

/** How many values some messages carry. */
export function countValues(messages: readonly TimedMessage[]): number {
  return messages.flatMap(timedValues).length
}

/** That the messages tell all that was written and nothing else, in order, each at its time. */
export function expectWritten(
  { expect }: TestContext,
  messages: readonly TimedMessage[],
  written: readonly Written[],
): void {
  const received = messages.flatMap(timedValues)
  expect(received.map(({ path, value }) => [path, value])).toEqual(written.map(({ path, value }) => [path, value]))
  for (const [index, { fromSeconds, toSeconds }] of written.entries()) {
    const { timeSeconds } = received[index] as TimedValue
    expect(timeSeconds).toBeGreaterThanOrEqual(fromSeconds - precisionSeconds)
    expect(timeSeconds).toBeLessThanOrEqual(toSeconds + precisionSeconds)
  }
}

/** Oldest first: Leshan sorts them, those of a single observation the other way round. */
function timedValues({ timed }: TimedMessage): TimedValue[] {
  const values = timed.flatMap(({ time, val }) =>
    Object.entries(val).map(([path, value]) => ({ path, value, timeSeconds: secondsOf(time) })),
  )
  return values.sort((a, b) => a.timeSeconds - b.timeSeconds)
}

/** Of `2026-11-22T05:25:49.1234567Z`, to the last digit. */
function secondsOf(time: string | null): number {
  const [whole = '', fraction = '0'] = time?.replace('Z', '').split('.') ?? []
  return Date.parse(`${whole}Z`) / 1_000 + Number(`0.${fraction}`)
}

function nowSeconds(): number {
  return systemClock.now() / 1_000
}
