import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'

/**
 * A `describe` of tests against programs of others. Where a program is not installed the suite says so in one line and skips;
 * under `CI=true` it fails instead, so that a green run proves that the tests ran.
 */
export function describePeer(name: string, programs: readonly string[], install: string, suite: () => void): void {
  const missing = programs.filter(program => !isInstalled(program))
  if (missing.length === 0) {
    describe(name, suite)
    return
  }
  const reason = `${name}: ${missing.join(', ')} not found (${install})`
  if (process.env['CI'] === 'true') throw new Error(reason)
  process.stderr.write(`skipped ${reason}\n`)
  describe.skip(name, suite)
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
