import { describe, expect, test } from 'vitest'
import type { Sample } from '../../objects/attributes/tracked-values.ts'
import { type Path, parsePath } from '../../objects/path.ts'
import type { PathValue } from '../../objects/path-value.ts'
import { type SampledPlace, sample } from '../../streams/sample.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { marbles } from '../helpers/marbles.ts'

/** A place at `path` that reads 1, 2, 3 … */
function counting(path: string, periodMs: number): SampledPlace {
  let count = 0
  return { periodMs, read: () => [{ path: parsePath(path), value: ++count }] }
}

const sampled = (path: string, value: number): Sample => ({ path: parsePath(path), kind: 'value', sampled: value })

describe('sample', () => {
  test('reads each period, the first time one period after the subscription', () => {
    marbles(({ clock, expectObservable }) => {
      const places = [counting('/3/0/9', 1_000)]
      expectObservable(sample(places, clock), '--^ 3500ms !').toBe('1002ms a 999ms b 999ms c', {
        a: [sampled('/3/0/9', 1)],
        b: [sampled('/3/0/9', 2)],
        c: [sampled('/3/0/9', 3)],
      })
    })
  })

  test('several places that are due together are one emission', () => {
    marbles(({ clock, expectObservable }) => {
      const places = [counting('/3/0/9', 1_000), counting('/3/0/7', 2_000), counting('/4/0/2', 2_500)]
      expectObservable(sample(places, clock), '^ 2600ms !').toBe('1s a 999ms b 499ms c', {
        a: [sampled('/3/0/9', 1)],
        b: [sampled('/3/0/9', 2), sampled('/3/0/7', 1)],
        c: [sampled('/4/0/2', 1)],
      })
    })
  })

  test('the periods count from the time that is given, so that often subscribing anew does not put off a sample', () => {
    marbles(({ clock, expectObservable }) => {
      const place = counting('/3/0/9', 1_000)
      const value = (count: number) => ({ v: [sampled('/3/0/9', count)] })
      expectObservable(sample([place], clock, 0), '^ 699ms !').toBe('')
      expectObservable(sample([place], clock, 0), '700ms ^ 699ms !').toBe('1s v', value(1))
      expectObservable(sample([place], clock, 0), '1400ms ^ 699ms !').toBe('2s v', value(2))
      expectObservable(sample([place], clock, -250), '2750ms ^ 1100ms !').toBe('3750ms v', value(3))
    })
  })

  test('no places: nothing, and no end', () => {
    marbles(({ clock, expectObservable }) => {
      expectObservable(sample([], clock)).toBe('')
    })
  })

  test('a value that is missing, or null, is a sample of nothing', () => {
    marbles(({ clock, expectObservable }) => {
      const read = (): PathValue[] => [{ path: [3, 0, 9] }, { path: [3, 0, 7], value: null }]
      expectObservable(sample([{ periodMs: 1_000, read }], clock), '^ 1500ms !').toBe('1s n', {
        n: [
          { path: [3, 0, 9], kind: 'value', sampled: undefined },
          { path: [3, 0, 7], kind: 'value', sampled: undefined },
        ],
      })
    })
  })

  test('a read that throws skips its sample, and none of the others', () => {
    marbles(({ clock, expectObservable }) => {
      let reads = 0
      const read = (): PathValue[] => {
        if (++reads === 1) throw new Error('the sensor is busy')
        return [{ path: [3, 0, 9], value: reads }]
      }
      expectObservable(sample([{ periodMs: 1_000, read }, counting('/3/0/7', 1_000)], clock), '^ 2500ms !').toBe(
        '1s a 999ms b',
        { a: [sampled('/3/0/7', 1)], b: [sampled('/3/0/9', 2), sampled('/3/0/7', 2)] },
      )
    })
  })
})

function site(...places: readonly SampledPlace[]) {
  const clock = new SimulatedClock(0)
  const seen: string[] = []
  const subscription = sample(places, clock).subscribe(samples => {
    seen.push(`${clock.now() / 1000} ${samples.map(({ sampled: value }) => JSON.stringify(value)).join(' ')}`)
  })
  return { clock, seen, subscription }
}

/** A place whose reads last so long. */
function slow(clock: () => SimulatedClock, periodMs: number, lastsMs: number, path: Path = [3, 0, 9]) {
  const reads = { begun: 0 }
  const read = () => {
    const value = ++reads.begun
    return new Promise<PathValue[]>(resolve => clock().setTimeout(() => resolve([{ path, value }]), lastsMs))
  }
  return { reads, place: { periodMs, read } }
}

describe('sample on a clock', () => {
  test('a read that lasts longer than its period is not begun again before it has ended, and holds up no other', async () => {
    const { reads, place } = slow(() => clock, 1_000, 2_500)
    const { clock, seen, subscription } = site(place, counting('/3/0/7', 2_000))
    await clock.advance(7_900)
    // Begun at 1, ended at 3.5, begun at 4, ended at 6.5, begun at 7.
    expect(seen).toEqual(['2 1', '3.5 1', '4 2', '6 3', '6.5 2'])
    expect(reads.begun).toBe(3)
    subscription.unsubscribe()
  })

  test('a read that rejects is begun again in the next period', async () => {
    let reads = 0
    const read = () =>
      ++reads < 3 ? Promise.reject(new Error('busy')) : Promise.resolve([{ path: [3], value: reads }])
    const { clock, seen, subscription } = site({ periodMs: 1_000, read })
    await clock.advance(3_500)
    expect(seen).toEqual(['3 3'])
    subscription.unsubscribe()
  })

  test('several places have one timer, and none is left after unsubscribing', () => {
    const { clock, seen, subscription } = site(
      counting('/3/0/9', 1_000),
      counting('/3/0/7', 300),
      counting('/4', 5_000),
    )
    expect(clock.pendingTimers).toBe(1)
    clock.advanceSync(1_000)
    expect(clock.pendingTimers).toBe(1)
    subscription.unsubscribe()
    expect(clock.pendingTimers).toBe(0)
    clock.advanceSync(10_000)
    expect(seen).toEqual(['0.3 1', '0.6 2', '0.9 3', '1 1'])
  })

  test('a read that ends after unsubscribing is not told', async () => {
    const { place } = slow(() => clock, 1_000, 500)
    const { clock, seen, subscription } = site(place)
    await clock.advance(1_200)
    subscription.unsubscribe()
    await clock.advance(5_000)
    expect([seen, clock.pendingTimers]).toEqual([[], 0])
  })

  test('whoever leaves at a sample leaves no timer', () => {
    const clock = new SimulatedClock(0)
    const subscription = sample([counting('/3/0/9', 1_000)], clock).subscribe(() => subscription.unsubscribe())
    clock.advanceSync(1_000)
    expect(clock.pendingTimers).toBe(0)
  })

  test('a clock that jumps over many periods gives one sample, and the next is due as ever', () => {
    const clock = new SimulatedClock(0)
    const seen: number[] = []
    const leaps = {
      now: () => clock.now() + leapMs,
      setTimeout: clock.setTimeout.bind(clock),
      clearTimeout: clock.clearTimeout.bind(clock),
    }
    let leapMs = 0
    const subscription = sample([counting('/3/0/9', 1_000)], leaps).subscribe(() => seen.push(leaps.now()))
    leapMs = 1_000_000_300
    clock.advanceSync(1_000)
    clock.advanceSync(700)
    expect(seen).toEqual([1_000_001_300, 1_000_002_000])
    subscription.unsubscribe()
  })

  test('a hundred and fifty thousand places', () => {
    const clock = new SimulatedClock(0)
    const place = counting('/3/0/9', 1_000)
    let seen = 0
    const subscription = sample(
      Array.from({ length: 150_000 }, () => place),
      clock,
    ).subscribe(samples => {
      seen += samples.length
    })
    clock.advanceSync(1_000)
    expect(seen).toBe(150_000)
    subscription.unsubscribe()
  })
})
