import { OperationError } from '../errors.ts'
import { formatPath, type Path, samePath } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { Value } from '../value.ts'
import type { Schema } from './format.ts'

/**
 * The one value that text, opaque and CBOR can carry (LwM2M Core 1.2.2 §7.5: a single resource or a resource
 * instance). Throws OperationError NOT_ACCEPTABLE when `values` are anything else.
 */
export function singleValue(base: Path, values: readonly PathValue[], schema: Schema): Value {
  const [only] = values
  if (only === undefined || values.length > 1 || !isSinglePlace(base, schema) || !samePath(base, only.path)) {
    throw notSingle('NOT_ACCEPTABLE', base)
  }
  if (only.value === undefined || only.value === null) throw notSingle('NOT_ACCEPTABLE', base)
  return only.value
}

/** Throws OperationError UNSUPPORTED_CONTENT_FORMAT when `base` is a place of several values. */
export function requireSinglePlace(base: Path, schema: Schema): void {
  if (!isSinglePlace(base, schema)) throw notSingle('UNSUPPORTED_CONTENT_FORMAT', base)
}

function isSinglePlace(base: Path, schema: Schema): boolean {
  if (base.length < 3) return false
  const multiple = schema.resource(base[0] as number, base[2] as number)?.multiple
  return multiple === undefined || multiple === (base.length === 4)
}

function notSingle(code: 'NOT_ACCEPTABLE' | 'UNSUPPORTED_CONTENT_FORMAT', base: Path): OperationError {
  return new OperationError(code, `the format carries one value, and ${formatPath(base)} is not one`)
}
