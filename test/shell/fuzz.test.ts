import { expect, test } from 'vitest'
import { fuzzShells } from '../helpers/fuzzed-sessions.ts'

test('fuzzed lines and scripts in both shells: no crash, no hang, no datagram by mistake; test/long has the long run', async () => {
  const { lines, errors } = await fuzzShells(1, 2_000)
  expect(lines).toBe(2_000)
  // Most lines are wrong, and far from all.
  expect(errors).toBeGreaterThan(500)
  expect(errors).toBeLessThan(1_500)
})
