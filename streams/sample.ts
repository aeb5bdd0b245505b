import { Observable, type Subscriber, type Unsubscribable } from 'rxjs'
import type { Sample } from '../objects/attributes/tracked-values.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { Clock, Timer } from '../transport/clock.ts'

/** A resource that tells nobody when it changes. */
export interface SampledPlace {
  /** Above 0. */
  readonly periodMs: number
  /** A throw or a rejection skips the sample. */
  readonly read: () => readonly PathValue[] | Promise<readonly PathValue[]>
}

interface Scheduled {
  readonly place: SampledPlace
  dueMs: number
  reading: boolean
}

/** One timer for all places. */
class Sampler implements Unsubscribable {
  readonly #subscriber: Subscriber<readonly Sample[]>
  readonly #clock: Clock
  readonly #scheduled: readonly Scheduled[]
  #timer: Timer

  constructor(
    subscriber: Subscriber<readonly Sample[]>,
    clock: Clock,
    places: readonly SampledPlace[],
    sinceMs = clock.now(),
  ) {
    const nowMs = clock.now()
    this.#subscriber = subscriber
    this.#clock = clock
    this.#scheduled = places.map(place => ({ place, dueMs: dueAfter(nowMs, sinceMs, place), reading: false }))
    this.#wait()
  }

  unsubscribe(): void {
    this.#clock.clearTimeout(this.#timer)
  }

  #wait(): void {
    const nextMs = this.#scheduled.reduce((soonest, { dueMs }) => Math.min(soonest, dueMs), Number.POSITIVE_INFINITY)
    if (this.#subscriber.closed || nextMs === Number.POSITIVE_INFINITY) return
    this.#timer = this.#clock.setTimeout(() => this.#look(), nextMs - this.#clock.now())
  }

  #look(): void {
    const nowMs = this.#clock.now()
    const samples: Sample[] = []
    for (const scheduled of this.#scheduled) {
      if (scheduled.dueMs > nowMs) continue
      scheduled.dueMs = dueAfter(nowMs, scheduled.dueMs, scheduled.place)
      if (!scheduled.reading) this.#read(scheduled, samples)
    }
    if (samples.length > 0) this.#subscriber.next(samples)
    this.#wait()
  }

  #read(scheduled: Scheduled, samples: Sample[]): void {
    try {
      const values = scheduled.place.read()
      if (!(values instanceof Promise)) {
        samples.push(...values.map(sampleOf))
        return
      }
      scheduled.reading = true
      const ended = () => {
        scheduled.reading = false
      }
      values
        .then(later => {
          ended()
          this.#subscriber.next(later.map(sampleOf))
        })
        .catch(ended)
    } catch {
      // A Read or the next notification tells what is wrong.
    }
  }
}

/** The first time after now that is a whole number of periods after `sinceMs`, which has passed. */
function dueAfter(nowMs: number, sinceMs: number, { periodMs }: SampledPlace): number {
  return sinceMs + (Math.floor((nowMs - sinceMs) / periodMs) + 1) * periodMs
}

function sampleOf({ path, value }: PathValue): Sample {
  return { path, kind: 'value', sampled: value ?? undefined }
}

/**
 * Reads each place in its period and emits what was read, several that are due together at once. The periods count from
 * `sinceMs`, so that one who subscribes again and again gets samples all the same; default: from the subscription. A read
 * that lasts longer than its period is not begun again before it has ended. Never completes.
 */
export function sample(places: readonly SampledPlace[], clock: Clock, sinceMs?: number): Observable<readonly Sample[]> {
  return new Observable(subscriber => {
    subscriber.add(new Sampler(subscriber, clock, places, sinceMs))
  })
}
