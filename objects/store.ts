import {
  appendContent,
  appendInstance,
  ascendingIds,
  type Content,
  checkContent,
  checkId,
  checkResourceValue,
  lowestFreeId,
  type ResourceInstances,
  type StoredContent,
  sameContent,
} from './content.ts'
import type { ObjectDefinition } from './definition.ts'
import { type DefinitionTable, type ResourceEntry, tableOf } from './definition-table.ts'
import { OperationError } from './errors.ts'
import type { Schema } from './formats/format.ts'
import { Handlers, isPromiseLike } from './handlers.ts'
import { Lock } from './lock.ts'
import { formatPath, type Path } from './path.ts'
import type { PathValue } from './path-value.ts'
import { TimeSeriesTable } from './time-series-table.ts'
import type { Value } from './value.ts'

/**
 * One fact about what has happened. `value`: a resource or resource instance was set or removed, `path` is its path.
 * `created`, `deleted`: an object instance, with all it holds.
 */
export interface Change {
  readonly path: Path
  readonly kind: 'value' | 'created' | 'deleted'
}

/**
 * Who writes: what a server writes counts as a change even when the value stays the same, what the application writes
 * enters time series, what is restored does neither.
 */
export type Origin = 'application' | 'server' | 'snapshot'

/** Result of a synchronous function; an async function has none, so that passing one does not compile. */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T

type Instance = Map<number, StoredContent>

interface StoredObject {
  readonly table: DefinitionTable
  readonly instances: Map<number, Instance>
}

/**
 * The objects of one client, or of one device behind a gateway: definitions, instances, values. Every change is checked against its definition, grouped
 * into transactions and told to the listeners. What does not exist is an {@link OperationError} `NOT_FOUND`, what the
 * type or range forbids a `ValueError`.
 */
export class ObjectStore implements Schema {
  readonly prefix: string | undefined
  readonly handlers = new Handlers()
  readonly timeSeries = new TimeSeriesTable(this.handlers)
  readonly #objects = new Map<number, StoredObject>()
  readonly #listeners = new Set<(changes: readonly Change[]) => void>()
  readonly #lock = new Lock(() => this.#publish())
  /** How to undo the open batch, oldest step first. */
  readonly #undo: (() => void)[] = []
  /** What the open batch or lock holds back. */
  #changes: Change[] = []
  #batches = 0
  #publishing = false
  #origin: Origin = 'application'

  /** `prefix`: of the device behind a gateway whose objects these are. */
  constructor(prefix?: string) {
    this.prefix = prefix
  }

  /** Adds an object; a second time with the same definition is no error. Throws TypeError for another definition. */
  define(definition: ObjectDefinition): void {
    const known = this.#objects.get(definition.id)?.table.definition
    if (known === definition) return
    if (known !== undefined) throw new TypeError(`object ${definition.id} is already defined as ${known.name}`)
    this.#objects.set(definition.id, { table: tableOf(definition), instances: new Map() })
    if (this.#batches > 0) this.#undo.push(() => this.#objects.delete(definition.id))
  }

  definition(objectId: number): ObjectDefinition | undefined {
    return this.#objects.get(objectId)?.table.definition
  }

  /** All definitions, in ascending order of object id. */
  objects(): ObjectDefinition[] {
    return ascendingIds(this.#objects).map(id => this.#object(id).table.definition)
  }

  resource(objectId: number, resourceId: number): ResourceEntry | undefined {
    return this.#objects.get(objectId)?.table.byId.get(resourceId)
  }

  /** The resources an object defines, in ascending order of id. */
  resources(objectId: number): readonly ResourceEntry[] {
    return this.#object(objectId).table.resources
  }

  /** In ascending order; empty for an unknown object. */
  instanceIds(objectId: number): number[] {
    const object = this.#objects.get(objectId)
    return object === undefined ? [] : ascendingIds(object.instances)
  }

  /** 0 for an unknown object. */
  instanceCount(objectId: number): number {
    return this.#objects.get(objectId)?.instances.size ?? 0
  }

  hasInstance(objectId: number, instanceId: number): boolean {
    return this.#objects.get(objectId)?.instances.has(instanceId) ?? false
  }

  /**
   * Creates an instance, with the lowest free id when none is given, and returns its id. Of the paths of `values` only
   * what lies below the instance counts. Throws OperationError `BAD_REQUEST` when the id is taken, and for an object of a
   * single instance when that exists, or for another id than its 0 (LwM2M Core 1.2.2 §6.3.6).
   */
  createInstance(objectId: number, instanceId?: number, values: readonly PathValue[] = []): number {
    const { instances, table } = this.#object(objectId)
    const id = checkId(instanceId ?? lowestFreeId(instances))
    if (table.definition.multiple !== true && id !== 0) {
      throw new OperationError('BAD_REQUEST', `the only instance of object ${objectId} is 0`)
    }
    if (instances.has(id)) throw new OperationError('BAD_REQUEST', `/${objectId}/${id} exists already`)
    return this.batch(() => {
      instances.set(id, new Map())
      this.#note('created', [objectId, id], () => instances.delete(id))
      for (const { path, value } of values) {
        if (path.length > 2) this.set([objectId, id, ...path.slice(2)], value ?? {})
      }
      return id
    }, this.#origin)
  }

  deleteInstance(objectId: number, instanceId: number): void {
    const instance = this.#instance([objectId, instanceId])
    const { instances } = this.#object(objectId)
    instances.delete(instanceId)
    this.#note('deleted', [objectId, instanceId], () => instances.set(instanceId, instance))
  }

  /** The value of a single resource or a resource instance; bytes are the store's own and must not be changed. */
  get(path: Path): Value | undefined {
    const content = this.content(path)
    return content instanceof Map ? undefined : content
  }

  /** What is stored at a resource or resource instance; the store's own, not to be changed. */
  content(path: Path): StoredContent | undefined {
    const content = this.#objects
      .get(path[0] as number)
      ?.instances.get(path[1] as number)
      ?.get(path[2] as number)
    if (path.length === 3) return content
    return path.length === 4 && content instanceof Map ? content.get(path[3] as number) : undefined
  }

  /** Whether the store holds something of this place; an object exists when it is defined. */
  has(path: Path): boolean {
    const [objectId, instanceId] = path
    if (objectId === undefined) return true
    if (instanceId === undefined) return this.#objects.has(objectId)
    return path.length === 2 ? this.hasInstance(objectId, instanceId) : this.content(path) !== undefined
  }

  /**
   * Sets a resource, or with four identifiers one resource instance, which is created when it is missing. All of a
   * multiple resource is set with an object from resource instance id to value. The instance must exist.
   */
  set(path: Path, content: Content): void {
    const instance = this.#instance(path)
    const resource = this.#resource(path)
    if (path.length !== 3) return this.#setResourceInstance(instance, resource, path, content)
    const next = checkContent(resource, content)
    const entered = this.#enter(path, next)
    const before = instance.get(resource.id)
    if (!entered && this.#origin !== 'server' && before !== undefined && sameContent(before, next)) return
    put(instance, resource.id, next)
    this.#note('value', path, () => put(instance, resource.id, before))
  }

  #setResourceInstance(instance: Instance, resource: ResourceEntry, path: Path, content: Content): void {
    const next = checkResourceValue(resource, content)
    const id = checkId(path[3] as number)
    const entered = this.#enter(path, next)
    const existing = instance.get(resource.id) as ResourceInstances | undefined
    const values = existing ?? new Map<number, Value>()
    const before = values.get(id)
    if (!entered && this.#origin !== 'server' && before !== undefined && sameContent(before, next)) return
    instance.set(resource.id, values)
    values.set(id, next)
    this.#note('value', path, () => {
      put(values, id, before)
      put(instance, resource.id, existing)
    })
  }

  /** Whether a write makes an entry of a time series; then even an equal value is a change. */
  #enter(path: Path, content: StoredContent): boolean {
    if (this.timeSeries.isEmpty || this.#origin !== 'application') return false
    return this.timeSeries.enter(path, content, this.#batches > 0 ? this.#undo : undefined)
  }

  /** Tells of a change that the store cannot know of: what a `read` handler supplies is another. */
  changed(path: Path): void {
    this.#instance(path)
    this.#resource(path)
    this.#note('value', path, () => undefined)
  }

  /** Removes a resource or a resource instance; nothing happens when it is not there. The instance must exist. */
  remove(path: Path): void {
    const instance = this.#instance(path)
    const resource = this.#resource(path)
    const holder: Map<number, StoredContent> | undefined =
      path.length === 3 ? instance : (instance.get(resource.id) as ResourceInstances | undefined)
    const id = path.at(-1) as number
    const before = holder?.get(id)
    if (holder === undefined || before === undefined) return
    holder.delete(id)
    this.#note('value', path, () => holder.set(id, before))
  }

  /**
   * What is stored at and below a path, in tree order, of those resources that pass the filter. An instance of which
   * nothing is left and an empty multiple resource appear as a path without value.
   */
  entries(path: Path, filter?: (resource: ResourceEntry) => boolean): PathValue[] {
    const found: PathValue[] = []
    const [objectId, instanceId, resourceId] = path
    if (objectId !== undefined && resourceId !== undefined) {
      const resource = this.resource(objectId, resourceId)
      const content = this.content(path)
      if (resource && content !== undefined && filter?.(resource) !== false) appendContent(path, content, found)
      return found
    }
    for (const id of objectId === undefined ? ascendingIds(this.#objects) : [objectId]) {
      for (const one of instanceId === undefined ? this.instanceIds(id) : [instanceId]) {
        const instance = this.#objects.get(id)?.instances.get(one)
        if (instance) appendInstance([id, one], this.resources(id), instance, filter, found)
      }
    }
    return found
  }

  /**
   * Runs a synchronous function as one transaction: listeners hear of all its changes in one call, and a throw undoes
   * every one of them before it is passed on. A batch inside a batch joins it. Throws TypeError for an async function.
   */
  batch<T>(fn: () => Synchronous<T>, origin: Origin = 'application'): T {
    const outerOrigin = this.#origin
    const undoMark = this.#undo.length
    const changesMark = this.#changes.length
    this.#batches++
    this.#origin = origin
    try {
      const result: T = fn()
      if (isPromiseLike(result)) throw new TypeError('a batch takes a synchronous function')
      return result
    } catch (error) {
      while (this.#undo.length > undoMark) this.#undo.pop()?.()
      this.#changes.length = changesMark
      throw error
    } finally {
      this.#origin = outerOrigin
      if (--this.#batches === 0) {
        this.#undo.length = 0
        this.#publish()
      }
    }
  }

  /**
   * Closes the store to servers until the returned function is called; changes are told in one call then. Locks are
   * counted. The store itself goes on working: who performs operations asks {@link whenUnlocked}.
   */
  lock(): () => void {
    return this.#lock.acquire()
  }

  get locked(): boolean {
    return this.#lock.held
  }

  /** Calls back once when no lock is held, at once if that is now. Returns the function that cancels the wait. */
  whenUnlocked(callback: () => void): () => void {
    return this.#lock.whenOpen(callback)
  }

  /**
   * Listens to changes: one call for each outermost batch or lone change, in the order in which they happened; a place
   * may occur more than once. Never called for what was rolled back. A listener may change the store, which is told
   * after the current call, and must not throw. Returns the function that ends it.
   */
  onChanges(listener: (changes: readonly Change[]) => void): () => void {
    const own = (changes: readonly Change[]) => listener(changes)
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  #note(kind: Change['kind'], path: Path, undo: () => void): void {
    if (this.#batches > 0) this.#undo.push(undo)
    if (this.#listeners.size === 0) return
    this.#changes.push({ path, kind })
    this.#publish()
  }

  #publish(): void {
    if (this.#batches > 0 || this.#publishing) return
    this.#publishing = true
    try {
      while (this.#changes.length > 0 && !this.locked) {
        const changes = this.#changes
        this.#changes = []
        for (const listener of this.#listeners) listener(changes)
      }
    } finally {
      this.#publishing = false
    }
  }

  #object(objectId: number): StoredObject {
    const object = this.#objects.get(objectId)
    if (object === undefined) throw new OperationError('NOT_FOUND', `there is no object ${objectId}`)
    return object
  }

  #instance(path: Path): Instance {
    const instance = this.#object(path[0] as number).instances.get(path[1] as number)
    if (instance === undefined) throw new OperationError('NOT_FOUND', `there is no ${formatPath(path.slice(0, 2))}`)
    return instance
  }

  #resource(path: Path): ResourceEntry {
    const resource = this.resource(path[0] as number, path[2] as number)
    if (resource === undefined) throw new OperationError('NOT_FOUND', `there is no resource ${formatPath(path)}`)
    if (path.length === 4 && !resource.multiple) {
      throw new OperationError('NOT_FOUND', `${formatPath(path)} lies below a single resource`)
    }
    return resource
  }
}

function put<V>(map: Map<number, V>, id: number, value: V | undefined): void {
  if (value === undefined) map.delete(id)
  else map.set(id, value)
}
