import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { fileStore } from '../../client/persistence.ts'
import { seededRandom } from '../../transport/random.ts'
import { numberedState, numberOf } from '../helpers/saved-states.ts'

const folder = mkdtempSync(join(tmpdir(), 'lwm2m-kill-'))
afterAll(() => rmSync(folder, { recursive: true }))
const writer = fileURLToPath(new URL('./state-writer.ts', import.meta.url))
const random = seededRandom(4)

/** Runs the writer, kills it some time after its first save, and returns the numbers it printed. */
async function killedRun(path: string): Promise<{ found: number; safe: number }> {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  const first = new Promise<void>(resolve => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('safe')) resolve()
    })
  })
  const closed = once(child, 'close')
  await Promise.race([first, closed])
  await sleep(random.fraction() * 60)
  child.kill('SIGKILL')
  const [, signal] = (await closed) as [number | null, string | null]
  expect(signal, output).toBe('SIGKILL')
  const numbers = (word: string) =>
    [...output.matchAll(new RegExp(`${word} (\\d+)\n`, 'g'))].map(match => Number(match[1]))
  return { found: numbers('found')[0] as number, safe: Math.max(...numbers('safe')) }
}

test('kill -9 at 40 moments: the next start has the last state that was safe, or a newer one', async () => {
  const path = join(folder, 'state')
  let loaded = 0
  let left = 0
  let saves = 0
  for (let run = 0; run < 40; run++) {
    const { found, safe } = await killedRun(path)
    expect(found).toBe(loaded)
    if (readdirSync(folder).includes('state.tmp')) left++
    const result = fileStore(path).load()
    if (result.kind !== 'state') throw new Error(`run ${run}: ${result.kind}`)
    loaded = numberOf(result.state)
    saves += loaded - found
    expect(loaded).toBeGreaterThanOrEqual(safe)
    expect(result.state).toEqual(numberedState(loaded, (loaded * 7919) % 60_000))
  }
  console.log(`${saves} states, ${left} of 40 kills in the middle of a write`)
  expect(left).toBeGreaterThan(0)
  expect(readdirSync(folder).filter(name => name.includes('damaged'))).toEqual([])
})
