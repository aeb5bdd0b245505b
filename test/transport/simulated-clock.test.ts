import { expect, test } from 'vitest'
import { SimulatedClock } from '../../transport/simulated-clock.ts'

test('timers fire in order of their due time, then of their setting, each at its own time', () => {
  const clock = new SimulatedClock(0)
  const fired: string[] = []
  const note = (name: string) => () => fired.push(`${name}@${clock.now()}`)
  clock.setTimeout(note('late'), 30)
  clock.setTimeout(note('first'), 10)
  clock.setTimeout(note('second'), 10)
  clock.setTimeout(() => clock.setTimeout(note('chained'), 5), 10)
  clock.advanceSync(30)
  expect(fired).toEqual(['first@10', 'second@10', 'chained@15', 'late@30'])
  expect(clock.now()).toBe(30)
  expect(clock.pendingTimers).toBe(0)
})

test('a cleared timer never fires and is not pending', () => {
  const clock = new SimulatedClock(0)
  const timer = clock.setTimeout(() => expect.unreachable(), 10)
  clock.clearTimeout(timer)
  clock.clearTimeout(timer)
  expect(clock.pendingTimers).toBe(0)
  clock.advanceSync(100)
})

test('until() advances to the timer that settles the promise and no further', async () => {
  const clock = new SimulatedClock(0)
  const settled = new Promise<string>(resolve => clock.setTimeout(() => resolve('done'), 500))
  clock.setTimeout(() => expect.unreachable(), 501)
  expect(await clock.until(settled)).toBe('done')
  expect(clock.now()).toBe(500)
})

test('until() tells when nothing can settle the promise any more', async () => {
  const clock = new SimulatedClock(0)
  await expect(clock.until(new Promise(() => {}))).rejects.toThrow('no timer is left')
})

test('many timers stay cheap: 100,000 in reverse order', () => {
  const clock = new SimulatedClock(0)
  let last = 0
  for (let delay = 100_000; delay > 0; delay--) {
    clock.setTimeout(() => {
      expect(clock.now() === last + 1).toBe(true)
      last = clock.now()
    }, delay)
  }
  clock.advanceSync(100_000)
  expect(last).toBe(100_000)
})
