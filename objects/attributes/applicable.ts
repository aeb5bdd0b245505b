import type { ResourceEntry } from '../definition-table.ts'
import { OperationError } from '../errors.ts'
import type { ResourceType } from '../value.ts'
import { type AttributePatch, attributeTable } from './attributes.ts'

const numericTypes: ReadonlySet<ResourceType> = new Set(['integer', 'unsigned', 'float', 'time'])

/**
 * Refuses what nobody could fulfil at a resource, or above all resources when there is none; unsetting does no harm
 * (LwM2M Core 1.2.2 §7.3.2). Throws OperationError `BAD_REQUEST`.
 */
export function checkApplicable(patch: AttributePatch, resource: ResourceEntry | undefined): void {
  for (const { name, wireName, appliesTo } of attributeTable) {
    if (typeof patch[name] !== 'number' || appliesTo === 'any') continue
    const isNumeric = resource !== undefined && numericTypes.has(resource.type)
    if (appliesTo === 'numeric' ? isNumeric : resource?.type === 'boolean') continue
    throw new OperationError('BAD_REQUEST', `${wireName} is for ${appliesTo} resources only`)
  }
}
