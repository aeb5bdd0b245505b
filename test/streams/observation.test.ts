import { BehaviorSubject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { NotificationAttributes } from '../../objects/attributes/evaluate.ts'
import type { Path } from '../../objects/path.ts'
import type { Change } from '../../objects/store.ts'
import { changes$ } from '../../streams/changes.ts'
import { observation } from '../../streams/observation.ts'
import { PathRouter } from '../../streams/route.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { FakeChangeSource } from '../helpers/change-source.ts'
import { marbles } from '../helpers/marbles.ts'

const temperature: Path = [3303, 0, 5700]

describe('observation', () => {
  test('notifies what concerns its path, by its attributes, and holds its sources no longer than it lives', () => {
    marbles(({ hot, cold, clock, expectObservable, expectSubscriptions }) => {
      const batches: Record<string, Change[]> = {
        t: [{ path: temperature, kind: 'value' }],
        o: [{ path: [3, 0, 9], kind: 'value' }],
        d: [{ path: [3303, 0], kind: 'deleted' }],
      }
      const store$ = hot('        -t-o-t 1494ms o 999ms d', batches)
      const attributes$ = cold('  a', { a: { pminSeconds: 1, pmaxSeconds: 4 } })
      const router = new PathRouter(store$)
      const causes$ = observation({ paths: [temperature], router, attributes$, clock })
      expectObservable(causes$, ' ^ 6999ms !').toBe('1s c 1499ms c 3999ms p', { c: 'changed', p: 'pmax' })
      expectSubscriptions(store$.subscriptions).toBe('     ^ 6999ms !')
      expectSubscriptions(attributes$.subscriptions).toBe('^ 6999ms !')
    })
  })

  test('one transaction below it is one notification; several observations each keep their own time', () => {
    const clock = new SimulatedClock(0)
    const store = new FakeChangeSource()
    const router = new PathRouter(changes$(store))
    const sent: string[] = []
    const observe = (path: Path, attributes: NotificationAttributes) =>
      observation({ paths: [path], router, attributes$: new BehaviorSubject(attributes), clock }).subscribe(cause =>
        sent.push(`${clock.now() / 1000}s /${path.join('/')} ${cause}`),
      )
    const subscriptions = [
      observe([3303], {}),
      observe([3303, 0], { pminSeconds: 2 }),
      observe(temperature, { pmaxSeconds: 3 }),
      observe([3, 0], { pmaxSeconds: 4 }),
    ]
    expect(store.listeners).toBe(1)
    clock.advanceSync(1000)
    store.write(temperature, [3303, 0, 5601], [3303, 0, 5602])
    clock.advanceSync(3500)
    expect(sent).toEqual([
      '1s /3303 changed',
      '1s /3303/0/5700 changed',
      '2s /3303/0 changed',
      '4s /3/0 pmax',
      '4s /3303/0/5700 pmax',
    ])
    for (const subscription of subscriptions) subscription.unsubscribe()
    expect([clock.pendingTimers, router.size, store.listeners]).toEqual([0, 0, 0])
  })
})
