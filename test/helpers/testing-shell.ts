import { Writable } from 'node:stream'
import type { Environment } from '../../shell/environment.ts'
import { Interruption } from '../../shell/interruption.ts'
import { run } from '../../shell/program.ts'
import type { KeySource } from '../../shell/terminal/line-reader.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** A line that is typed, or what happens before the next one is. */
export type Typed = string | (() => unknown)

/** Runs `lwm2m shell` in this process, in a simulated world, with lines from a pipe. */
export function startShell(world: SimulatedWorld, typed: readonly Typed[], args: readonly string[] = []) {
  let output = ''
  const errors: string[] = []
  const interruption = new Interruption()
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      output += chunk.toString()
      done()
    },
  })
  const environment: Environment = {
    ...world,
    print: line => sink.write(`${line}\n`),
    printError: line => errors.push(line),
    input: source(typed, line => {
      output += `${line}\n`
    }),
    output: sink,
    colors: false,
    interrupted: interruption.interrupted,
    onInterrupt: interruption.onInterrupt,
  }
  return {
    exitCode: run(['shell', ...args], environment),
    /** What was printed so far, with the lines that were typed where a terminal would show them. */
    get output() {
      return output
    },
    errors,
    /** SIGINT. */
    interrupt: () => interruption.interrupt(),
  }
}

/** The whole of a session, from its first line to the end of its input. */
export async function session(
  world: SimulatedWorld,
  typed: readonly Typed[],
  args?: readonly string[],
): Promise<string> {
  const shell = startShell(world, typed, args)
  await pace(world, shell.exitCode)
  return shell.output
}

/** What a session said to each line, without the line itself and without which command it was. */
export function answersTo(output: string): string[] {
  const parts = output.split(/^\[Lwm2mCmd[^\]]*\][^$]*\$ /m).slice(1)
  return parts
    .map(part =>
      part
        .replace(/^.*\n?/, '')
        .replace(/^(?:\* [^\n]*\n)+/, '')
        .replace(/\n+$/, ''),
    )
    .slice(0, -1)
}

/** A line and the lines that it is answered with, or what happens before the next line. */
export type Exchange = readonly [line: string, ...answer: string[]] | (() => unknown)

/** Types the lines of exchanges and gives back the exchanges as they were; what they do stays. */
export async function converse(
  world: SimulatedWorld,
  exchanges: readonly Exchange[],
  args?: readonly string[],
): Promise<readonly Exchange[]> {
  const typed = exchanges.map(exchange => (typeof exchange === 'function' ? exchange : exchange[0]))
  const answers = answersTo(withoutNumbers(await session(world, typed, args)))
  return exchanges.map(exchange => {
    if (typeof exchange === 'function') return exchange
    const answer = answers.shift() ?? '(nothing)'
    return [exchange[0], ...(answer === '' ? [] : answer.split('\n'))]
  })
}

/** Lets time pass until a promise settles. */
export function pace<T>(world: SimulatedWorld, promise: Promise<T>): Promise<T> {
  return stepping(world, promise, 1)
}

/** Lets no time pass, so that nobody grows impatient while files are read in the time of the machine. */
export function standStill<T>(world: SimulatedWorld, promise: Promise<T>): Promise<T> {
  return stepping(world, promise, 0)
}

async function stepping<T>({ clock }: SimulatedWorld, promise: Promise<T>, stepMs: number): Promise<T> {
  const watch = { isSettled: false }
  const settle = () => {
    watch.isSettled = true
  }
  promise.then(settle, settle)
  while (!watch.isSettled) await clock.advance(stepMs)
  return promise
}

/** A message differs from one session to the next in its numbers. */
export function withoutNumbers(text: string): string {
  return text
    .replace(/token: [^]*? \(length: \d\)/g, 'token: …')
    .replace(/token (?:\\x..)+/g, 'token …')
    .replace(/token( ?= ?)b(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")/g, 'token$1…')
    .replace(/client: 10\.0\.0\.1:\d+/g, 'client: 10.0.0.1:…')
}

/** A pipe that is written to a line at a time, each when somebody wants to read it. */
function source(typed: readonly Typed[], echo: (line: string) => void): KeySource {
  async function* lines() {
    for (const one of typed) {
      if (typeof one === 'string') {
        echo(one)
        yield `${one}\n`
      } else await one()
    }
  }
  const pipe = { [Symbol.asyncIterator]: lines, destroy: () => {} }
  return pipe as unknown as KeySource
}
