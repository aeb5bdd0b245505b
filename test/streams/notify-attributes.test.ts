import { BehaviorSubject, concat, NEVER, of, Subject, take } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { NotificationAttributes } from '../../objects/attributes/evaluate.ts'
import { type NotificationCause, notifyAttributes } from '../../streams/notify-attributes.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { marbles } from '../helpers/marbles.ts'

const causes = { c: 'changed', p: 'pmax' } as const

const marbleCases: readonly {
  readonly title: string
  readonly attributes: string
  readonly values?: Record<string, NotificationAttributes>
  readonly changes: string
  readonly until: string
  readonly expected: string
  readonly source: string
}[] = [
  {
    title: 'without attributes each change is notified at once',
    attributes: '(a|)',
    values: { a: {} },
    changes: '  -x-x---x-|',
    until: '    ^---------',
    expected: ' -c-c---c-|',
    source: '   ^--------!',
  },
  {
    title: 'pmin holds what comes too early, however much, and sends it once when pmin ends',
    attributes: '(a|)',
    values: { a: { pminSeconds: 1 } },
    changes: '  --x-x 1495ms x 1999ms x',
    until: '    ^ 3999ms !',
    expected: ' 1s c 999ms c 1499ms c',
    source: '   ^ 3999ms !',
  },
  {
    title: 'pmax ends a silence, again and again',
    attributes: '(a|)',
    values: { a: { pmaxSeconds: 2 } },
    changes: '  2500ms x',
    until: '    ^ 6999ms !',
    expected: ' 2s p 499ms c 1999ms p 1999ms p',
    source: '   ^ 6999ms !',
  },
  {
    title: 'pmin equal to pmax is strictly periodic',
    attributes: '(a|)',
    values: { a: { pminSeconds: 1, pmaxSeconds: 1 } },
    changes: '  1200ms x x x',
    until: '    ^ 3499ms !',
    expected: ' 1s p 999ms c 999ms p',
    source: '   ^ 3499ms !',
  },
  {
    title: 'a pmax below pmin is ignored',
    attributes: '(a|)',
    values: { a: { pminSeconds: 3, pmaxSeconds: 1 } },
    changes: '  500ms x',
    until: '    ^ 9999ms !',
    expected: ' 3s c',
    source: '   ^ 9999ms !',
  },
  {
    title: 'new attributes take effect at once and keep the time of the last notification',
    attributes: 'a 2499ms b 999ms c',
    values: { a: { pmaxSeconds: 60 }, b: { pmaxSeconds: 2 }, c: { pmaxSeconds: 3 } },
    changes: '  --',
    until: '    ^ 5999ms !',
    expected: ' 2500ms p 2999ms p',
    source: '   ^ 5999ms !',
  },
  {
    title: 'a shorter pmin releases a held change, a longer one holds it longer',
    attributes: 'a 1499ms b 499ms c',
    values: { a: { pminSeconds: 60 }, b: { pminSeconds: 1 }, c: { pminSeconds: 4 } },
    changes: '  1s x 1s x',
    until: '    ^ 9999ms !',
    expected: ' 1500ms c 3999ms c',
    source: '   ^ 9999ms !',
  },
  {
    title: 'the end of the changes ends it and drops what is held',
    attributes: '(a|)',
    values: { a: { pminSeconds: 1 } },
    changes: '  --x---|',
    until: '    ^------',
    expected: ' ------|',
    source: '   ^-----!',
  },
  {
    title: 'an error of the changes ends it',
    attributes: '(a|)',
    values: { a: { pmaxSeconds: 1 } },
    changes: '  --x---#',
    until: '    ^------',
    expected: ' --c---#',
    source: '   ^-----!',
  },
  {
    title: 'an error of the attributes ends it',
    attributes: 'a--#',
    values: { a: { pmaxSeconds: 1 } },
    changes: '  --x---',
    until: '    ^------',
    expected: ' --c#',
    source: '   ^--!',
  },
]

describe('notifyAttributes', () => {
  test.each(marbleCases)('$title', ({ attributes, values, changes, until, expected, source }) => {
    marbles(({ cold, hot, clock, expectObservable, expectSubscriptions }) => {
      const changes$ = hot(changes)
      const attributes$ = cold(attributes, values)
      expectObservable(changes$.pipe(notifyAttributes({ attributes$, clock })), until).toBe(expected, causes)
      expectSubscriptions(changes$.subscriptions).toBe(source)
      expectSubscriptions(attributes$.subscriptions).toBe(attributes.includes('|') ? '(^!)' : source)
    })
  })
})

function observed(attributes: NotificationAttributes) {
  const clock = new SimulatedClock(0)
  const changes$ = new Subject<void>()
  const attributes$ = new BehaviorSubject(attributes)
  const sent: [seconds: number, cause: NotificationCause][] = []
  const causes$ = changes$.pipe(notifyAttributes({ attributes$, clock }))
  const subscribe = () => causes$.subscribe(cause => sent.push([clock.now() / 1000, cause]))
  return { clock, changes$, attributes$, causes$, sent, subscribe }
}

describe('notifyAttributes on a clock', () => {
  test('the notification after pmin carries the newest value', () => {
    const { clock, changes$, causes$ } = observed({ pminSeconds: 10 })
    let value = 0
    const values: number[] = []
    causes$.subscribe(() => values.push(value))
    for (value = 1; value < 8; value++) {
      changes$.next()
      clock.advanceSync(1000)
    }
    clock.advanceSync(60_000)
    expect(values).toEqual([8])
  })

  test('has no timer while nothing is due, one while a change is held or pmax runs, none after unsubscribing', () => {
    const { clock, changes$, attributes$, sent, subscribe } = observed({ pminSeconds: 5 })
    const subscription = subscribe()
    expect(clock.pendingTimers).toBe(0)
    changes$.next()
    changes$.next()
    expect(clock.pendingTimers).toBe(1)
    attributes$.next({ pminSeconds: 6, pmaxSeconds: 60 })
    expect(clock.pendingTimers).toBe(1)
    clock.advanceSync(6000)
    expect(sent).toEqual([[6, 'changed']])
    expect(clock.pendingTimers).toBe(1)
    attributes$.next({ pminSeconds: 6 })
    expect(clock.pendingTimers).toBe(0)
    attributes$.next({ pmaxSeconds: 60 })
    expect(clock.pendingTimers).toBe(1)
    subscription.unsubscribe()
    expect(clock.pendingTimers).toBe(0)
    expect(attributes$.observed || changes$.observed).toBe(false)
  })

  test('changes that pass do not move the timer of pmax, and pmax still counts from the last of them', () => {
    const { clock, changes$, sent, subscribe } = observed({ pmaxSeconds: 10 })
    subscribe()
    for (let second = 1; second <= 9; second++) {
      clock.advanceSync(1000)
      changes$.next()
    }
    clock.advanceSync(9999)
    expect(sent.at(-1)).toEqual([9, 'changed'])
    clock.advanceSync(1)
    expect(sent.at(-1)).toEqual([19, 'pmax'])
    expect(sent).toHaveLength(10)
  })

  test('attributes that change nothing for the held change leave its time', () => {
    const { clock, changes$, attributes$, sent, subscribe } = observed({ pminSeconds: 10 })
    subscribe()
    changes$.next()
    clock.advanceSync(4000)
    attributes$.next({ pminSeconds: 10, pmaxSeconds: 20 })
    clock.advanceSync(30_000)
    expect(sent).toEqual([
      [10, 'changed'],
      [30, 'pmax'],
    ])
  })

  test('attributes stay in force when their stream completes', () => {
    const { clock, attributes$, sent, subscribe } = observed({ pmaxSeconds: 10 })
    subscribe()
    attributes$.complete()
    clock.advanceSync(25_000)
    expect(sent.map(([seconds]) => seconds)).toEqual([10, 20])
  })

  test('a change during the notification is the next to be notified', () => {
    const { clock, changes$, causes$ } = observed({ pminSeconds: 1 })
    const sentAt: number[] = []
    causes$.subscribe(() => {
      sentAt.push(clock.now())
      if (sentAt.length < 3) changes$.next()
    })
    changes$.next()
    clock.advanceSync(60_000)
    expect(sentAt).toEqual([1000, 2000, 3000])
  })

  test('continues from the last notification of an earlier run', () => {
    const clock = new SimulatedClock(100_000)
    const sent: [number, NotificationCause][] = []
    const attributes$ = of({ pminSeconds: 30, pmaxSeconds: 60 })
    const resume = (lastSentMs: number) =>
      NEVER.pipe(notifyAttributes({ attributes$, clock, state: { lastSentMs, pending: false } })).subscribe(cause =>
        sent.push([clock.now(), cause]),
      )
    resume(80_000)
    resume(10_000)
    expect(sent).toEqual([[100_000, 'pmax']])
    clock.advanceSync(40_000)
    expect(sent.at(-1)).toEqual([140_000, 'pmax'])
  })

  test('counts from the response to the Observe, which is sent when it is subscribed', () => {
    const clock = new SimulatedClock(100_000)
    const changes$ = new BehaviorSubject('changed before')
    const sentAt: number[] = []
    changes$
      .pipe(notifyAttributes({ attributes$: of({ pminSeconds: 30 }), clock }))
      .subscribe(() => sentAt.push(clock.now()))
    clock.advanceSync(60_000)
    expect(sentAt).toEqual([130_000])
  })

  test('a subscriber that leaves at the first notification leaves no timer', () => {
    const clock = new SimulatedClock()
    const attributes$ = concat(of({ pmaxSeconds: 1 }, { pmaxSeconds: 60 }), NEVER)
    const sent: NotificationCause[] = []
    const changes$ = new BehaviorSubject(undefined)
    changes$
      .pipe(notifyAttributes({ attributes$, clock, state: { lastSentMs: 0, pending: false } }), take(1))
      .subscribe(cause => sent.push(cause))
    expect(sent).toEqual(['pmax'])
    expect(clock.pendingTimers).toBe(0)
    expect(changes$.observed).toBe(false)
  })

  test('an error of either source ends it and clears the timer', () => {
    const errors: unknown[] = []
    for (const failing of ['changes$', 'attributes$'] as const) {
      const { clock, causes$, ...sources } = observed({ pmaxSeconds: 10 })
      causes$.subscribe({ error: error => errors.push(error) })
      expect(clock.pendingTimers).toBe(1)
      sources[failing].error(`${failing} broken`)
      expect(clock.pendingTimers).toBe(0)
      expect(sources.changes$.observed || sources.attributes$.observed).toBe(false)
    }
    expect(errors).toEqual(['changes$ broken', 'attributes$ broken'])
  })
})
