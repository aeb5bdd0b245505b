import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'examples-'))
const certs = join(folder, 'certs')

/** What each example prints in the end; those for vitest are run by it, and what others share is no program. */
const programs: Readonly<Record<string, { readonly args?: readonly string[]; readonly prints: RegExp }>> = {
  bootstrap: { prints: /^device: REGISTRATION_COMPLETE\nthe device was told its offset from UTC: \+02:00$/m },
  firmware: {
    prints: /firmware 1\.0, Update Result 1\n(?:.*\n)*.* from byte 100015 on\n(?:.*\n)*.* firmware 2\.0, .* 1\ndone$/m,
  },
  fleet: { prints: /^200 of 200 registered, 0 failures\n(?:.*\n)*200 registered: .*\n200 Updates: .*\ndone$/m },
  inspect: { prints: /^account-1 +window\.over +→ \{"online":"asleep"\}$/m },
  'quick-start': { prints: /^done: \d+ operations, 4 notifications, \d+ bytes$/m },
  reporting: { prints: /^done$/m },
  'sensor-stream': {
    prints: /^It has been from \S+ to \S+ °C; .+\nFrom now on .+\ndone: \d+ changes, \d+ notifications$/m,
  },
  x509: { args: [certs], prints: /that it is urn:dev:os:1\nread over DTLS: 21\.5\nrefused, as it should be: .+/ },
}

describe('the examples', () => {
  beforeAll(() => {
    execFileSync('npm', ['run', '--silent', 'build'])
    execFileSync(process.execPath, ['dist/shell/main.js', 'certs', certs, '--endpoint', 'urn:dev:os:1'])
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('all of them are run', () => {
    const files = readdirSync('examples').flatMap(name => /^(.*)\.ts$/.exec(name)?.[1] ?? [])
    const others = ['model-test', 'server-test', 'wire-log']
    expect(files.toSorted((a, b) => a.localeCompare(b))).toEqual(
      [...Object.keys(programs), ...others].toSorted((a, b) => a.localeCompare(b)),
    )
  })

  test.concurrent.each(Object.entries(programs))('%s', async (name, { args = [], prints }) => {
    const { stdout } = await run(process.execPath, [join('dist', 'examples', `${name}.js`), ...args], {
      timeout: 60_000,
    })
    expect(stdout).toMatch(prints)
  })

  test('those for vitest', async () => {
    await expect(run('npx', ['--no-install', 'vitest', 'run', '--project', 'examples'])).resolves.toBeDefined()
  })
})
