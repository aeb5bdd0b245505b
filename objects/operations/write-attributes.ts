import { applyPatch, checkThresholds, parseAttributes, thresholdNames } from '../attributes/attributes.ts'
import { OperationError, ResponseCode } from '../errors.ts'
import type { ObjectStore } from '../store.ts'
import type { ResourceType } from '../value.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { findTarget, isPresent, notAllowed, notFound } from './target.ts'

const numericTypes: ReadonlySet<ResourceType> = new Set(['integer', 'unsigned', 'float', 'time'])

/**
 * Performs a Write-Attributes on what can be observed, for the asking server alone: all of them or none
 * (LwM2M Core 1.2.2 §5.1.2, §6.3.4). `gt`, `lt` and `st` are for numeric resources and their instances and must agree
 * with what the place inherits. An unknown attribute is 4.00, so that no server relies on what has no effect.
 */
export function writeAttributes(
  store: ObjectStore,
  { attributes }: OperationContext,
  { path, attributes: texts }: OperationOf<'writeAttributes'>,
): Outcome {
  const resource = findTarget(store, path)
  if (resource?.readable === false) throw notAllowed(path, 'Write-Attributes')
  if (resource !== undefined && !isPresent(store, path, resource)) throw notFound(path)
  const patch = parseAttributes(texts)
  const isNumeric = resource !== undefined && numericTypes.has(resource.type)
  if (!isNumeric && thresholdNames.some(name => typeof patch[name] === 'number')) {
    throw new OperationError('BAD_REQUEST', 'gt, lt and st are for numeric resources only')
  }
  checkThresholds({ ...attributes.effective(path.slice(0, -1)), ...applyPatch(attributes.own(path), patch) })
  attributes.set(path, patch)
  return { responseCode: ResponseCode.changed }
}
