import { checkApplicable } from '../attributes/applicable.ts'
import { type Attributes, applyPatch, checkPatch, inForce, parseAttributes } from '../attributes/attributes.ts'
import { OperationError } from '../errors.ts'
import type { ObjectStore } from '../store.ts'
import type { BootstrapContext, OperationOf } from './operation.ts'

/**
 * The attributes that an observation brings along, undefined when it brings none: with them, what is attached to the tree
 * does not count for it (LwM2M Core 1.2.2 §6.4.1, §6.4.4). Throws OperationError `BAD_REQUEST` like a Write-Attributes, for
 * `gt`, `lt`, `st`, `edge` and `hqmax` of a composite, and before LwM2M 1.2, which has no such attributes.
 */
export function observationAttributes(
  store: ObjectStore,
  { enablerVersion = '1.1' }: BootstrapContext,
  { kind, path, attributes: texts }: OperationOf<'observe' | 'observeComposite'>,
): Attributes | undefined {
  if (texts === undefined) return undefined
  if (enablerVersion !== '1.2') {
    throw new OperationError('BAD_REQUEST', 'attributes of one observation are for LwM2M 1.2')
  }
  const patch = parseAttributes(texts)
  const [objectId, , resourceId] = path as readonly number[]
  const resource = resourceId === undefined ? undefined : store.resource(objectId as number, resourceId)
  checkApplicable(patch, resource)
  if (kind === 'observeComposite' && typeof patch.hqmax === 'number') {
    throw new OperationError('BAD_REQUEST', 'hqmax is not for a composite observation')
  }
  checkPatch(patch)
  return inForce(applyPatch({}, patch))
}
