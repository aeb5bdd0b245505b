import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fileStore } from '../../client/persistence.ts'
import { numberedState, numberOf } from '../helpers/saved-states.ts'
import { type Remains, SimulatedDisk } from '../helpers/simulated-disk.ts'

const path = '/data/state.json'

/** The number of the state on a disk, 0 when nothing was saved yet. Whatever else is there fails the test. */
function numberOn(disk: SimulatedDisk): number {
  const result = fileStore(path, disk).load()
  if (result.kind === 'failed') throw result.error
  return result.kind === 'state' ? numberOf(result.state) : 0
}

async function diskWith(number: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk()
  if (number > 0) await fileStore(path, disk).save(numberedState(number))
  return disk.afterCrash('killed')
}

const fractions = [0, 0.5, 1]
const remains: Remains[] = [
  'killed',
  ...fractions.flatMap(bytesLeft => [0, 1, 2, 3].map(namesLeft => ({ bytesLeft, namesLeft }))),
]
/** remove, create, write, sync, close, rename, syncDirectory, of which each may be the last, and the end. */
const steps = Array.from({ length: 8 }, (_, step) => step)

test.each([0, 1])('a crash at any step of a save leaves the state before or the new one (before: %i)', async before => {
  const found = new Set<number>()
  for (const atStep of steps) {
    for (const fraction of fractions) {
      for (const rest of remains) {
        const disk = await diskWith(before)
        const crash = disk.crashAt(atStep, fraction).then(() => 'crashed')
        const saved = fileStore(path, disk).save(numberedState(2))
        const ended = await Promise.race([crash, saved.then(() => 'saved')])
        expect(ended).toBe(atStep < 7 ? 'crashed' : 'saved')
        const next = disk.afterCrash(rest)
        const number = numberOn(next)
        expect(ended === 'saved' ? [2] : [before, 2]).toContain(number)
        found.add(number)
        // And the next process saves as if nothing had been.
        await fileStore(path, next).save(numberedState(3))
        expect(numberOn(next.afterCrash({ bytesLeft: 0, namesLeft: 0 }))).toBe(3)
        expect([...next.files.keys()]).toEqual([path])
      }
    }
  }
  expect(found).toEqual(new Set([before, 2]))
})

test('after several crashes no state is older than the last that was reported safe', async () => {
  const remainsLeft = fc.oneof(
    fc.constant<Remains>('killed'),
    fc.record({ bytesLeft: fc.double({ min: 0, max: 1, noNaN: true }), namesLeft: fc.nat({ max: 6 }) }),
  )
  const process = fc.record({
    /** States saved in one go; a pause lets the write that is under way finish. */
    saves: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
    atStep: fc.nat({ max: 30 }),
    fraction: fc.double({ min: 0, max: 1, noNaN: true }),
    rest: remainsLeft,
  })
  await fc.assert(
    fc.asyncProperty(fc.array(process, { minLength: 1, maxLength: 5 }), async processes => {
      let disk = new SimulatedDisk()
      let newest = 0
      let safe = 0
      for (const { saves, atStep, fraction, rest } of processes) {
        const number = numberOn(disk)
        expect(number).toBeGreaterThanOrEqual(safe)
        expect(number).toBeLessThanOrEqual(newest)
        safe = number
        const crash = disk.crashAt(atStep, fraction)
        const store = fileStore(path, disk)
        for (const pauses of saves) {
          const own = ++newest
          const saved = store.save(numberedState(own)).then(() => {
            safe = Math.max(safe, own)
          })
          if (pauses) await Promise.race([saved, crash])
        }
        await Promise.race([store.flush(), crash])
        disk = disk.afterCrash(rest)
      }
      expect(numberOn(disk)).toBeGreaterThanOrEqual(safe)
    }),
    { seed: 1, numRuns: 500 },
  )
})
