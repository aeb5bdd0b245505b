import type { Content } from '../../objects/content.ts'
import type { ObjectDefinition } from '../../objects/definition.ts'
import type { ObjectInstanceHandle } from '../../objects/instance.ts'
import { formatPath } from '../../objects/path.ts'
import type { Lwm2mClient } from '../client.ts'

/**
 * Sets resources of an instance, and removes those that have no value; what its definition does not know is left out. Throws
 * like `client.objects.set`; all of it is undone then only inside a transaction.
 */
export function replaceValues<D extends ObjectDefinition>(
  { objects }: Lwm2mClient,
  { definition, instanceId }: ObjectInstanceHandle<D>,
  values: Readonly<Record<string, Content | undefined>>,
): void {
  for (const [name, content] of Object.entries(values)) {
    const resource = definition.resources[name]
    if (resource === undefined) continue
    const path = formatPath([definition.id, instanceId, resource.id])
    if (content === undefined) objects.delete(path)
    else objects.set(path, content)
  }
}

/** The values of a multiple resource, its instances numbered from 0 on. */
export function indexed<T>(values: readonly T[]): Readonly<Record<number, T>> {
  return Object.fromEntries(values.entries())
}
