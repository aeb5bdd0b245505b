import { fullAccess } from './access.ts'
import type { Content } from './content.ts'
import type {
  ExecutableName,
  InstanceValues,
  ObjectDefinition,
  ResourceContent,
  ResourceDefinition,
} from './definition.ts'
import type { ResourceEntry } from './definition-table.ts'
import { OperationError, PathError } from './errors.ts'
import type { ExecuteArguments, ObjectHandlers, ResourceHandlers } from './handlers.ts'
import { ObjectInstanceHandle, resourceIdOf } from './instance.ts'
import { execute } from './operations/execute.ts'
import { resourceContent } from './operations/read.ts'
import { type Path, parsePath } from './path.ts'
import type { PathValue } from './path-value.ts'
import { parseResourcePath } from './resource-path.ts'
import type { ObjectStore, Synchronous } from './store.ts'
import type { TimeSeriesHandle, TimeSeriesOptions } from './time-series.ts'
import type { ResourceType, ValueOf } from './value.ts'

type ResourceName<D extends ObjectDefinition> = keyof InstanceValues<D> & string

type TypeOf<D extends ObjectDefinition, N extends string> = ValueOf<D['resources'][N]['type']>

/** The handlers of a server's Write, typed by the resource. */
export interface WriteHandlers<V> {
  /** See {@link ResourceHandlers.validate}. */
  readonly validate?: (path: Path, value: V) => boolean
  /** See {@link ResourceHandlers.written}. */
  readonly written?: (path: Path, value: V) => void
}

type ResourceOf = [path: string] | [definition: ObjectDefinition, name: string]

/** The objects of a client as an application uses them: paths as text, instances as typed handles. */
export class ObjectsApi {
  readonly #store: ObjectStore
  readonly #nowSeconds: (() => number) | undefined

  /** `nowSeconds` gives time series their times: seconds since 1970, never going backwards. */
  constructor(store: ObjectStore, nowSeconds?: () => number) {
    this.#store = store
    this.#nowSeconds = nowSeconds
  }

  /**
   * Creates an instance, defining its object when that is new; without an id it takes the lowest free one. Throws
   * OperationError `BAD_REQUEST` when the id is taken or the object allows one instance only, `ValueError` for a value
   * out of range; nothing is created then.
   */
  create<const D extends ObjectDefinition>(
    definition: D,
    instanceId?: number,
    values?: InstanceValues<D>,
  ): ObjectInstanceHandle<D> {
    return this.#store.batch(() => {
      this.#store.define(definition)
      const id = this.#store.createInstance(definition.id, instanceId)
      const handle = new ObjectInstanceHandle(this.#store, definition, id)
      if (values !== undefined) handle.set(values)
      return handle
    })
  }

  /** A handle for an instance that exists. Throws OperationError `NOT_FOUND`. */
  instance<const D extends ObjectDefinition>(definition: D, instanceId: number): ObjectInstanceHandle<D> {
    if (this.#store.definition(definition.id) !== definition || !this.#store.hasInstance(definition.id, instanceId)) {
      throw new OperationError('NOT_FOUND', `there is no ${definition.name} with instance id ${instanceId}`)
    }
    return new ObjectInstanceHandle(this.#store, definition, instanceId)
  }

  /** Adds an object without an instance; one that is there already stays. Throws TypeError for another definition of it. */
  define(definition: ObjectDefinition): void {
    this.#store.define(definition)
  }

  /** All objects, in ascending order of id. */
  definitions(): ObjectDefinition[] {
    return this.#store.objects()
  }

  /** Whether an object, instance, resource or resource instance is there. Throws `PathError`. */
  has(path: string): boolean {
    return this.#store.has(parsePath(path))
  }

  /**
   * What is stored at and below a path, in tree order, secrets among it; an empty instance, or multiple resource, is a path
   * without value. What a `read` handler would supply is not seen. Throws `PathError`.
   */
  entries(path: string): PathValue[] {
    return this.#store.entries(parsePath(path))
  }

  /**
   * Sets a resource or resource instance. Throws `PathError`, OperationError `NOT_FOUND`, or `ValueError` for a wrong
   * type or range.
   */
  set(path: string, content: Content): void {
    this.#store.set(parsePath(path), content)
  }

  /** What is stored at a resource or resource instance, not what a `read` handler would supply. */
  get(path: string): Content | undefined {
    const content = this.#store.content(parsePath(path))
    return content instanceof Map ? Object.fromEntries(content) : content
  }

  /**
   * What a resource or resource instance is read as: what its `read` handler supplies, or else what is stored; undefined:
   * nothing. Rejects with `PathError`, OperationError, what the handler threw as `INTERNAL_SERVER_ERROR`.
   */
  async read(path: string): Promise<Content | undefined> {
    const place = parseResourcePath(path, this.#store)
    const content = await resourceContent(this.#store, place)
    return content instanceof Map ? Object.fromEntries(content) : content
  }

  /**
   * Executes a resource as a server would, with arguments such as `0='now',1`. Rejects with `PathError`, or OperationError:
   * `METHOD_NOT_ALLOWED` for what cannot be executed, `NOT_FOUND` without a handler.
   */
  async execute(path: string, args = ''): Promise<void> {
    await execute(this.#store, fullAccess, { kind: 'execute', path: parsePath(path), arguments: args })
  }

  /** Deletes an instance, a resource or a resource instance. */
  delete(path: string): void {
    const place = parsePath(path)
    if (place.length === 2) this.#store.deleteInstance(place[0] as number, place[1] as number)
    else this.#store.remove(place)
  }

  /** Runs `fn` as one transaction, see {@link ObjectStore.batch}. */
  batch<T>(fn: () => Synchronous<T>): T {
    return this.#store.batch(fn)
  }

  /** Makes servers wait until the returned function is called, see {@link ObjectStore.lock}. */
  lock(): () => void {
    return this.#store.lock()
  }

  /**
   * Keeps a time series of a resource, or of a resource instance of a multiple one: each write of the application makes
   * an entry with its time, also of an equal value. Reads, reports and Sends in SenML then carry the entries that the
   * server does not have in place of the value, and no `read` handler of the resource is asked. What servers write makes no
   * entry. For integer, unsigned, float, boolean and time. Throws `PathError`, OperationError `NOT_FOUND`, or
   * `METHOD_NOT_ALLOWED` for another type, and TypeError for options out of range and for a second series of the place.
   */
  cache(path: string, options: TimeSeriesOptions): TimeSeriesHandle {
    if (this.#nowSeconds === undefined) throw new TypeError('a time series needs a source of time')
    const place = parseResourcePath(path, this.#store)
    const resource = this.#store.resource(place[0], place[2]) as ResourceEntry
    return this.#store.timeSeries.add(place, resource, options, this.#nowSeconds)
  }

  /**
   * Tells that what a `read` handler supplies has changed, as a write would. Throws `PathError`, or OperationError
   * `NOT_FOUND`.
   */
  changed(path: string): void {
    this.#store.changed(parseResourcePath(path, this.#store))
  }

  /**
   * Performs the Executes of a resource: of one instance by path, of all instances by definition and name. Returns the
   * function that takes the handler away.
   */
  onExecute(path: string, handler: NonNullable<ResourceHandlers['execute']>): () => void
  onExecute<const D extends ObjectDefinition>(
    definition: D,
    name: ExecutableName<D> & string,
    handler: (path: Path, args: ExecuteArguments) => void | Promise<void>,
  ): () => void
  onExecute(...args: [...ResourceOf, NonNullable<ResourceHandlers['execute']>]): () => void {
    return this.#add(args, handler => ({ execute: handler }))
  }

  /** Supplies the content of a resource each time it is read, in place of the store. */
  onRead(path: string, handler: NonNullable<ResourceHandlers['read']>): () => void
  onRead<const D extends ObjectDefinition, N extends ResourceName<D>>(
    definition: D,
    name: N,
    handler: (
      path: Path,
    ) => ResourceContent<D['resources'][N]> | undefined | Promise<ResourceContent<D['resources'][N]> | undefined>,
  ): () => void
  onRead(...args: [...ResourceOf, NonNullable<ResourceHandlers['read']>]): () => void {
    return this.#add(args, read => ({ read }))
  }

  /** Judges and hears of what servers write to a resource. */
  onWrite(path: string, handlers: Pick<ResourceHandlers, 'validate' | 'written'>): () => void
  onWrite<const D extends ObjectDefinition, N extends ResourceName<D>>(
    definition: D,
    name: N,
    handlers: WriteHandlers<TypeOf<D, N>>,
  ): () => void
  onWrite(...args: [...ResourceOf, Pick<ResourceHandlers, 'validate' | 'written'>]): () => void {
    return this.#add(args, handlers => handlers)
  }

  /**
   * Takes what servers write to an opaque resource, block by block as it arrives, in place of the store: a package that is
   * larger than memory. See {@link ResourceHandlers.receive}. Throws OperationError `METHOD_NOT_ALLOWED` for a resource of
   * another type.
   */
  onReceive(path: string, receive: NonNullable<ResourceHandlers['receive']>): () => void
  onReceive<const D extends ObjectDefinition>(
    definition: D,
    name: ResourceName<D>,
    receive: NonNullable<ResourceHandlers['receive']>,
  ): () => void
  onReceive(...args: [...ResourceOf, NonNullable<ResourceHandlers['receive']>]): () => void {
    return this.#add(args, receive => ({ receive }), 'opaque')
  }

  /**
   * Completes the instances of an object that servers create, see {@link ObjectHandlers.created}. A definition that
   * is new is added, a path such as `/3303` must be known. Returns the function that takes the handler away.
   */
  onCreate(object: string | ObjectDefinition, created: NonNullable<ObjectHandlers['created']>): () => void {
    return this.#store.handlers.addToObject(this.#objectIdOf(object), { created })
  }

  /** Hears of the instances of an object that servers delete, see {@link ObjectHandlers.deleted}. */
  onDelete(object: string | ObjectDefinition, deleted: NonNullable<ObjectHandlers['deleted']>): () => void {
    return this.#store.handlers.addToObject(this.#objectIdOf(object), { deleted })
  }

  #objectIdOf(object: string | ObjectDefinition): number {
    if (typeof object !== 'string') {
      this.#store.define(object)
      return object.id
    }
    const [objectId, ...rest] = parsePath(object)
    if (objectId === undefined || rest.length > 0) throw new PathError(`"${object}" is not the path of an object`)
    if (this.#store.definition(objectId) === undefined) {
      throw new OperationError('NOT_FOUND', `there is no object ${objectId}`)
    }
    return objectId
  }

  /** `type`: the only one that such handlers are for. */
  #add<H>(args: [...ResourceOf, H], toHandlers: (handler: H) => ResourceHandlers, type?: ResourceType): () => void {
    const { handlers } = this.#store
    if (args.length === 3) {
      const [definition, name, handler] = args
      const resourceId = resourceIdOf(definition, name)
      checkType(definition.resources[name], type)
      return handlers.add(definition.id, undefined, resourceId, toHandlers(handler))
    }
    const [text, handler] = args
    const [objectId, instanceId, resourceId] = parseResourcePath(text, this.#store)
    checkType(this.#store.resource(objectId, resourceId), type)
    return handlers.add(objectId, instanceId, resourceId, toHandlers(handler))
  }
}

function checkType(resource: ResourceDefinition | undefined, type: ResourceType | undefined): void {
  if (type === undefined || resource?.type === type) return
  throw new OperationError('METHOD_NOT_ALLOWED', `such a handler is for resources of type ${type}`)
}
