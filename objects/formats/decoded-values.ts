import { FormatError, OperationError } from '../errors.ts'
import { comparePaths, formatPath, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { Value } from '../value.ts'
import type { Schema } from './format.ts'
import { checkMayBeEmpty, checkPresent, checkWithin } from './typed-value.ts'

/**
 * What a decoder has read of a payload addressed to `base`, in the order of the payload. A place may come once, or once
 * for each time. A payload in tree order costs one comparison a value; only any other is sorted to find a repetition.
 */
export class DecodedValues {
  readonly #base: Path
  readonly #schema: Schema
  readonly #values: PathValue[] = []
  #last: PathValue | undefined
  #inOrder = true

  constructor(base: Path, schema: Schema) {
    this.#base = base
    this.#schema = schema
  }

  /** Throws OperationError BAD_REQUEST for a place outside the base, or above a resource unless it has no value. */
  add(path: Path, value: Value | null | undefined, timeSeconds = 0): void {
    checkWithin(this.#base, path)
    if (path.length < 3 && value !== undefined) {
      throw new OperationError('BAD_REQUEST', `${formatPath(path)} is not a resource`)
    }
    if (value === undefined) checkMayBeEmpty(path, this.#schema)
    const entry: PathValue =
      value === undefined ? { path } : timeSeconds === 0 ? { path, value } : { path, value, timeSeconds }
    const last = this.#last
    if (last !== undefined && this.#inOrder) this.#inOrder = compareTimeAndPath(last, entry) < 0
    this.#last = entry
    this.#values.push(entry)
  }

  /** Throws FormatError when a place came twice for one time, BAD_REQUEST when a place that cannot be empty has nothing. */
  finish(): PathValue[] {
    if (!this.#inOrder) checkUnique(this.#values)
    checkPresent(this.#base, this.#values, this.#schema)
    return this.#values
  }
}

function checkUnique(values: readonly PathValue[]): void {
  const sorted = [...values].sort(compareTimeAndPath)
  for (let index = 1; index < sorted.length; index++) {
    const value = sorted[index] as PathValue
    if (compareTimeAndPath(sorted[index - 1] as PathValue, value) === 0) {
      throw new FormatError(`two values for ${formatPath(value.path)}`)
    }
  }
}

function compareTimeAndPath(a: PathValue, b: PathValue): number {
  return (a.timeSeconds ?? 0) - (b.timeSeconds ?? 0) || comparePaths(a.path, b.path)
}
