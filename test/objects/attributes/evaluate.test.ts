import { describe, expect, test } from 'vitest'
import { type NotificationAttributes, nextNotificationMs } from '../../../objects/attributes/evaluate.ts'

const never = Number.POSITIVE_INFINITY
const lastSentMs = 50_000

interface Case {
  readonly clause: string
  readonly attributes: NotificationAttributes
  /** When the notification is due after the last one, in seconds: with a change pending, and in silence. */
  readonly changedSeconds: number
  readonly silentSeconds: number
}

const cases: readonly Case[] = [
  {
    clause: 'no attribute: each change at once, silence stays silent',
    attributes: {},
    changedSeconds: 0,
    silentSeconds: never,
  },
  {
    clause: 'pmin: a change is held until pmin ends',
    attributes: { pminSeconds: 5 },
    changedSeconds: 5,
    silentSeconds: never,
  },
  { clause: 'pmin 0: as without', attributes: { pminSeconds: 0 }, changedSeconds: 0, silentSeconds: never },
  { clause: 'pmax: silence ends with pmax', attributes: { pmaxSeconds: 9 }, changedSeconds: 0, silentSeconds: 9 },
  { clause: 'pmax 0: as without', attributes: { pmaxSeconds: 0 }, changedSeconds: 0, silentSeconds: never },
  {
    clause: 'pmin 0 and pmax 0: as without either',
    attributes: { pminSeconds: 0, pmaxSeconds: 0 },
    changedSeconds: 0,
    silentSeconds: never,
  },
  {
    clause: 'pmin below pmax: both',
    attributes: { pminSeconds: 5, pmaxSeconds: 9 },
    changedSeconds: 5,
    silentSeconds: 9,
  },
  {
    clause: 'pmin equal to pmax: strictly periodic',
    attributes: { pminSeconds: 5, pmaxSeconds: 5 },
    changedSeconds: 5,
    silentSeconds: 5,
  },
  {
    clause: 'pmax below pmin: pmax is ignored',
    attributes: { pminSeconds: 5, pmaxSeconds: 4 },
    changedSeconds: 5,
    silentSeconds: never,
  },
  {
    clause: 'periods of centuries stay exact',
    attributes: { pminSeconds: 2 ** 32, pmaxSeconds: 2 ** 33 },
    changedSeconds: 2 ** 32,
    silentSeconds: 2 ** 33,
  },
]

describe('LwM2M Core 1.2.2 §5.1.2: when the next notification is due', () => {
  test.each(cases)('$clause', ({ attributes, changedSeconds, silentSeconds }) => {
    expect(nextNotificationMs({ lastSentMs, pending: true }, attributes)).toBe(lastSentMs + changedSeconds * 1000)
    expect(nextNotificationMs({ lastSentMs, pending: false }, attributes)).toBe(lastSentMs + silentSeconds * 1000)
  })
})
