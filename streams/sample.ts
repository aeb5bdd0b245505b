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

  constructor(subscriber: Subscriber<readonly Sample[]>, clock: Clock, places: readonly SampledPlace[]) {
    const nowMs = clock.now()
    this.#subscriber = subscriber
    this.#clock = clock
    this.#scheduled = places.map(place => ({ place, dueMs: nowMs + place.periodMs, reading: false }))
    this.#wait()
  }

  unsubscribe(): void {
    this.#clock.clearTimeout(this.#timer)
  }

  #wait(): void {
    const nextMs = Math.min(...this.#scheduled.map(({ dueMs }) => dueMs))
    if (this.#subscriber.closed || nextMs === Number.POSITIVE_INFINITY) return
    this.#timer = this.#clock.setTimeout(() => this.#look(), nextMs - this.#clock.now())
  }

  #look(): void {
    const nowMs = this.#clock.now()
    const samples: Sample[] = []
    for (const scheduled of this.#scheduled) {
      if (scheduled.dueMs > nowMs) continue
      scheduled.dueMs = nowMs + scheduled.place.periodMs
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

function sampleOf({ path, value }: PathValue): Sample {
  return { path, kind: 'value', sampled: value ?? undefined }
}

/**
 * Reads each place in its period, the first time one period after the subscription, and emits what was read, several that
 * are due together at once. A read that lasts longer than its period is not begun again before it has ended. Never
 * completes.
 */
export function sample(places: readonly SampledPlace[], clock: Clock): Observable<readonly Sample[]> {
  return new Observable(subscriber => {
    subscriber.add(new Sampler(subscriber, clock, places))
  })
}
