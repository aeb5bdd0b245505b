import * as fc from 'fast-check'
import { BehaviorSubject, of, Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { NotificationAttributes } from '../../objects/attributes/evaluate.ts'
import { type NotificationCause, notifyAttributes } from '../../streams/notify-attributes.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'

const seconds = fc.option(fc.integer({ min: 0, max: 6 }), { nil: undefined })
const anyAttributes: fc.Arbitrary<NotificationAttributes> = fc.record({ pminSeconds: seconds, pmaxSeconds: seconds })

/** The pmax that counts, in milliseconds; undefined when it is absent, 0 or below pmin. */
function validPmaxMs({ pminSeconds = 0, pmaxSeconds = 0 }: NotificationAttributes): number | undefined {
  return pmaxSeconds > 0 && pmaxSeconds >= pminSeconds ? pmaxSeconds * 1000 : undefined
}

describe('notifyAttributes, properties', () => {
  test('never two notifications closer than pmin, never a silence longer than pmax, no change lost', () => {
    fc.assert(
      fc.property(
        anyAttributes,
        fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 40 }),
        (attributes, gapsMs) => {
          const clock = new SimulatedClock(0)
          const changes$ = new Subject<void>()
          const sentMs = [0]
          const subscription = changes$
            .pipe(notifyAttributes({ attributes$: of(attributes), clock }))
            .subscribe(() => sentMs.push(clock.now()))
          const pminMs = (attributes.pminSeconds ?? 0) * 1000
          const changedMs: number[] = []
          for (const gapMs of gapsMs) {
            clock.advanceSync(gapMs)
            changedMs.push(clock.now())
            changes$.next()
          }
          clock.advanceSync(pminMs)
          subscription.unsubscribe()
          const pmaxMs = validPmaxMs(attributes) ?? Number.POSITIVE_INFINITY
          const silencesMs = [...sentMs, clock.now()].map((atMs, index) => atMs - (sentMs[index - 1] ?? 0)).slice(1)
          expect(silencesMs.slice(0, -1).every(silenceMs => silenceMs >= pminMs)).toBe(true)
          expect(silencesMs.every(silenceMs => silenceMs <= pmaxMs)).toBe(true)
          for (const atMs of changedMs) {
            expect(sentMs.some(sent => sent >= atMs && sent <= atMs + pminMs)).toBe(true)
          }
          if (pmaxMs === Number.POSITIVE_INFINITY) expect(sentMs.length).toBeLessThanOrEqual(changedMs.length + 1)
          expect(clock.pendingTimers).toBe(0)
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })

  test('under attributes that change at any time it sends what a watcher of every quarter of a second would', () => {
    const tickMs = 250
    const anyHappening = fc.record({ tick: fc.integer({ min: 0, max: 120 }), attributes: fc.option(anyAttributes) })
    fc.assert(
      fc.property(anyAttributes, fc.array(anyHappening, { maxLength: 30 }), (initial, happenings) => {
        const clock = new SimulatedClock(0)
        const changes$ = new Subject<void>()
        const attributes$ = new BehaviorSubject(initial)
        const sent: [atMs: number, cause: NotificationCause][] = []
        changes$.pipe(notifyAttributes({ attributes$, clock })).subscribe(cause => sent.push([clock.now(), cause]))

        const expected: [atMs: number, cause: NotificationCause][] = []
        let lastMs = 0
        let changed = false
        const watch = () => {
          const silenceMs = clock.now() - lastMs
          const { pminSeconds = 0 } = attributes$.value
          const pmaxMs = validPmaxMs(attributes$.value)
          if (changed && silenceMs >= pminSeconds * 1000) expected.push([clock.now(), 'changed'])
          else if (!changed && pmaxMs !== undefined && silenceMs >= pmaxMs) expected.push([clock.now(), 'pmax'])
          else return
          lastMs = clock.now()
          changed = false
        }
        for (let tick = 0; tick <= 160; tick++) {
          watch()
          for (const happening of happenings.filter(({ tick: at }) => at === tick)) {
            if (happening.attributes === null) {
              changed = true
              changes$.next()
            } else {
              attributes$.next(happening.attributes)
            }
            watch()
          }
          expect(clock.pendingTimers).toBeLessThanOrEqual(1)
          clock.advanceSync(tickMs)
        }
        expect(sent.filter(([atMs]) => atMs <= 160 * tickMs)).toEqual(expected)
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})
