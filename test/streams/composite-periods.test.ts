import { BehaviorSubject, Subject } from 'rxjs'
import { expect, test } from 'vitest'
import type { Path } from '../../objects/path.ts'
import type { Change } from '../../objects/store.ts'
import { type CompositePart, composite } from '../../streams/composite.ts'
import type { ReportingState } from '../../streams/notify-attributes.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'

const [fast, slow]: Path[] = [
  [3303, 0, 5700],
  [3303, 0, 5601],
]

function site(parts: readonly CompositePart[]) {
  const clock = new SimulatedClock(0)
  const state: ReportingState = { lastSentMs: 0, pending: false }
  const changes = new Subject<readonly Change[]>()
  const sent: string[] = []
  const parts$ = new BehaviorSubject(parts)
  const subscription = changes
    .pipe(composite({ clock, state, parts$ }))
    .subscribe(cause => sent.push(`${clock.now() / 1000}s ${cause}`))
  const change = (path: Path | undefined) => changes.next([{ path: path as Path, kind: 'value' }])
  return { clock, state, change, sent, subscription }
}

test('a change that its pmin holds does not hold the pmax of another part, and goes along', () => {
  const { clock, change, sent, subscription } = site([
    { path: fast as Path, attributes: { pmaxSeconds: 10 } },
    { path: slow as Path, attributes: { pminSeconds: 60 } },
  ])
  clock.advanceSync(1000)
  change(slow)
  clock.advanceSync(20_000)
  expect(sent).toEqual(['10s changed', '20s pmax'])
  subscription.unsubscribe()
  expect(clock.pendingTimers).toBe(0)
})

test('what its owner has told by itself does not hide the next change of the same part', () => {
  const { clock, state, change, sent, subscription } = site([
    { path: fast as Path, attributes: {} },
    { path: slow as Path, attributes: { pminSeconds: 60 } },
  ])
  change(slow)
  clock.advanceSync(1000)
  state.lastSentMs = clock.now()
  state.pending = false
  clock.advanceSync(70_000)
  expect(sent).toEqual([])
  change(slow)
  expect(sent).toEqual(['71s changed'])
  subscription.unsubscribe()
  expect(clock.pendingTimers).toBe(0)
})
