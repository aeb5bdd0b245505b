import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { seededRandom } from '../../transport/random.ts'
import { deviceCommand } from './device-shell.ts'
import { consoleLines } from './fuzzed-console.ts'
import { deviceLifeLines } from './fuzzed-device.ts'
import { LineFuzz } from './fuzzed-lines.ts'
import type { Fuzzed } from './fuzzed-shell.ts'
import { type SimulatedWorld, simulatedWorld } from './simulated-world.ts'
import { serverSite } from './site.ts'
import { startCommand } from './terminal.ts'
import { startShell } from './testing-shell.ts'

const longestLine = 1_048_576

/** Runs a script of so many lines in the testing shell. Rejects with what went wrong. */
export async function fuzzScript(
  seed: number,
  count: number,
  files: readonly string[],
  folder: string,
): Promise<Fuzzed> {
  const fuzz = new LineFuzz(seededRandom(seed), consoleLines(files), files)
  const file = join(folder, 'script.nsh')
  writeFileSync(file, script(fuzz, count))
  const world = simulatedWorld({ seed })
  const isJson = fuzz.below(2) === 0
  const shell = startShell(world, [], ['--script', file, ...(isJson ? ['--json'] : [])])
  const exitCode = await interruptedEnd(world, shell)
  const printed = shell.output.split('\n').slice(0, -1)
  if (shell.errors.length > 0) throw new Error(`on the standard error output: ${shell.errors.join('\n')}`)
  if (isJson) for (const line of printed) JSON.parse(line)
  else if (printed.some(line => line.endsWith('(try "get_error" for details)')) && exitCode !== 1)
    throw new Error(`a command has failed, but the exit code is ${exitCode}`)
  return { lines: count, errors: new Map() }
}

/** Pipes a script of so many lines into the shell of a device. Rejects with what went wrong. */
export async function fuzzPipe(seed: number, count: number, files: readonly string[]): Promise<Fuzzed> {
  const lines = [...deviceLifeLines, ...files.map(file => `objects add ${file}`)]
  const fuzz = new LineFuzz(seededRandom(seed), lines, files)
  const site = await serverSite({ seed })
  const isJson = fuzz.below(2) === 0
  const input = Readable.from([script(fuzz, count)])
  const client = startCommand(site, `${deviceCommand}${isJson ? ' --json' : ''}`, { input })
  await interruptedEnd(site, client)
  if (client.errors.length > 0) throw new Error(`on the standard error output: ${client.errors.join('\n')}`)
  if (isJson) for (const line of client.lines) JSON.parse(line)
  await site.server.close()
  return { lines: count, errors: new Map() }
}

/** Lines, now and then one that is too long, ended in one way or another; or noise. */
function script(fuzz: LineFuzz, count: number): Buffer {
  const lines = Array.from({ length: count }, () => fuzz.line())
  if (fuzz.below(10) === 0) lines.splice(fuzz.below(count), 0, 'x'.repeat(longestLine + 1))
  if (fuzz.below(4) === 0) lines[0] = `\uFEFF${lines[0]}`
  return Buffer.from(
    lines.join(fuzz.pick(['\n', '\n', '\r\n', '\n\n# comment\n'])),
    fuzz.pick(['utf8', 'latin1', 'utf16le']),
  )
}

/** The exit code of a program that gets SIGINT when it takes longer than all its lines should. Rejects where it goes on then. */
async function interruptedEnd(
  { clock }: Pick<SimulatedWorld, 'clock'>,
  program: { readonly exitCode: Promise<number>; interrupt(): void },
): Promise<number> {
  const watch = { isOver: false }
  const finish = () => {
    watch.isOver = true
  }
  program.exitCode.then(finish, finish)
  for (let turn = 0; turn < 20_000 && !watch.isOver; turn++) await clock.advance(turn % 10 === 0 ? 500 : 0)
  program.interrupt()
  for (let turn = 0; turn < 1_000_000 && !watch.isOver; turn++) await clock.advance(100)
  if (!watch.isOver) throw new Error('it hangs')
  return program.exitCode
}
