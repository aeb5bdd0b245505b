import { describe, expect, test } from 'vitest'
import { type Random, seededRandom, systemRandom } from '../../transport/random.ts'

/** Mean and extremes of many draws. */
function drawn(draw: () => number, count = 20_000) {
  const values = Array.from({ length: count }, draw)
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / count,
    smallest: values.reduce((a, b) => Math.min(a, b)),
    largest: values.reduce((a, b) => Math.max(a, b)),
    different: new Set(values).size,
  }
}

const sources: [name: string, random: Random][] = [
  ['systemRandom', systemRandom],
  ['seededRandom', seededRandom(1)],
]

for (const [name, random] of sources) {
  describe(name, () => {
    test('fractions are uniform in [0, 1)', () => {
      const { mean, smallest, largest } = drawn(() => random.fraction())
      expect(mean).toBeCloseTo(0.5, 1)
      expect(smallest).toBeGreaterThanOrEqual(0)
      expect(smallest).toBeLessThan(0.01)
      expect(largest).toBeLessThan(1)
      expect(largest).toBeGreaterThan(0.99)
    })

    test('32-bit numbers use all their bits', () => {
      const { mean, largest, different } = drawn(() => random.uint32())
      expect(mean / 2 ** 32).toBeCloseTo(0.5, 1)
      expect(largest).toBeGreaterThan(0.99 * 2 ** 32)
      expect(different).toBeGreaterThan(19_900)
    })

    test('bytes of any length, below, at and above the pool, each its own', () => {
      for (const length of [0, 1, 8, 4_095, 4_096, 4_097, 10_000, 3]) {
        const [a, b] = [random.bytes(length), random.bytes(length)]
        expect([a.length, b.length]).toEqual([length, length])
        if (length > 4) expect(a.equals(b)).toBe(false)
      }
      const kept = random.bytes(16)
      const copy = Buffer.from(kept)
      for (let count = 0; count < 2_000; count++) random.bytes(16)
      expect(kept.equals(copy)).toBe(true)
    })

    test('no bytes are given out twice across the end of the pool', () => {
      const seen = new Set<string>()
      for (let count = 0; count < 5_000; count++)
        seen.add(
          random
            .bytes(7 + (count % 5))
            .toString('hex')
            .slice(0, 14),
        )
      expect(seen.size).toBe(5_000)
    })
  })
}

test('a seed gives one sequence, another seed another', () => {
  const take = (seed: number) => {
    const random = seededRandom(seed)
    return [random.uint32(), random.fraction(), random.bytes(4).toString('hex'), random.uint32()]
  }
  expect(take(5)).toEqual(take(5))
  expect(take(5)).not.toEqual(take(6))
  expect(take(0)).not.toEqual(take(1))
})
