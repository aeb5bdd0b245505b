import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Answer, Question } from './questions.ts'

/** `undefined` where there is no `taskset`. */
export const pinnedCpu: number | undefined = spawnSync('taskset', ['--version']).status === 0 ? 0 : undefined

const project = new URL('../', import.meta.url)

/** Compiles what workers run, so that the measured code is the shipped code and not what a loader makes of it. */
export function compileWorkers(): void {
  execFileSync('npx', ['--no-install', 'tsc', '-p', 'bench/tsconfig.json'], { cwd: project, stdio: ['ignore', 2, 2] })
}

/** A command where the scheduler puts it or, pinned, on the one CPU that the ends of a measurement share. */
export function placed(isPinned: boolean, command: string, args: readonly string[]): [command: string, args: string[]] {
  if (!isPinned || pinnedCpu === undefined) return [command, [...args]]
  return ['taskset', ['-c', String(pinnedCpu), command, ...args]]
}

export interface WorkerOptions {
  readonly nodeOptions?: readonly string[]
  /** Whether it runs on the one CPU that such processes share. Default true. */
  readonly pinned?: boolean
}

/** A process of the bench. */
export class Worker {
  readonly #process: ChildProcess

  /** @param script in this folder, without its extension */
  constructor(script: string, { nodeOptions = [], pinned: isPinned = true }: WorkerOptions = {}) {
    const node = [...nodeOptions, fileURLToPath(new URL(`.cache/bench/bench/${script}.js`, project))]
    this.#process = spawn(...placed(isPinned, process.execPath, node), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  }

  async ask<T>(name: string, argument?: unknown): Promise<T> {
    const died = new AbortController()
    try {
      this.#process.send({ name, argument } satisfies Question)
      const answer = await Promise.race([
        once(this.#process, 'message', { signal: died.signal }),
        once(this.#process, 'exit', { signal: died.signal }),
      ])
      const [message] = answer as [Answer | number | null]
      if (message === null || typeof message === 'number') throw new Error(`the process ended while asked to ${name}`)
      if ('error' in message) throw new Error(message.error)
      return message.result as T
    } finally {
      died.abort()
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}
