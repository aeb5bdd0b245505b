/** What a number of durations comes to, milliseconds; all 0 where there was none. */
export interface DurationSummary {
  readonly count: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maximumMs: number
}

/** Each bucket reaches this much further than the one before, so that a percentile is at most 2 % too high. */
const growth = 1.02
/** The upper end of the first bucket. */
const smallestMs = 0.01
/** The last one begins at an hour and a half. */
const bucketCount = 1_024

const logOfGrowth = Math.log(growth)

/** Durations by size, in the same memory however many there are. */
export class Durations {
  readonly #counts = new Uint32Array(bucketCount)
  count = 0
  #maximumMs = 0

  add(durationMs: number): void {
    const index = Math.ceil(Math.log(Math.max(durationMs, smallestMs) / smallestMs) / logOfGrowth)
    const bucket = Math.min(index, bucketCount - 1)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.count++
    this.#maximumMs = Math.max(this.#maximumMs, durationMs)
  }

  summary(): DurationSummary {
    return {
      count: this.count,
      p50Ms: this.#percentile(0.5),
      p90Ms: this.#percentile(0.9),
      p99Ms: this.#percentile(0.99),
      maximumMs: this.#maximumMs,
    }
  }

  /** That share of the durations is not longer. */
  #percentile(share: number): number {
    const rank = Math.ceil(share * this.count)
    let below = 0
    for (let bucket = 0; bucket < bucketCount - 1; bucket++) {
      below += this.#counts[bucket] ?? 0
      if (below >= rank) return Math.min(smallestMs * growth ** bucket, this.#maximumMs)
    }
    return this.#maximumMs
  }
}
