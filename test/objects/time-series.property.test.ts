import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { deliver, integer, seriesAt, setUp, undelivered } from './time-series-setting.ts'

/** All entries ever made, what each reader has of them, and the numbers of those that were lost. */
class Model {
  readonly entries: { number: number; value: number }[] = []
  readonly received = new Map<number, number[]>()
  readonly readers = new Set<number>()
  dropped = 0
  readonly capacity: number
  readonly dropsOldest: boolean
  #made = 0

  constructor(capacity: number, dropsOldest: boolean) {
    this.capacity = capacity
    this.dropsOldest = dropsOldest
  }

  write(value: number): void {
    if (this.entries.length === this.capacity) {
      this.dropped++
      if (!this.dropsOldest) return
      this.entries.shift()
    }
    this.entries.push({ number: this.#made++, value })
  }

  of(reader: number) {
    const had = this.received.get(reader) ?? []
    return this.entries.filter(({ number }) => !had.includes(number))
  }

  deliver(reader: number, count: number): void {
    const got = this.of(reader).slice(0, count)
    this.received.set(reader, [...(this.received.get(reader) ?? []), ...got.map(({ number }) => number)])
    if (this.readers.size > 0) this.release()
    else this.entries.splice(0, this.entries.findIndex(entry => entry === got.at(-1)) + 1)
  }

  leave(reader: number): void {
    if (this.readers.delete(reader) && this.readers.size > 0) this.release()
  }

  release(): void {
    while (this.entries[0] !== undefined && [...this.readers].every(reader => this.#has(reader))) this.entries.shift()
  }

  #has(reader: number): boolean {
    return this.received.get(reader)?.includes((this.entries[0] as { number: number }).number) === true
  }
}

const readerId = fc.integer({ min: 1, max: 3 })
const step = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    values: fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 4 }),
  }),
  fc.record({
    kind: fc.constant('fail' as const),
    values: fc.array(fc.integer({ min: -100, max: 100 }), { maxLength: 9 }),
  }),
  fc.record({ kind: fc.constant('deliver' as const), reader: readerId, count: fc.nat({ max: 6 }) }),
  fc.record({ kind: fc.constant('join' as const), reader: readerId }),
  fc.record({ kind: fc.constant('leave' as const), reader: readerId }),
)

test('a series is what a plain list of all entries says, whatever is written, undone, delivered, joined and left', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.boolean(),
      fc.array(step, { maxLength: 40 }),
      (capacity, drops, steps) => {
        const { objects, store } = setUp()
        objects.cache(integer, { capacity, whenFull: drops ? 'dropOldest' : 'dropNewest' })
        const series = seriesAt(store)
        const model = new Model(capacity, drops)
        for (const action of steps) {
          switch (action.kind) {
            case 'write':
              objects.batch(() => {
                for (const value of action.values) objects.set(integer, value)
              })
              for (const value of action.values) model.write(value)
              break
            case 'fail':
              expect(() =>
                objects.batch(() => {
                  for (const value of action.values) objects.set(integer, value)
                  throw new Error('stop')
                }),
              ).toThrow('stop')
              break
            case 'deliver':
              deliver(series, action.reader, Math.min(action.count, series.countFrom(series.positionOf(action.reader))))
              model.deliver(action.reader, action.count)
              break
            case 'join':
              if (!model.readers.has(action.reader)) series.join(action.reader)
              model.readers.add(action.reader)
              break
            default:
              if (model.readers.has(action.reader)) series.leave(action.reader)
              model.leave(action.reader)
          }
          expect([series.save().map(({ value }) => value), series.dropped]).toEqual([
            model.entries.map(({ value }) => value),
            model.dropped,
          ])
          for (const reader of [1, 2, 3]) {
            expect(undelivered(series, reader)).toEqual(model.of(reader).map(({ value }) => value))
          }
        }
      },
    ),
    { seed: 5, numRuns: 500 },
  )
})
