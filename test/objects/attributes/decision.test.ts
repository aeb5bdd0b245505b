import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Attributes, applyPatch, inForce, parseAttributes } from '../../../objects/attributes/attributes.ts'
import { meetsConditions } from '../../../objects/attributes/conditions.ts'
import { nextNotificationMs } from '../../../objects/attributes/evaluate.ts'
import type { Value } from '../../../objects/value.ts'

/** What is known when a value changes: the last notification was sent at second 0. */
interface Situation {
  readonly attributes: Attributes
  readonly notified: Value | undefined
  readonly before: Value | undefined
  readonly value: Value | undefined
  readonly nowSeconds: number
}

/** `send` now, `hold` until a second, or `drop`; what is dropped is told with the end of pmax, if there is one. */
function decide({ attributes, notified, before, value, nowSeconds }: Situation): string {
  const worth = meetsConditions({ notified, evaluated: before }, value, inForce(attributes))
  const dueSeconds = nextNotificationMs({ lastSentMs: 0, pending: worth }, attributes) / 1_000
  if (dueSeconds <= nowSeconds) return 'send'
  if (worth) return `hold ${dueSeconds}`
  return dueSeconds === Number.POSITIVE_INFINITY ? 'drop' : `drop, pmax ${dueSeconds}`
}

const attributesOf = (text: string): Attributes => (text === '' ? {} : applyPatch({}, parseAttributes(text.split(' '))))

type Row = readonly [
  clause: string,
  attributes: string,
  notified: Value | undefined,
  before: Value | undefined,
  value: Value | undefined,
  nowSeconds: number,
  decision: string,
]

const big = 2n ** 53n

const alone: readonly Row[] = [
  ['RFC 7641 §4.2: without attributes each change', '', 20, 20, 21, 1, 'send'],
  ['RFC 7641 §4.2: a value that is gone', '', 20, 20, undefined, 1, 'send'],
  // pmin: "sent as soon as this period expires"
  ['§7.3.2 pmin: within', 'pmin=10', 20, 20, 21, 9.999, 'hold 10'],
  ['§7.3.2 pmin: at its end', 'pmin=10', 20, 20, 21, 10, 'send'],
  ['§7.3.2 pmin: over', 'pmin=10', 20, 20, 21, 11, 'send'],
  ['§7.3.2 pmin 0: as without', 'pmin=0', 20, 20, 21, 0, 'send'],
  ['§7.3.2 pmin: the largest', 'pmin=4294967295', 20, 20, 21, 1, 'hold 4294967295'],
  // pmax
  ['§7.3.2 pmax: a change does not wait for it', 'pmax=10', 20, 20, 21, 1, 'send'],
  ['§7.3.2 pmax 0: is ignored', 'pmax=0 gt=30', 20, 20, 21, 1, 'drop'],
  // gt: crossed in either direction; equal is below
  ['§7.3.2 gt: upwards', 'gt=25', 20, 24, 26, 1, 'send'],
  ['§7.3.2 gt: downwards', 'gt=25', 26, 26, 24, 1, 'send'],
  ['§7.3.2 gt: up to it is not across', 'gt=25', 20, 24, 25, 1, 'drop'],
  ['§7.3.2 gt: from it upwards is', 'gt=25', 20, 25, 25.5, 1, 'send'],
  ['§7.3.2 gt: back down to it is', 'gt=25', 26, 26, 25, 1, 'send'],
  ['§7.3.2 gt: below it', 'gt=25', 20, 20, 24, 1, 'drop'],
  ['§7.3.2 gt: above it', 'gt=25', 26, 26, 40, 1, 'drop'],
  ['§7.3.2 gt: crossed from the value before, not from the one notified', 'gt=25', 30, 20, 30, 1, 'send'],
  ['§7.3.2 gt: not crossed again from the one notified', 'gt=25', 20, 30, 31, 1, 'drop'],
  ['§7.3.2 gt 0: a change of sign', 'gt=0', -1, -1, 1, 1, 'send'],
  ['§7.3.2 gt 0: to zero', 'gt=0', -1, -1, 0, 1, 'drop'],
  ['§7.3.2 gt, negative', 'gt=-10', -11, -11, -9, 1, 'send'],
  ['§7.3.2 gt, negative: below it', 'gt=-10', -20, -20, -11, 1, 'drop'],
  ['§7.3.2 gt: a value that was never notified', 'gt=25', undefined, undefined, 1, 1, 'send'],
  ['§7.3.2 gt: a value that is gone', 'gt=25', 20, 20, undefined, 1, 'send'],
  ['§7.3.2 gt: a value that is back', 'gt=25', 20, undefined, 20, 1, 'send'],
  // lt
  ['§7.3.2 lt: downwards', 'lt=5', 9, 6, 4, 1, 'send'],
  ['§7.3.2 lt: upwards', 'lt=5', 4, 4, 6, 1, 'send'],
  ['§7.3.2 lt: down to it is not across', 'lt=5', 9, 6, 5, 1, 'drop'],
  ['§7.3.2 lt: from it downwards is', 'lt=5', 9, 5, 4.5, 1, 'send'],
  ['§7.3.2 lt: back up to it is', 'lt=5', 4, 4, 5, 1, 'send'],
  ['§7.3.2 lt: above it', 'lt=5', 9, 9, 6, 1, 'drop'],
  ['§7.3.2 lt: below it', 'lt=5', 4, 4, 1, 1, 'drop'],
  ['§7.3.2 lt 0', 'lt=0', 1, 1, -0.001, 1, 'send'],
  ['§7.3.2 lt 0: negative zero is zero', 'lt=0', 1, 1, -0, 1, 'drop'],
  ['§7.3.2 lt, negative', 'lt=-10', -9, -9, -11, 1, 'send'],
  // st: counts from the value notified
  ['§7.3.2 st: less than a step', 'st=2', 20, 20, 21.9, 1, 'drop'],
  ['§7.3.2 st: a step', 'st=2', 20, 21, 22, 1, 'send'],
  ['§7.3.2 st: a step down', 'st=2', 20, 19, 18, 1, 'send'],
  ['§7.3.2 st: by small changes', 'st=2', 20, 21.9, 22.1, 1, 'send'],
  ['§7.3.2 st: there and back', 'st=2', 20, 25, 21, 1, 'drop'],
  ['§7.3.2 st: over zero', 'st=2', -1, -1, 1, 1, 'send'],
  ['§7.3.2 st 0: each write', 'st=0', 20, 20, 20, 1, 'send'],
  // edge
  ['§7.3.2 edge 1: rising', 'edge=1', false, false, true, 1, 'send'],
  ['§7.3.2 edge 1: falling', 'edge=1', true, true, false, 1, 'drop'],
  ['§7.3.2 edge 1: no edge', 'edge=1', true, true, true, 1, 'drop'],
  ['§7.3.2 edge 1: rises again, though the fall was not told', 'edge=1', true, false, true, 1, 'send'],
  ['§7.3.2 edge 0: falling', 'edge=0', true, true, false, 1, 'send'],
  ['§7.3.2 edge 0: rising', 'edge=0', false, false, true, 1, 'drop'],
  ['§7.3.2 edge 0: falls again, though the rise was not told', 'edge=0', false, true, false, 1, 'send'],
  ['§7.3.2 edge: a value that was never notified', 'edge=1', undefined, undefined, false, 1, 'send'],
  ['§7.3.2 edge: a value that is gone', 'edge=1', true, true, undefined, 1, 'send'],
]

const pairs: readonly Row[] = [
  ['pmin, pmax: a change waits for pmin', 'pmin=5 pmax=9', 1, 1, 2, 1, 'hold 5'],
  ['pmin, pmax: equal', 'pmin=5 pmax=5', 1, 1, 2, 4, 'hold 5'],
  ['pmin, pmax: pmax below pmin is ignored', 'pmin=5 pmax=4 gt=9', 1, 1, 2, 60, 'drop'],
  ['pmin, pmax: pmax not below pmin is not', 'pmin=5 pmax=5 gt=9', 1, 1, 2, 4, 'drop, pmax 5'],
  ['pmin, gt: crossed', 'pmin=5 gt=25', 20, 20, 26, 1, 'hold 5'],
  ['pmin, gt: not crossed', 'pmin=5 gt=25', 20, 20, 24, 60, 'drop'],
  ['pmin, lt: crossed', 'pmin=5 lt=5', 9, 9, 1, 5, 'send'],
  ['pmin, lt: not crossed', 'pmin=5 lt=5', 9, 9, 8, 60, 'drop'],
  ['pmin, st: a step', 'pmin=5 st=2', 20, 20, 22, 4, 'hold 5'],
  ['pmin, st: none', 'pmin=5 st=2', 20, 20, 21, 60, 'drop'],
  ['pmin, edge: the edge', 'pmin=5 edge=1', false, false, true, 1, 'hold 5'],
  ['pmin, edge: the other', 'pmin=5 edge=1', true, true, false, 60, 'drop'],
  ['pmax, gt: not crossed, told with pmax', 'pmax=9 gt=25', 20, 20, 24, 1, 'drop, pmax 9'],
  ['pmax, gt: not crossed, but pmax is over', 'pmax=9 gt=25', 20, 20, 24, 9, 'send'],
  ['pmax, gt: crossed', 'pmax=9 gt=25', 20, 20, 26, 1, 'send'],
  ['pmax, lt: not crossed', 'pmax=9 lt=5', 9, 9, 8, 1, 'drop, pmax 9'],
  ['pmax, st: no step', 'pmax=9 st=2', 20, 20, 21, 1, 'drop, pmax 9'],
  ['pmax, edge: the other', 'pmax=9 edge=0', false, false, true, 1, 'drop, pmax 9'],
  ['gt, lt: above', 'gt=25 lt=5', 20, 20, 26, 1, 'send'],
  ['gt, lt: below', 'gt=25 lt=5', 20, 20, 4, 1, 'send'],
  ['gt, lt: between', 'gt=25 lt=5', 20, 20, 6, 1, 'drop'],
  ['gt, lt: from one side to the other', 'gt=25 lt=5', 26, 26, 4, 1, 'send'],
  ['gt, lt: contradict, so neither counts', 'gt=5 lt=25', 20, 20, 21, 1, 'send'],
  ['gt, lt: equal, so neither counts', 'gt=5 lt=5', 20, 20, 21, 1, 'send'],
  ['gt, st: crossed without a step', 'gt=25 st=10', 24, 24, 26, 1, 'send'],
  ['gt, st: a step without crossing', 'gt=25 st=10', 5, 14, 15, 1, 'send'],
  ['gt, st: neither', 'gt=25 st=10', 5, 5, 14, 1, 'drop'],
  ['gt, st: contradict by nothing without lt', 'gt=1 st=100', 50, 50, 51, 1, 'drop'],
  ['lt, st: crossed without a step', 'lt=5 st=10', 6, 6, 4, 1, 'send'],
  ['lt, st: a step without crossing', 'lt=5 st=10', 6, 6, 16, 1, 'send'],
  ['lt, st: neither', 'lt=5 st=10', 6, 6, 15, 1, 'drop'],
  ['gt, edge: on a boolean gt says nothing', 'gt=25 edge=1', true, true, false, 1, 'drop'],
  ['gt, edge: on a number edge says nothing', 'gt=25 edge=1', 20, 20, 21, 1, 'drop'],
  ['lt, edge: on a boolean lt says nothing', 'lt=5 edge=0', true, true, false, 1, 'send'],
  ['lt, edge: on a number edge says nothing', 'lt=5 edge=0', 6, 6, 4, 1, 'send'],
  ['st, edge: on a boolean st says nothing', 'st=1 edge=0', false, false, true, 1, 'drop'],
  ['st, edge: on a number edge says nothing', 'st=5 edge=0', 6, 6, 7, 1, 'drop'],
]

const several: readonly Row[] = [
  ['lt + 2 × st < gt: in force', 'lt=5 st=5 gt=16', 10, 10, 11, 1, 'drop'],
  ['lt + 2 × st = gt: none counts', 'lt=5 st=5 gt=15', 10, 10, 11, 1, 'send'],
  ['lt + 2 × st > gt: none counts', 'lt=5 st=6 gt=15', 10, 10, 11, 1, 'send'],
  ['lt + 2 × st > gt: pmin does', 'lt=5 st=6 gt=15 pmin=3', 10, 10, 11, 1, 'hold 3'],
  ['lt + 2 × st < gt, negative', 'lt=-15 st=4 gt=-5', -10, -10, -11, 1, 'drop'],
  ['lt + 2 × st = gt, negative', 'lt=-15 st=5 gt=-5', -10, -10, -11, 1, 'send'],
  ['all at 0: gt and lt contradict', 'pmin=0 pmax=0 gt=0 lt=0 st=0', 0, 0, 0, 0, 'send'],
  ['pmin, pmax, st: dropped until pmax', 'pmin=2 pmax=9 st=5', 10, 10, 11, 3, 'drop, pmax 9'],
  ['pmin, pmax, st: pmax is over', 'pmin=2 pmax=9 st=5', 10, 10, 11, 9, 'send'],
]

const types: readonly Row[] = [
  ['integer: gt beyond 2^53', 'gt=9007199254740992', big - 1n, big - 1n, big + 1n, 1, 'send'],
  ['integer: gt beyond 2^53, equal', 'gt=9007199254740992', big - 1n, big - 1n, big, 1, 'drop'],
  ['integer: from a number to a bigint', 'st=2', 9007199254740991, 9007199254740991, big + 1n, 1, 'send'],
  ['integer: from a number to a bigint by less', 'st=3', 9007199254740991, 9007199254740991, big + 1n, 1, 'drop'],
  ['integer: a step of one beyond 2^53', 'st=1', big, big, big + 1n, 1, 'send'],
  ['integer: no step beyond 2^53', 'st=1', big + 1n, big + 1n, big + 1n, 1, 'drop'],
  ['integer: half a step beyond 2^53', 'st=0.5', -big - 2n, -big - 2n, -big - 1n, 1, 'send'],
  ['integer: from the least to the largest', 'st=1', -(2n ** 63n), -(2n ** 63n), 2n ** 63n - 1n, 1, 'send'],
  ['integer: lt between two', 'lt=4.5', 5, 5, 4, 1, 'send'],
  ['unsigned: the largest', 'gt=5', 0, 0, 2n ** 64n - 1n, 1, 'send'],
  ['unsigned: lt 0 is never crossed', 'lt=0', 5, 5, 0, 1, 'drop'],
  ['float: the next number above gt', 'gt=1', 1, 1, 1 + Number.EPSILON, 1, 'send'],
  ['float: the largest', 'st=1', -Number.MAX_VALUE, -Number.MAX_VALUE, Number.MAX_VALUE, 1, 'send'],
  ['time: a step of an hour', 'st=3600', 1_700_000_000, 1_700_000_000, 1_700_003_600, 1, 'send'],
  ['time: less than an hour', 'st=3600', 1_700_000_000, 1_700_000_000, 1_700_003_599, 1, 'drop'],
  ['string: no condition is for it', 'gt=5', 'a', 'a', 'b', 1, 'send'],
  ['opaque: no condition is for it', 'st=5', Buffer.of(1), Buffer.of(1), Buffer.of(2), 1, 'send'],
  ['boolean: only edge is for it', 'gt=5', false, false, true, 1, 'send'],
  ['float: edge is not for it', 'edge=1', 1, 1, 2, 1, 'send'],
]

const tables: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  ['each attribute alone', alone],
  ['pairs', pairs],
  ['several', several],
  ['data types', types],
]

const situationOf = ([, attributes, notified, before, value, nowSeconds]: Row): Situation => {
  return { attributes: attributesOf(attributes), notified, before, value, nowSeconds }
}

for (const [title, rows] of tables) {
  describe(`LwM2M Core 1.2.2 §7.3.2: ${title}`, () => {
    test.each(rows)('%s (%s), %s, %s → %s after %s s: %s', (...row) => {
      expect(decide(situationOf(row))).toBe(row[6])
    })
  })
}

const rows = tables.flatMap(([, table]) => table)

test.each(['con=0', 'con=1', 'hqmax=0', 'hqmax=9', 'epmin=1', 'epmax=0', 'epmax=30'])(
  'LwM2M Core 1.2.2 §7.3.2: %s decides nothing, whatever stands beside it',
  added => {
    for (const row of rows) {
      const situation = situationOf(row)
      const attributes = { ...situation.attributes, ...attributesOf(added) }
      expect([row[0], decide({ ...situation, attributes })]).toEqual([row[0], row[6]])
    }
  },
)

test.each(['epmin=5 epmax=5', 'epmin=5 epmax=4', 'epmin=0 epmax=0'])(
  'LwM2M Core 1.2.2 §7.3.2: an epmax that is not above epmin is not in force (%s)',
  text => {
    const { epminSeconds } = attributesOf(text)
    expect(inForce(attributesOf(text))).toEqual({ epminSeconds })
  },
)

test('property: an integer is judged alike as a number and as a bigint, and as the numbers say', () => {
  const integer = fc.integer({ min: -50, max: 50 })
  const limit = fc.option(integer, { nil: undefined })
  fc.assert(
    fc.property(integer, integer, integer, limit, limit, fc.option(fc.nat(9), { nil: undefined }), (...drawn) => {
      const [notified, evaluated, value, gt, lt, st] = drawn
      const attributes: Attributes = {
        ...(gt === undefined ? {} : { gt }),
        ...(lt === undefined ? {} : { lt }),
        ...(st === undefined ? {} : { st }),
      }
      const expected =
        (gt === undefined && lt === undefined && st === undefined) ||
        (gt !== undefined && evaluated > gt !== value > gt) ||
        (lt !== undefined && evaluated < lt !== value < lt) ||
        (st !== undefined && Math.max(notified, value) - Math.min(notified, value) >= st)
      expect(meetsConditions({ notified, evaluated }, value, attributes)).toBe(expected)
      const former = { notified: BigInt(notified), evaluated: BigInt(evaluated) }
      expect(meetsConditions(former, BigInt(value), attributes)).toBe(expected)
      expect(meetsConditions(former, value, attributes)).toBe(expected)
    }),
    { seed: 1, numRuns: 1_000 },
  )
})
