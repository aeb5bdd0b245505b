import { BehaviorSubject, Subject, startWith, take } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { NotificationAttributes } from '../../objects/attributes/evaluate.ts'
import { parsePath } from '../../objects/path.ts'
import type { Change } from '../../objects/store.ts'
import { type CompositePart, type CompositeState, composite } from '../../streams/composite.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { marbles } from '../helpers/marbles.ts'

const causes = { c: 'changed', p: 'pmax' } as const

const value = (path: string): Change => ({ path: parsePath(path), kind: 'value' })

/** Batches of changes: of the part /3/0, of /4/0, of /5/0, of several. */
const batches = {
  x: [value('/3/0')],
  y: [value('/4/0/1')],
  z: [{ path: [5], kind: 'deleted' as const }],
  a: [value('/3/0/0'), value('/3/0/1'), value('/4/0/0'), value('/5/0/7/1'), value('/5/0/9')],
} satisfies Record<string, Change[]>

/** The periods of /3/0, /4/0 and /5/0. */
function parts(...attributes: readonly NotificationAttributes[]): CompositePart[] {
  return attributes.map((own, index) => ({ path: [3 + index, 0], attributes: own }))
}

const minute = { pminSeconds: 60 }

const marbleCases: readonly {
  readonly title: string
  readonly parts?: string
  readonly values: Record<'p', readonly CompositePart[]> & Record<string, readonly CompositePart[]>
  readonly changes: string
  readonly until: string
  readonly expected: string
  readonly state?: CompositeState
  readonly source?: string
}[] = [
  {
    title: 'without periods one emission a batch, however many parts it touches',
    values: { p: parts({}, {}, {}) },
    changes: ' -x-a-(xyz)-|',
    until: '   ^-----------',
    expected: '-c-c-(ccc)-|',
    source: '  ^----------!',
  },
  {
    title: 'each part waits for its own pmin',
    values: { p: parts({ pminSeconds: 1 }, { pminSeconds: 2 }) },
    changes: ' -x 2s y',
    until: '   ^ 5999ms !',
    expected: '1s c 1999ms c',
  },
  {
    title: 'a part that may be told at once takes along one that waits',
    values: { p: parts(minute, {}) },
    changes: ' -x 998ms y 999ms x',
    until: '   ^ 70s !',
    expected: '1s c 59999ms c',
  },
  {
    title: 'a part with a shorter pmin takes along one with a longer one, and the longer one waits anew',
    values: { p: parts(minute, { pminSeconds: 2 }, {}) },
    changes: ' -x 498ms y 3s x',
    until: '   ^ 70s !',
    expected: '2s c 59999ms c',
  },
  {
    title: 'a batch that touches parts of several pmins waits for the shortest',
    values: { p: parts(minute, { pminSeconds: 3 }, { pminSeconds: 2 }) },
    changes: ' -a',
    until: '   ^ 99s !',
    expected: '2s c',
  },
  {
    title: 'changes of a part that waits already do not move it',
    values: { p: parts({ pminSeconds: 2 }, minute) },
    changes: ' -x 500ms x 500ms x 2s x',
    until: '   ^ 9s !',
    expected: '2s c 1999ms c',
  },
  {
    title: 'the shortest pmax ends a silence, again and again',
    values: { p: parts({ pmaxSeconds: 3 }, { pmaxSeconds: 2 }, {}) },
    changes: ' -',
    until: '   ^ 5s !',
    expected: '2s p 1999ms p',
  },
  {
    title: 'a pmax of 0, or below the pmin of its own part, is ignored; that of another part is none',
    values: { p: parts({ pminSeconds: 5, pmaxSeconds: 1 }, { pmaxSeconds: 0 }, { pminSeconds: 1, pmaxSeconds: 3 }) },
    changes: ' -',
    until: '   ^ 5s !',
    expected: '3s p',
  },
  {
    title: 'the pmax of a part ends the silence though another waits for a longer pmin, and takes it along',
    values: { p: parts(minute, { pmaxSeconds: 2 }) },
    changes: ' 500ms x',
    until: '   ^ 5s !',
    expected: '2s c 1999ms p',
  },
  {
    title: 'new periods take effect at once, on what waits and on the silence',
    parts: '  p 999ms q 3999ms r',
    values: { p: parts(minute, minute), q: parts(minute, { pminSeconds: 3 }), r: parts({ pmaxSeconds: 4 }, {}) },
    changes: ' 500ms y',
    until: '   ^ 8s !',
    // y is due at 3 s; the pmax that is set at 5 s counts from there.
    expected: '3s c 3999ms p',
  },
  {
    title: 'a pmin that becomes shorter than the time that has passed releases at once',
    parts: '  p 1999ms q',
    values: { p: parts(minute, minute), q: parts({ pminSeconds: 1 }, minute) },
    changes: ' 500ms x',
    until: '   ^ 8s !',
    expected: '2s c',
  },
  {
    title: 'goes on with what waits, whichever part it was',
    values: { p: parts(minute, { pminSeconds: 3 }) },
    changes: ' -x',
    until: '   ^ 99s !',
    expected: '3s c',
    state: { lastSentMs: 0, pending: true },
  },
  {
    title: 'goes on with the parts that waited',
    values: { p: parts(minute, { pminSeconds: 3 }) },
    changes: ' -',
    until: '   ^ 99s !',
    expected: '60s c',
    state: { lastSentMs: 0, pending: true, changedParts: new Set([0]) },
  },
  {
    title: 'what is overdue is emitted on subscription',
    values: { p: parts({ pmaxSeconds: 3 }, { pminSeconds: 5 }) },
    changes: ' -',
    until: '   ^ 2s !',
    expected: 'p',
    state: { lastSentMs: -4_000, pending: false },
  },
  {
    title: 'the end of the changes ends it and drops what is held',
    values: { p: parts(minute, {}) },
    changes: ' --x---|',
    until: '   ^------',
    expected: '------|',
    source: '  ^-----!',
  },
  {
    title: 'an error of the changes ends it',
    values: { p: parts({}, minute) },
    changes: ' --x-y-#',
    until: '   ^------',
    expected: '--c---#',
    source: '  ^-----!',
  },
]

describe('composite', () => {
  test.each(marbleCases)(
    '$title',
    ({ parts: marble = 'p', values, changes, until, expected, state, source = until }) => {
      marbles(({ cold, hot, clock, expectObservable, expectSubscriptions }) => {
        const changes$ = hot(changes, batches)
        const parts$ = cold(marble, values)
        const copy = state && { ...state }
        // The present parts come with the subscription.
        const present$ = parts$.pipe(startWith(values.p))
        const causes$ = changes$.pipe(composite({ parts$: present$, clock, ...(copy && { state: copy }) }))
        expectObservable(causes$, until).toBe(expected, causes)
        expectSubscriptions(changes$.subscriptions).toBe(source)
        expectSubscriptions(parts$.subscriptions).toBe(source)
      })
    },
  )
})

function observed(...attributes: readonly NotificationAttributes[]) {
  const clock = new SimulatedClock(0)
  const changes$ = new Subject<readonly Change[]>()
  const parts$ = new BehaviorSubject<readonly CompositePart[]>(parts(...attributes))
  const state: CompositeState = { lastSentMs: 0, pending: false }
  const sent: string[] = []
  const causes$ = changes$.pipe(composite({ parts$, clock, state }))
  const subscribe = () => causes$.subscribe(cause => sent.push(`${clock.now() / 1000} ${cause}`))
  return { clock, changes$, parts$, state, sent, causes$, subscribe }
}

describe('composite on a clock', () => {
  test('has one timer for all parts, and none after unsubscribing', () => {
    const { clock, changes$, parts$, subscribe } = observed({ ...minute, pmaxSeconds: 90 }, { pminSeconds: 30 })
    const subscription = subscribe()
    expect(clock.pendingTimers).toBe(1)
    for (const batch of [batches.x, batches.y, batches.x, batches.z]) changes$.next(batch)
    expect(clock.pendingTimers).toBe(1)
    subscription.unsubscribe()
    expect([clock.pendingTimers, parts$.observed, changes$.observed]).toEqual([0, false, false])
  })

  test('another subscription goes on with the parts that wait, and forgets those that were told', () => {
    const { clock, changes$, sent, subscribe } = observed(minute, { pminSeconds: 10 })
    const first = subscribe()
    changes$.next(batches.x)
    clock.advanceSync(20_000)
    first.unsubscribe()
    const second = subscribe()
    clock.advanceSync(20_000)
    expect(sent).toEqual([])
    changes$.next(batches.y)
    expect(sent).toEqual(['40 changed'])
    second.unsubscribe()
    subscribe()
    changes$.next(batches.x)
    clock.advanceSync(59_000)
    expect(sent).toHaveLength(1)
    clock.advanceSync(1_000)
    expect(sent).toEqual(['40 changed', '100 changed'])
  })

  test('goes on when its owner has told what waited by another way', () => {
    const { clock, changes$, state, sent, subscribe } = observed({ pminSeconds: 10 }, minute)
    subscribe()
    changes$.next(batches.x)
    clock.advanceSync(5_000)
    state.pending = false
    state.lastSentMs = clock.now()
    changes$.next(batches.x)
    clock.advanceSync(9_000)
    expect(sent).toEqual([])
    clock.advanceSync(60_000)
    expect(sent).toEqual(['15 changed'])
    changes$.next(batches.y)
    clock.advanceSync(60_000)
    expect(sent).toEqual(['15 changed', '75 changed'])
  })

  test('a change during the emission is the next to be told, by the pmin of its part', () => {
    const { clock, changes$, causes$ } = observed({}, { pminSeconds: 5 })
    const sentAt: number[] = []
    causes$.subscribe(() => {
      sentAt.push(clock.now())
      if (sentAt.length === 1) changes$.next(batches.y)
    })
    changes$.next(batches.x)
    clock.advanceSync(60_000)
    expect(sentAt).toEqual([0, 5_000])
  })

  test('a subscriber that leaves at the first emission leaves no timer', () => {
    const { clock, changes$, parts$, causes$ } = observed({ pmaxSeconds: 5 }, {})
    const sent: string[] = []
    causes$.pipe(take(1)).subscribe(cause => sent.push(cause))
    changes$.next(batches.a)
    expect([sent, clock.pendingTimers, parts$.observed, changes$.observed]).toEqual([['changed'], 0, false, false])
  })
})
