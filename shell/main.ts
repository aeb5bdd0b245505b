#!/usr/bin/env node
import { homedir } from 'node:os'
import { isatty } from 'node:tty'
import { describeSystemError, errorCode } from '../client/file-system.ts'
import { systemClock } from '../transport/clock.ts'
import { systemRandom } from '../transport/random.ts'
import { systemNetwork } from '../transport/system-network.ts'
import { Interruption } from './interruption.ts'
import { run } from './program.ts'

/** As shells report a process that SIGINT ended. */
const interruptedExitCode = 130

const { stdin, stdout, stderr, env } = process

stdout.on('error', error => {
  // Whoever reads the output may leave: `lwm2m server | head`.
  if (errorCode(error) === 'EPIPE') process.exit(0)
  stderr.write(`error: the output cannot be written: ${describeSystemError(error)}\n`)
  process.exit(1)
})

const interruption = new Interruption()
process.on('SIGINT', () => interruption.interrupt() || process.exit(interruptedExitCode))
process.on('SIGTERM', () => interruption.terminate() || process.exit(interruptedExitCode))

const exitCode = await run(process.argv.slice(2), {
  print: line => void stdout.write(`${line}\n`),
  printError: line => void stderr.write(`${line}\n`),
  input: stdin,
  output: stdout,
  historyFolder: homedir(),
  colors: isatty(1) && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
  interrupted: interruption.interrupted,
  onInterrupt: interruption.onInterrupt,
  clock: systemClock,
  random: systemRandom,
  network: systemNetwork,
})
// A name that is still being resolved would keep the process alive; what a slow reader has not taken yet goes out first.
stdout.write('', error => {
  if (error === undefined || error === null) process.exit(exitCode)
})
