import { filter, type Observable, repeat, Subscription, type TeardownLogic, type Unsubscribable } from 'rxjs'
import type { ExecutableName, InstanceValues, ObjectDefinition } from '../../objects/definition.ts'
import type { ResourceHandlers } from '../../objects/handlers.ts'
import type { ObjectInstanceHandle } from '../../objects/instance.ts'
import type { ObjectsApi } from '../../objects/objects.ts'
import { formatPath } from '../../objects/path.ts'
import type { Change } from '../../objects/store.ts'
import type { Clock } from '../../transport/clock.ts'
import type { Lwm2mClient } from '../client.ts'
import { definitionInUse } from './definition-in-use.ts'

/**
 * An object instance that lives: what it does by itself ends with `unsubscribe`, and the instance stays as it is then. What its
 * sources emit and the object does not allow, and a source that fails, become SINK_FAILURE in the events of the client.
 */
export interface Behaviour<D extends ObjectDefinition> extends Unsubscribable {
  /** For whatever else the application tells of it. */
  readonly instance: ObjectInstanceHandle<D>
}

export interface BehaviourOptions<D extends ObjectDefinition> {
  /** 0–65534, default 0. An instance that is there already is taken as it is. */
  readonly instanceId?: number
  /**
   * What the instance begins with; what it has already stays. A value out of its range makes the function throw ValueError, one
   * that the version of the object does not know OperationError `NOT_FOUND`; nothing is created then.
   */
  readonly values?: InstanceValues<D>
}

type ReadableName<D extends ObjectDefinition> = keyof InstanceValues<D> & keyof D['resources'] & string

/** What a behaviour does with its instance, by the names of the definition; all that is hooked in ends together. */
export class LivingInstance<D extends ObjectDefinition> implements Behaviour<D> {
  readonly instance: ObjectInstanceHandle<D>
  readonly clock: Clock
  readonly #client: Lwm2mClient
  readonly #subscription = new Subscription()

  /**
   * Creates the instance if it is missing, and gives it those of the values that it lacks; in the version of the object that
   * the client has, or else this one. Throws OperationError `NOT_FOUND` for a value which that version does not know,
   * ValueError for one out of range; nothing is created then.
   */
  constructor(
    client: Lwm2mClient,
    definition: D,
    { instanceId = 0, values }: BehaviourOptions<D> = {},
    defaults?: InstanceValues<D>,
  ) {
    this.#client = client
    this.clock = client.clock
    const known = definitionInUse(client, definition)
    this.instance = settle(client.objects, known, instanceId, { ...defaults, ...values } as InstanceValues<D>)
  }

  /** Whether it has ended, by `unsubscribe`. */
  get isOver(): boolean {
    return this.#subscription.closed
  }

  /** Whether the instance exists; a server may have deleted it. */
  get isThere(): boolean {
    return this.#client.objects.has(`/${this.instance.definition.id}/${this.instance.instanceId}`)
  }

  /**
   * Sets resources to what `toValues` makes of what the source emits, as a sink does: a failure of the source, or of a
   * value, is told and ends nothing.
   */
  feed<T>(source$: Observable<T>, toValues: (value: T) => InstanceValues<D>): void {
    this.feedWith(source$, value => this.instance.set(toValues(value)))
  }

  /** The same with what is not only set: one transaction for each value. */
  feedWith<T>(source$: Observable<T>, write: (value: T) => void): void {
    const { definition, instanceId } = this.instance
    this.add(source$.subscribe(this.#client.sink(`/${definition.id}/${instanceId}`, write)))
  }

  /** Supplies a resource each time it is read. */
  onRead(name: ReadableName<D>, read: NonNullable<ResourceHandlers['read']>): void {
    this.add(this.#client.objects.onRead(this.#path(name), read))
  }

  /** Judges what servers write to a resource, see {@link ResourceHandlers.validate}. */
  onWrite(name: ReadableName<D>, validate: NonNullable<ResourceHandlers['validate']>): void {
    this.add(this.#client.objects.onWrite(this.#path(name), { validate }))
  }

  /** Performs a resource. */
  onExecute(name: ExecutableName<D> & string, execute: NonNullable<ResourceHandlers['execute']>): void {
    this.add(this.#client.objects.onExecute(this.#path(name), execute))
  }

  /**
   * Calls back after each transaction that has set or removed any of the resources, whoever wrote, or deleted the instance:
   * what lies outside the store then follows only what is never undone. Hears which of them it was.
   */
  follow(names: readonly ReadableName<D>[], listener: (set: ReadonlySet<string>) => void): void {
    const { definition, instanceId } = this.instance
    const nameOf = new Map(names.map(name => [this.instance.path(name)[2], name]))
    const concerns = ({ path: [objectId, ownInstanceId, resourceId], kind }: Change) =>
      objectId === definition.id && ownInstanceId === instanceId && (kind === 'deleted' || nameOf.has(resourceId))
    // The streams of a client end when it stops; the objects do not.
    const changes$ = this.#client.changes$.pipe(
      repeat(),
      filter(changes => changes.some(concerns)),
    )
    this.add(
      changes$.subscribe(changes => {
        const set = changes.filter(concerns).map(({ path }) => nameOf.get(path[2]))
        listener(new Set(set.filter(name => name !== undefined)))
      }),
    )
  }

  /** Has something end with the behaviour. */
  add(teardown: TeardownLogic): void {
    this.#subscription.add(teardown)
  }

  unsubscribe(): void {
    this.#subscription.unsubscribe()
  }

  #path(name: keyof D['resources'] & string): string {
    return formatPath(this.instance.path(name))
  }
}

function settle<D extends ObjectDefinition>(
  objects: ObjectsApi,
  definition: D,
  instanceId: number,
  values: InstanceValues<D>,
): ObjectInstanceHandle<D> {
  return objects.batch(() => {
    objects.define(definition)
    const isThere = objects.has(`/${definition.id}/${instanceId}`)
    const instance = isThere ? objects.instance(definition, instanceId) : objects.create(definition, instanceId)
    const missing = Object.entries(values).filter(([name]) => !objects.has(formatPath(instance.path(name))))
    instance.set(Object.fromEntries(missing) as InstanceValues<D>)
    return instance
  })
}
