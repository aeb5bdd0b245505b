import { BehaviorSubject, defer, filter, finalize, type Observable, type OperatorFunction, tap } from 'rxjs'
import type { NotificationAttributes } from '../objects/attributes/evaluate.ts'
import { overlap, type Path } from '../objects/path.ts'
import type { Change } from '../objects/store.ts'
import {
  type NotificationCause,
  type NotifyAttributesOptions,
  notifyAttributes,
  type ReportingState,
} from './notify-attributes.ts'

/** One of the paths of a composite observation, with the periods in force there. */
export interface CompositePart {
  readonly path: Path
  readonly attributes: NotificationAttributes
}

/** What is remembered of a composite between two notifications. */
export interface CompositeState extends ReportingState {
  /** Indexes of the parts that changed, while something is pending; undefined: that is not known. */
  changedParts?: Set<number> | undefined
}

export interface CompositeOptions extends Pick<NotifyAttributesOptions, 'clock'> {
  /** The parts, the present ones on subscription; always of the same paths. */
  readonly parts$: Observable<readonly CompositePart[]>
  /** See {@link NotifyAttributesOptions.state}. */
  readonly state?: CompositeState
}

/** Which parts have changed since the last notification, and so which periods hold for the next. */
class CompositePeriods {
  readonly attributes$ = new BehaviorSubject<NotificationAttributes>({})
  readonly #state: CompositeState
  #parts: readonly CompositePart[] = []
  /** Indexes of the parts that changed; all of them when that is not known. */
  #changed: Set<number> | 'all'

  constructor(state: CompositeState) {
    this.#state = state
    this.#changed = state.pending ? (state.changedParts ?? 'all') : new Set()
    if (this.#changed !== 'all') state.changedParts = this.#changed
  }

  setParts(parts: readonly CompositePart[]): void {
    this.#parts = parts
    this.#tell()
  }

  /** Whether that is the first change since the last notification. */
  change(changes: readonly Change[]): boolean {
    // Its owner may have told what was pending by another way.
    if (!this.#state.pending) this.#state.changedParts = this.#changed = new Set()
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

  sent(): void {
    this.#state.changedParts = this.#changed = new Set()
    this.#tell()
  }

  #tell(): void {
    const pmaxSeconds = this.#pmaxSeconds()
    this.attributes$.next({ pminSeconds: this.#pminSeconds(pmaxSeconds), pmaxSeconds })
  }

  /**
   * The shortest of those that wait: that part may be told then, and what else there is goes along. At the end of a pmax,
   * of whatever part, all of it goes, too.
   */
  #pminSeconds(pmaxSeconds = Number.POSITIVE_INFINITY): number | undefined {
    const changed = this.#changed
    let shortest: number | undefined
    for (const [index, { attributes }] of this.#parts.entries()) {
      if (changed === 'all' || changed.has(index)) {
        shortest = Math.min(shortest ?? pmaxSeconds, attributes.pminSeconds ?? 0)
      }
    }
    return shortest
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
      const { parts$, clock, state = { lastSentMs: clock.now(), pending: false } } = options
      const periods = new CompositePeriods(state)
      const parts = parts$.subscribe(now => periods.setParts(now))
      const { attributes$ } = periods
      return source.pipe(
        filter(changes => periods.change(changes)),
        notifyAttributes({ attributes$, clock, state }),
        tap(() => periods.sent()),
        finalize(() => parts.unsubscribe()),
      )
    })
}
