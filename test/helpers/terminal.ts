import { PassThrough, Readable } from 'node:stream'
import type { Environment } from '../../shell/environment.ts'
import { Interruption } from '../../shell/interruption.ts'
import { run } from '../../shell/program.ts'

/** Runs `lwm2m` in this process, on the network and in the time of a site. */
export function startCommand(
  { clock, random, network }: Pick<Environment, 'clock' | 'random' | 'network'>,
  command: string,
  {
    colors = false,
    input = Readable.from([]),
    output = new PassThrough(),
  }: Partial<Pick<Environment, 'colors' | 'input' | 'output'>> = {},
) {
  const lines: string[] = []
  const errors: string[] = []
  const interruption = new Interruption()
  const environment: Environment = {
    print: line => lines.push(line),
    printError: line => errors.push(line),
    input,
    output,
    colors,
    interrupted: interruption.interrupted,
    onInterrupt: interruption.onInterrupt,
    clock,
    random,
    network,
  }
  return {
    exitCode: run(command.split(' ').filter(Boolean), environment),
    /** Ctrl-C. */
    interrupt: () => interruption.interrupt(),
    /** The standard output so far; log lines without their time. */
    get output() {
      return lines.map(line => line.replace(/^\d\d:\d\d:\d\d\.\d{3} /, ''))
    },
    lines,
    /** The standard error output so far. */
    errors,
  }
}
