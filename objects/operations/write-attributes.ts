import type { Access } from '../access.ts'
import { checkApplicable } from '../attributes/applicable.ts'
import { checkPatch, parseAttributes } from '../attributes/attributes.ts'
import { ResponseCode } from '../errors.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { findTarget, isPresent, notAllowed, notFound } from './target.ts'

/**
 * Performs a Write-Attributes on what can be observed, for the asking server alone: all of them or none
 * (LwM2M Core 1.2.2 §6.3.4, §7.3.2). `gt`, `lt` and `st` are for numeric resources and their instances, `edge` for boolean
 * ones. An unknown attribute is 4.00, so that no server relies on what has no effect; so are change conditions or
 * evaluation periods that contradict each other within the request. Those that contradict what is there already are
 * written, and not in force while they do.
 */
export function writeAttributes(
  store: ObjectStore,
  access: Access,
  { attributes }: OperationContext,
  { path, attributes: texts }: OperationOf<'writeAttributes'>,
): Outcome {
  const resource = findTarget(store, access, 'writeAttributes', path)
  if (resource?.readable === false) throw notAllowed(path, 'Write-Attributes')
  if (resource !== undefined && !isPresent(store, path, resource)) throw notFound(path)
  const patch = parseAttributes(texts)
  checkApplicable(patch, resource)
  checkPatch(patch)
  attributes.set(path, patch)
  return { responseCode: ResponseCode.changed }
}
