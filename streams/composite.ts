import { BehaviorSubject, defer, filter, finalize, type Observable, type OperatorFunction, tap } from 'rxjs'
import type { NotificationAttributes } from '../objects/attributes/evaluate.ts'
import { overlap, type Path } from '../objects/path.ts'
import type { Change } from '../objects/store.ts'
import { type NotificationCause, type NotifyAttributesOptions, notifyAttributes } from './notify-attributes.ts'

/** One of the paths of a composite observation, with the periods in force there. */
export interface CompositePart {
  readonly path: Path
  readonly attributes: NotificationAttributes
}

export interface CompositeOptions extends Omit<NotifyAttributesOptions, 'attributes$'> {
  /** The parts, the present ones on subscription. */
  readonly parts$: Observable<readonly CompositePart[]>
}

/** Which parts have changed since the last notification, and so which periods hold for the next. */
class CompositePeriods {
  readonly attributes$ = new BehaviorSubject<NotificationAttributes>({})
  #parts: readonly CompositePart[] = []
  /** Indexes of the parts that changed; all of them when that is not known. */
  #changed: Set<number> | 'all' = new Set()

  constructor(pending: boolean) {
    if (pending) this.#changed = 'all'
  }

  setParts(parts: readonly CompositePart[]): void {
    this.#parts = parts
    this.#tell()
  }

  /** Whether that is the first change since the last notification. */
  change(changes: readonly Change[]): boolean {
    const changed = this.#changed
    if (changed === 'all') return false
    const before = changed.size
    for (const [index, { path }] of this.#parts.entries()) {
      if (!changed.has(index) && changes.some(change => overlap(change.path, path))) changed.add(index)
    }
    // A part that may be told earlier than those that wait may be told now, and takes the change along.
    if (changed.size > before) this.#tell()
    return before === 0 && this.#changed === changed
  }

  /** All that changed is told. */
  settle(): void {
    if (this.#changed !== 'all' && this.#changed.size === 0) return
    this.#changed = new Set()
    this.#tell()
  }

  #tell(): void {
    const pmaxSeconds = this.#pmaxSeconds()
    const pminSeconds = this.#pminSeconds()
    // What waits does not make other parts wait beyond their pmax, and goes along then.
    const waitSeconds = pminSeconds === undefined ? undefined : Math.min(pminSeconds, pmaxSeconds ?? pminSeconds)
    this.attributes$.next({ pminSeconds: waitSeconds, pmaxSeconds })
  }

  /** The shortest of those that wait: that part may be told then, and what else there is goes along. */
  #pminSeconds(): number | undefined {
    const changed = this.#changed
    const waiting = changed === 'all' ? this.#parts : this.#parts.filter((_, index) => changed.has(index))
    if (waiting.length === 0) return undefined
    return Math.min(...waiting.map(({ attributes }) => attributes.pminSeconds ?? 0))
  }

  /** The shortest; 0 and what is below the pmin of its own part do not count (LwM2M Core 1.2.2 §7.3.2). */
  #pmaxSeconds(): number | undefined {
    let shortest: number | undefined
    for (const { attributes } of this.#parts) {
      const { pminSeconds = 0, pmaxSeconds = 0 } = attributes
      if (pmaxSeconds === 0 || pmaxSeconds < pminSeconds) continue
      if (shortest === undefined || pmaxSeconds < shortest) shortest = pmaxSeconds
    }
    return shortest
  }
}

/**
 * {@link notifyAttributes} for several paths observed as one: each change waits for the pmin of its own path, and the first
 * that may be told takes along all others (LwM2M Core 1.2.2 §6.4.4). One emission for a batch of changes.
 */
export function composite(options: CompositeOptions): OperatorFunction<readonly Change[], NotificationCause> {
  return source =>
    defer(() => {
      const { parts$, clock, state } = options
      const periods = new CompositePeriods(state?.pending === true)
      const parts = parts$.subscribe(now => periods.setParts(now))
      const { attributes$ } = periods
      return source.pipe(
        filter(changes => {
          // The owner has told all there was by itself.
          if (state?.pending === false) periods.settle()
          return periods.change(changes)
        }),
        notifyAttributes({ attributes$, clock, ...(state && { state }) }),
        tap(() => periods.settle()),
        finalize(() => parts.unsubscribe()),
      )
    })
}
