import { afterAll, expect, test } from 'vitest'
import { fuzzShells } from '../helpers/fuzzed-sessions.ts'

/**
 * Lines and scripts that nobody should type, in both shells. Whatever comes, the shell goes on, each error is one line that names
 * the argument or the command, and nothing is sent but what a command says.
 *
 * `LINES=5000 npm run test:long -- shell-fuzz` types other than 100,000, `SEED=7` begins with another seed than 1: a failure
 * names the seed and the number of lines that repeat it.
 */
const { SEED = '1', LINES = '100000' } = process.env
const total = { lines: 0, errors: 0 }

test(`${LINES} lines`, async () => {
  Object.assign(total, await fuzzShells(Number(SEED), Number(LINES)))
  expect(total.lines).toBe(Number(LINES))
})

afterAll(() => {
  console.log(`${total.lines} lines from SEED=${SEED}, ${total.errors} errors`)
})
