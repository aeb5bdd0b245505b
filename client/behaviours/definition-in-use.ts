import type { ObjectDefinition } from '../../objects/definition.ts'
import type { Lwm2mClient } from '../client.ts'

/** The version of an object that the client has, or else this one; what a behaviour uses of it is the same in all. */
export function definitionInUse<D extends ObjectDefinition>(client: Lwm2mClient, definition: D): D {
  return (client.objects.definitions().find(({ id }) => id === definition.id) ?? definition) as D
}
