import type { Content } from './content.ts'
import type { InstanceValues, ObjectDefinition, ResourceContent } from './definition.ts'
import { OperationError } from './errors.ts'
import type { Path } from './path.ts'
import type { ObjectStore } from './store.ts'

/** One object instance, with the names and types of its definition. */
export class ObjectInstanceHandle<D extends ObjectDefinition> {
  readonly definition: D
  readonly instanceId: number
  readonly #store: ObjectStore

  constructor(store: ObjectStore, definition: D, instanceId: number) {
    this.#store = store
    this.definition = definition
    this.instanceId = instanceId
  }

  /**
   * Sets resources, all or none of them; of a multiple resource all resource instances. Throws `ValueError` for a value
   * out of range, OperationError `NOT_FOUND` when the instance is gone.
   */
  set(values: InstanceValues<D>): void {
    this.#store.batch(() => {
      for (const [name, content] of Object.entries(values)) this.#store.set(this.path(name), content as Content)
    })
  }

  /** What is stored, not what a `read` handler would supply. */
  get<N extends keyof D['resources'] & string>(name: N): ResourceContent<D['resources'][N]> | undefined {
    const content = this.#store.content(this.path(name))
    return (content instanceof Map ? Object.fromEntries(content) : content) as
      | ResourceContent<D['resources'][N]>
      | undefined
  }

  /** The path of a resource. Throws OperationError `NOT_FOUND` for a name the object does not define. */
  path(name: keyof D['resources'] & string): Path {
    return [this.definition.id, this.instanceId, resourceIdOf(this.definition, name)]
  }

  delete(): void {
    this.#store.deleteInstance(this.definition.id, this.instanceId)
  }
}

/** The id of a resource by its name. Throws OperationError `NOT_FOUND`. */
export function resourceIdOf(definition: ObjectDefinition, name: string): number {
  const resource = Object.hasOwn(definition.resources, name) ? definition.resources[name] : undefined
  if (resource === undefined) throw new OperationError('NOT_FOUND', `${definition.name} has no resource "${name}"`)
  return resource.id
}
