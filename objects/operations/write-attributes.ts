import type { Access } from '../access.ts'
import { type AttributePatch, attributeTable, checkPatch, parseAttributes } from '../attributes/attributes.ts'
import type { ResourceEntry } from '../definition-table.ts'
import { OperationError, ResponseCode } from '../errors.ts'
import type { ObjectStore } from '../store.ts'
import type { ResourceType } from '../value.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { findTarget, isPresent, notAllowed, notFound } from './target.ts'

const numericTypes: ReadonlySet<ResourceType> = new Set(['integer', 'unsigned', 'float', 'time'])

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

/** An attribute that nobody could fulfil is refused; unsetting it does no harm. */
function checkApplicable(patch: AttributePatch, resource: ResourceEntry | undefined): void {
  for (const { name, wireName, appliesTo } of attributeTable) {
    if (typeof patch[name] !== 'number' || appliesTo === 'any') continue
    const isNumeric = resource !== undefined && numericTypes.has(resource.type)
    if (appliesTo === 'numeric' ? isNumeric : resource?.type === 'boolean') continue
    throw new OperationError('BAD_REQUEST', `${wireName} is for ${appliesTo} resources only`)
  }
}
