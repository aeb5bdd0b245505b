import type { Path } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { TimeSeries } from '../objects/time-series.ts'

/** The time series that keep what one observation has not told its server yet. */
export class JoinedSeries {
  readonly #store: ObjectStore
  readonly #shortServerId: number
  readonly #joined = new Set<TimeSeries>()

  constructor(store: ObjectStore, shortServerId: number) {
    this.#store = store
    this.#shortServerId = shortServerId
  }

  /** Joins those of the paths that are there by now. */
  join(paths: readonly Path[]): void {
    // One that has ended would be kept as long as the observation.
    for (const series of this.#joined) {
      if (this.#store.timeSeries.find(series.path) !== series) this.#joined.delete(series)
    }
    for (const series of paths.flatMap(path => this.#store.timeSeries.below(path))) {
      if (this.#joined.has(series)) continue
      this.#joined.add(series)
      series.join(this.#shortServerId)
    }
  }

  leave(): void {
    for (const series of this.#joined) series.leave(this.#shortServerId)
    this.#joined.clear()
  }
}
