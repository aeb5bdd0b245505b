import type { Observation } from './observation.ts'
import type { Report } from './report.ts'

/** Values that a report has on the average, where there are as many as can be: some have thousands. */
const valuesPerReport = 16

/** What a server is still to be told of its observations, oldest first; bounded, the oldest of all dropped first. */
export class History {
  readonly #maximum: number
  readonly #onEmptied: (observation: Observation) => void
  readonly #reports = new Map<Observation, Report[]>()
  readonly #dropped = new Map<Observation, number>()
  #size = 0
  #valueCount = 0
  #droppedInAll = 0

  /** `onEmptied` hears of an observation of which the last report was dropped. */
  constructor(maximum: number, onEmptied: (observation: Observation) => void) {
    this.#maximum = maximum
    this.#onEmptied = onEmptied
  }

  get size(): number {
    return this.#size
  }

  /** How many reports made room for newer ones so far. */
  get dropped(): number {
    return this.#droppedInAll
  }

  /** The observation with the oldest report, of those that a server still hears of. */
  get first(): Observation | undefined {
    return this.#oldest(observation => !observation.isRetired)
  }

  has(observation: Observation): boolean {
    return this.#reports.has(observation)
  }

  of(observation: Observation): readonly Report[] {
    return this.#reports.get(observation) ?? []
  }

  /** Keeps a report behind the others of its observation, of which there are at most `maximum`. */
  push(observation: Observation, report: Report, maximum = this.#maximum): void {
    const reports = this.#reports.get(observation)
    if (reports === undefined) this.#reports.set(observation, [report])
    else reports.push(report)
    this.#count(report, 1)
    while (this.of(observation).length > maximum) this.#drop(observation)
    this.#makeRoom()
  }

  /** Keeps a report, before the others of its observation, that left but did not arrive. */
  putBack(observation: Observation, report: Report, maximum = this.#maximum): void {
    this.#reports.set(observation, [report, ...this.of(observation)])
    this.#count(report, 1)
    if (this.of(observation).length > maximum) this.#drop(observation)
    this.#makeRoom()
  }

  /** Forgets reports that arrived: the first ones of their observation, except those dropped meanwhile. */
  delivered(observation: Observation, arrived: readonly Report[]): void {
    const reports = this.#reports.get(observation)
    if (reports === undefined) return
    const gone = new Set(arrived)
    this.#replace(
      observation,
      reports.filter(report => !gone.has(report)),
    )
  }

  /** Forgets all of an observation. */
  remove(observation: Observation): void {
    this.#replace(observation, [])
    this.#dropped.delete(observation)
  }

  /** How many of an observation were dropped since it was last asked. */
  takeDropped(observation: Observation): number {
    const count = this.#dropped.get(observation) ?? 0
    this.#dropped.delete(observation)
    return count
  }

  /** Counts more of an observation as dropped, which it is told with its own. */
  addDropped(observation: Observation, count: number): void {
    if (count > 0) this.#dropped.set(observation, (this.#dropped.get(observation) ?? 0) + count)
  }

  #replace(observation: Observation, reports: Report[]): void {
    for (const report of this.of(observation)) this.#count(report, -1)
    for (const report of reports) this.#count(report, 1)
    if (reports.length === 0) this.#reports.delete(observation)
    else this.#reports.set(observation, reports)
  }

  #count({ outcome: { values = [] } }: Report, sign: 1 | -1): void {
    this.#size += sign
    this.#valueCount += sign * values.length
  }

  /** The newest stays, however much it is. */
  #makeRoom(): void {
    const maximumValues = this.#maximum * valuesPerReport
    while (this.#size > this.#maximum || (this.#size > 1 && this.#valueCount > maximumValues)) {
      this.#drop(this.#oldest() as Observation)
    }
  }

  #oldest(counts: (observation: Observation) => boolean = () => true): Observation | undefined {
    let oldest: Observation | undefined
    let oldestSeconds = Number.POSITIVE_INFINITY
    for (const [observation, [report]] of this.#reports) {
      if (report === undefined || report.timeSeconds >= oldestSeconds || !counts(observation)) continue
      oldest = observation
      oldestSeconds = report.timeSeconds
    }
    return oldest
  }

  #drop(observation: Observation): void {
    const reports = this.#reports.get(observation) as Report[]
    this.#count(reports.shift() as Report, -1)
    this.#droppedInAll++
    this.addDropped(observation, 1)
    if (reports.length > 0) return
    this.#reports.delete(observation)
    this.#onEmptied(observation)
  }
}
