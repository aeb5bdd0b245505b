import type { StoredContent } from './content.ts'
import type { ResourceEntry } from './definition-table.ts'
import { OperationError } from './errors.ts'
import { type Handlers, placeOf } from './handlers.ts'
import { covers, formatPath, type Path } from './path.ts'
import { TimeSeries, type TimeSeriesOptions } from './time-series.ts'
import type { ResourceType, Value } from './value.ts'

/** The types whose values have a bounded size. */
const cachedTypes: ReadonlySet<ResourceType> = new Set(['integer', 'unsigned', 'float', 'boolean', 'time'])

/** Stands for a single resource among resource instance ids. */
const whole = -1

interface Member {
  readonly series: TimeSeries
  readonly validate: TimeSeriesOptions['validate']
}

/** The time series of a client, by resource and resource instance. */
export class TimeSeriesTable {
  readonly #handlers: Handlers
  readonly #byResource = new Map<number, Map<number, Member>>()

  constructor(handlers: Handlers) {
    this.#handlers = handlers
  }

  get isEmpty(): boolean {
    return this.#byResource.size === 0
  }

  /**
   * Starts a series. Throws OperationError `METHOD_NOT_ALLOWED` for a type without a fixed size and for a multiple resource
   * as a whole, TypeError for a capacity or policy that there is not and for a place that has a series already.
   */
  add(path: Path, resource: ResourceEntry, options: TimeSeriesOptions, nowSeconds: () => number): TimeSeries {
    if (!cachedTypes.has(resource.type)) {
      throw new OperationError('METHOD_NOT_ALLOWED', `${formatPath(path)} is no number, time or boolean`)
    }
    if (resource.multiple && path.length === 3) {
      throw new OperationError('METHOD_NOT_ALLOWED', `${formatPath(path)} is multiple: name a resource instance`)
    }
    if (this.find(path) !== undefined) throw new TypeError(`${formatPath(path)} has a time series already`)
    const key = keyOf(path)
    const id = path[3] ?? whole
    const series = new TimeSeries(path, resource, options, nowSeconds, () => {
      const members = this.#byResource.get(key)
      if (members?.get(id)?.series !== series) return
      members.delete(id)
      if (members.size === 0) this.#byResource.delete(key)
    })
    const members = this.#byResource.get(key) ?? new Map<number, Member>()
    this.#byResource.set(key, members.set(id, { series, validate: options.validate }))
    return series
  }

  /** The series of exactly this resource or resource instance. */
  find(path: Path): TimeSeries | undefined {
    return this.#byResource.get(keyOf(path))?.get(path[3] ?? whole)?.series
  }

  /** Whether the resource of the path, or one of its resource instances, has a series. */
  holdsResource(path: Path): boolean {
    return this.#byResource.size > 0 && this.#byResource.has(keyOf(path))
  }

  /** The series at and below a path. */
  below(path: Path): TimeSeries[] {
    const found: TimeSeries[] = []
    for (const members of this.#byResource.values()) {
      for (const { series } of members.values()) if (covers(path, series.path)) found.push(series)
    }
    return found
  }

  /**
   * Makes entries of what the application writes to a resource or resource instance, as far as it is valid; whether it
   * made any. `undo` is given how to take them back. Nothing is entered when a `validate` throws.
   */
  enter(path: Path, content: StoredContent, undo: (() => void)[] | undefined): boolean {
    const members = this.#byResource.get(keyOf(path))
    if (members === undefined) return false
    if (!(content instanceof Map)) {
      const member = members.get(path[3] ?? whole)
      return member !== undefined && this.#isValid(member, content) && member.series.append(content, undo)
    }
    const valid = [...members].filter(([id, member]) => {
      const value = content.get(id)
      return value !== undefined && this.#isValid(member, value)
    })
    let entered = false
    for (const [id, { series }] of valid) entered = series.append(content.get(id) as Value, undo) || entered
    return entered
  }

  #isValid({ series, validate }: Member, value: Value): boolean {
    if (validate !== undefined && !validate(value)) return false
    const handler = this.#handlers.find('validate', series.path)
    if (handler === undefined) return true
    try {
      return handler(series.path, value)
    } catch (error) {
      // That is how a handler refuses the Write of a server, too.
      if (error instanceof OperationError) return false
      throw error
    }
  }
}

/** NaN above the resources, which no resource has. */
function keyOf(path: Path): number {
  return placeOf(path[0] as number, path[1], path[2] as number)
}
