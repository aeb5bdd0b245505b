import type { ObjectsApi } from '../objects/objects.ts'
import { formatPath, type Path } from '../objects/path.ts'
import type { Value } from '../objects/value.ts'
import type { Clock, Timer } from '../transport/clock.ts'
import type { Random } from '../transport/random.ts'
import type { Generator } from './generators.ts'

/** A generator and the resource, or resource instance, that it feeds. */
export interface Feed {
  readonly path: Path
  readonly generator: Generator
}

interface Running {
  readonly path: string
  readonly instance: string
  readonly everyMs: number
  readonly next: (elapsedSeconds: number) => Value | undefined
  dueMs: number
}

/** Feeds resources, from now on, with one timer for all of them; those that are due at once change in one transaction. */
export class GeneratorSweep {
  readonly #objects: ObjectsApi
  readonly #clock: Clock
  readonly #running: readonly Running[]
  readonly #startMs: number
  #timer: Timer

  constructor(objects: ObjectsApi, feeds: readonly Feed[], { clock, random }: { clock: Clock; random: Random }) {
    this.#objects = objects
    this.#clock = clock
    this.#startMs = clock.now()
    this.#running = feeds.map(({ path, generator }) => ({
      path: formatPath(path),
      instance: formatPath(path.slice(0, 2)),
      everyMs: generator.everySeconds * 1000,
      next: generator.begin(random),
      dueMs: this.#startMs,
    }))
    this.#sweep()
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer)
  }

  #sweep(): void {
    if (this.#running.length === 0) return
    const nowMs = this.#clock.now()
    const elapsedSeconds = (nowMs - this.#startMs) / 1000
    let nextMs = Number.POSITIVE_INFINITY
    this.#objects.batch(() => {
      for (const running of this.#running) {
        if (running.dueMs <= nowMs) {
          this.#feed(running, elapsedSeconds)
          // A process that was stopped for a while does not make up for it.
          running.dueMs += Math.max(1, Math.ceil((nowMs - running.dueMs) / running.everyMs)) * running.everyMs
        }
        nextMs = Math.min(nextMs, running.dueMs)
      }
    })
    this.#timer = this.#clock.setTimeout(() => this.#sweep(), Math.max(0, nextMs - nowMs))
  }

  /** A server may have deleted the instance, and may create it again. */
  #feed({ path, instance, next }: Running, elapsedSeconds: number): void {
    const value = next(elapsedSeconds)
    if (value !== undefined && this.#objects.has(instance)) this.#objects.set(path, value)
  }
}
