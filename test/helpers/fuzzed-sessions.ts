import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fuzzConsole } from './fuzzed-console.ts'
import { fuzzDevice } from './fuzzed-device.ts'
import { fuzzPipe, fuzzScript } from './fuzzed-scripts.ts'

const linesEach = 200

/**
 * Types so many fuzzed lines into both shells, session by session, the seed one higher each time; of ten sessions two are
 * scripts. Rejects with the seed of the session that went wrong. Resolves with how many lines were typed, and how many of them
 * brought an error.
 */
export async function fuzzShells(firstSeed: number, count: number): Promise<{ lines: number; errors: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'lwm2m-fuzz-'))
  const total = { lines: 0, errors: 0 }
  try {
    const files = hostileFiles(folder)
    for (let seed = firstSeed; total.lines < count; seed++) {
      const each = Math.min(linesEach, count - total.lines)
      try {
        const { lines, errors } = await session(seed, each, files, folder)
        total.lines += lines
        for (const times of errors.values()) total.errors += times
      } catch (error) {
        throw new Error(`SEED=${seed} LINES=${each}`, { cause: error })
      }
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return total
}

function session(seed: number, count: number, files: readonly string[], folder: string) {
  if (seed % 10 === 8) return fuzzScript(seed, count, files, folder)
  if (seed % 10 === 9) return fuzzPipe(seed, count, files)
  return seed % 2 === 0 ? fuzzDevice(seed, count, files) : fuzzConsole(seed, count, files)
}

/** Names of files that are none of those that a command looks for, or not quite. */
function hostileFiles(folder: string): string[] {
  const place = (name: string) => join(folder, name)
  writeFileSync(place('firmware.bin'), Buffer.alloc(5_000, 'firmware'))
  writeFileSync(place('empty'), '')
  writeFileSync(place('broken.xml'), '<LWM2M><Object ObjectType="MODefinition"><Name>')
  writeFileSync(place('deep.xml'), '<a>'.repeat(50_000))
  mkdirSync(place('folder'))
  execFileSync('mkfifo', [place('pipe')])
  return 'firmware.bin empty broken.xml deep.xml folder pipe missing folder/../empty'
    .split(' ')
    .map(place)
    .concat('/dev/zero', `/${'a'.repeat(5_000)}`)
}
