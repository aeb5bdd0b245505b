import { debounceTime, interval, observeOn, of, Subject, scheduled, take, timer } from 'rxjs'
import { describe, expect, test } from 'vitest'
import { clockScheduler } from '../../streams/scheduler.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'

function simulated() {
  const clock = new SimulatedClock(0)
  return { clock, scheduler: clockScheduler(clock), seen: [] as [number, unknown][] }
}

describe('clockScheduler', () => {
  test('interval ticks in simulated time, with one timer, and leaves none behind', () => {
    const { clock, scheduler, seen } = simulated()
    const subscription = interval(1000, scheduler).subscribe(tick => seen.push([clock.now(), tick]))
    clock.advanceSync(3500)
    expect(seen).toEqual([
      [1000, 0],
      [2000, 1],
      [3000, 2],
    ])
    expect(clock.pendingTimers).toBe(1)
    subscription.unsubscribe()
    expect(clock.pendingTimers).toBe(0)
  })

  test('tells the time of its clock', () => {
    const { clock, scheduler } = simulated()
    clock.advanceSync(1234)
    expect(scheduler.now()).toBe(1234)
  })

  test('debounceTime, which moves its own deadline, emits the newest after the silence', () => {
    const { clock, scheduler, seen } = simulated()
    const source = new Subject<string>()
    source.pipe(debounceTime(1000, scheduler)).subscribe(value => seen.push([clock.now(), value]))
    source.next('old')
    clock.advanceSync(600)
    source.next('new')
    clock.advanceSync(5000)
    expect(seen).toEqual([[1600, 'new']])
    expect(clock.pendingTimers).toBe(0)
  })

  test('work without a delay runs at the present time, but not at once', () => {
    const { clock, scheduler, seen } = simulated()
    scheduled([1, 2], scheduler).subscribe(value => seen.push([clock.now(), value]))
    of(3)
      .pipe(observeOn(scheduler))
      .subscribe(value => seen.push([clock.now(), value]))
    expect(seen).toEqual([])
    clock.advanceSync(0)
    expect(seen.map(([, value]) => value)).toEqual([1, 3, 2])
    expect(seen.every(([atMs]) => atMs === 0)).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  test('an action set anew runs once, at the new time and with the new state; a closed one not at all', () => {
    const { clock, scheduler, seen } = simulated()
    scheduler.schedule<number>(
      function (round) {
        seen.push([clock.now(), round])
        if (round === 1) {
          this.schedule(2, 5000)
          this.schedule(3, 1000)
        } else {
          this.unsubscribe()
          this.schedule(4, 1000)
        }
      },
      500,
      1,
    )
    clock.advanceSync(60_000)
    expect(seen).toEqual([
      [500, 1],
      [1500, 3],
    ])
    expect(clock.pendingTimers).toBe(0)
  })

  test('take ends a timer that repeats', () => {
    const { clock, scheduler, seen } = simulated()
    timer(0, 10, scheduler)
      .pipe(take(3))
      .subscribe(tick => seen.push([clock.now(), tick]))
    clock.advanceSync(1000)
    expect(seen.map(([atMs]) => atMs)).toEqual([0, 10, 20])
    expect(clock.pendingTimers).toBe(0)
  })
})
