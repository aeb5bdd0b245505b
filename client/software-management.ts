import { repeat, Subscription } from 'rxjs'
import { softwareManagement as definition } from '../objects/definitions/software-management.ts'
import { OperationError, ValueError } from '../objects/errors.ts'
import type { ExecuteArguments } from '../objects/handlers.ts'
import type { Path } from '../objects/path.ts'
import type { Change } from '../objects/store.ts'
import type { Lwm2mClient } from './client.ts'
import { KeptPackage } from './kept-package.ts'
import { isOffNetwork } from './off-network.ts'
import { SoftwareInstance } from './software-instance.ts'
import { decodeSoftwareNote, type SoftwareNote } from './software-note.ts'
import {
  defaultMaximumInstances,
  type InstalledSoftware,
  isSoftwareName,
  type ManagedSoftware,
  maximumNameBytes,
  type SoftwareManagement,
  type SoftwareManagementOptions,
} from './software-options.ts'

/**
 * Has servers manage the software of a client: object Software Management with all it does (LwM2M Software Management 1.0). Each
 * instance is one package. Servers create and delete instances; those that have software on the device can only be deleted once
 * that is uninstalled. Packages are downloaded while the client is started and on the network. After a restart the instances are
 * there again, each where it was: a download goes on from the bytes that are there, a package that a server was writing is lost
 * (Update Result 52).
 *
 * ```ts
 * const software = softwareManagement(client, {
 *   stores: filePackageStores('/var/lib/device/software'),
 *   install: async ({ instanceId, read }) => unpack(read(), `/opt/${instanceId}`),
 *   uninstall: async ({ instanceId }) => rm(`/opt/${instanceId}`, { recursive: true }),
 * })
 * software.add(0, { name: 'agent', version: '1.0', isActive: true })
 * ```
 *
 * The answers to Install and Uninstall do not wait for the end, which Update State and Update Result tell; that to Activate
 * and Deactivate does, since there is no result for them. A client has one software management at a time.
 */
export function softwareManagement(client: Lwm2mClient, options: SoftwareManagementOptions): SoftwareManagement {
  return new SoftwareManager(client, options)
}

class SoftwareManager implements SoftwareManagement {
  readonly #client: Lwm2mClient
  readonly #options: SoftwareManagementOptions
  readonly #instances = new Map<number, SoftwareInstance>()
  /** Also those of instances that are gone: what an instance of the same id does comes after what they still do. */
  readonly #packages = new Map<number, KeptPackage>()
  readonly #subscription = new Subscription()
  /** The objects that had no instance when the last operation on software was done. */
  #emptyObjects: string

  constructor(client: Lwm2mClient, options: SoftwareManagementOptions) {
    this.#client = client
    this.#options = options
    client.objects.define(definition)
    this.#emptyObjects = emptyObjects(client)
    this.#serve()
    for (const instanceId of options.stores.list()) {
      const note = this.#load(instanceId)
      if (note !== undefined) this.#add(instanceId, note)
    }
    // The streams of a client end when it is stopped, which it may be more than once.
    this.#subscription.add(client.changes$.pipe(repeat()).subscribe(changes => this.#follow(changes)))
    this.#subscription.add(
      client.actor.subscribe(snapshot => {
        const isOff = isOffNetwork(snapshot)
        for (const instance of this.#instances.values()) instance.hold(isOff)
      }),
    )
  }

  get instances(): ReadonlyMap<number, ManagedSoftware> {
    return this.#instances
  }

  add(instanceId: number, installed?: InstalledSoftware): ManagedSoftware {
    const known = this.#instances.get(instanceId)
    return known ?? this.#add(instanceId, this.#load(instanceId) ?? (installed && factoryNote(installed)))
  }

  unsubscribe(): void {
    this.#subscription.unsubscribe()
    for (const instance of this.#instances.values()) instance.end()
    for (const kept of this.#packages.values()) kept.end()
    this.#instances.clear()
  }

  /** What servers may ask of every instance. */
  #serve(): void {
    const { objects } = this.#client
    const ends = [
      objects.onExecute(definition, 'install', path => this.#find(path).order({ type: 'install' })),
      objects.onExecute(definition, 'uninstall', (path, args) => {
        this.#find(path).order({ type: 'uninstall', isForUpdate: isForUpdate(args) })
      }),
      objects.onExecute(definition, 'activate', path => this.#find(path).setActive(true)),
      objects.onExecute(definition, 'deactivate', path => this.#find(path).setActive(false)),
      // Of an instance that is being created nothing is known yet, and everything is allowed.
      objects.onWrite(definition, 'packageUri', {
        written: ([, instanceId], uri) => this.#instances.get(instanceId as number)?.checkUri(uri),
      }),
      objects.onCreate(definition, path => this.#complete(path)),
      objects.onDelete(definition, path => this.#checkDelete(path)),
    ]
    for (const end of ends) this.#subscription.add(end)
  }

  #find([, instanceId]: Path): SoftwareInstance {
    const instance = this.#instances.get(instanceId as number)
    if (instance !== undefined) return instance
    throw new OperationError('METHOD_NOT_ALLOWED', 'this software is not managed')
  }

  /** Completes an instance that a server creates. */
  #complete([, instanceId]: Path): void {
    const { objects } = this.#client
    const { maximumInstances = defaultMaximumInstances } = this.#options
    const created = objects.instance(definition, instanceId as number)
    if (new Set(objects.entries(`/${definition.id}`).map(({ path }) => path[1])).size > maximumInstances) {
      throw new OperationError('BAD_REQUEST', `there are ${maximumInstances} instances, which is the limit`)
    }
    if (created.get('package') !== undefined) {
      throw new OperationError('BAD_REQUEST', 'a package is written to an instance that is there')
    }
    created.set({ ...initialValues, updateSupportedObjects: created.get('updateSupportedObjects') ?? false })
  }

  #checkDelete([, instanceId]: Path): void {
    if (this.#instances.get(instanceId as number)?.isRemovable !== false) return
    throw new OperationError('METHOD_NOT_ALLOWED', 'the software is to be uninstalled first')
  }

  #follow(changes: readonly Change[]): void {
    for (const { kind, path } of changes) {
      const [objectId, instanceId, resourceId] = path as [number, number, number?]
      if (objectId !== definition.id) continue
      if (kind === 'deleted') this.#remove(instanceId)
      else if (kind === 'created') this.add(instanceId)
      else if (resourceId === definition.resources.packageUri.id) this.#takeUri(instanceId)
    }
  }

  #takeUri(instanceId: number): void {
    const uri = this.#client.objects.get(`/${definition.id}/${instanceId}/${definition.resources.packageUri.id}`)
    if (typeof uri === 'string') this.#instances.get(instanceId)?.takeUri(uri)
  }

  #load(instanceId: number): SoftwareNote | undefined {
    const known = this.#packages.get(instanceId)
    // An instance of this id was deleted: there is nothing left of it.
    if (known !== undefined) return undefined
    const kept = new KeptPackage(this.#options.stores.open(instanceId))
    this.#packages.set(instanceId, kept)
    return decodeSoftwareNote(kept.load().note)
  }

  #add(instanceId: number, note: SoftwareNote | undefined): SoftwareInstance {
    const { objects, actor } = this.#client
    const kept = this.#packages.get(instanceId) as KeptPackage
    // Whoever hears of the instance finds it working.
    return objects.batch(() => {
      if (!objects.has(`/${definition.id}/${instanceId}`)) objects.create(definition, instanceId, initialValues)
      const instance = new SoftwareInstance(instanceId, {
        client: this.#client,
        options: this.#options,
        kept,
        settled: () => this.#tellObjects(instanceId),
        held: isOffNetwork(actor.getSnapshot()),
        note,
      })
      this.#instances.set(instanceId, instance)
      return instance
    })
  }

  /** Of objects without an instance no server hears by itself (Update Supported Objects, /9/x/8). */
  #tellObjects(instanceId: number): void {
    const { objects, actor } = this.#client
    const now = emptyObjects(this.#client)
    if (now === this.#emptyObjects) return
    this.#emptyObjects = now
    const isWanted = objects.get(`/${definition.id}/${instanceId}/${definition.resources.updateSupportedObjects.id}`)
    if (isWanted === true) actor.send({ type: 'instances.changed' })
  }

  /** The instance is deleted: nothing is to be left of it. */
  #remove(instanceId: number): void {
    this.#instances.get(instanceId)?.end()
    this.#instances.delete(instanceId)
    const kept = this.#packages.get(instanceId)
    void kept?.clear()
    void kept?.note(null)
  }
}

/** What a new instance holds; the default of Update Supported Objects is false. */
const initialValues = {
  packageName: '',
  packageVersion: '',
  updateState: 0,
  updateSupportedObjects: false,
  updateResult: 0,
  activationState: false,
}

/** No argument or argument 0: the software goes. Argument 1: it is replaced (/9/x/6). Neither has a value. */
function isForUpdate(args: ExecuteArguments): boolean {
  const [digit = 0, ...others] = args.keys()
  if (others.length > 0 || digit > 1 || args.get(digit) !== undefined) {
    throw new OperationError('BAD_REQUEST', 'Uninstall takes the argument 0 or 1')
  }
  return digit === 1
}

/** Throws ValueError. */
function factoryNote({ name = '', version = '', isActive = false }: InstalledSoftware): SoftwareNote {
  if (!isSoftwareName(name) || !isSoftwareName(version)) {
    throw new ValueError(`a name and a version are texts of ${maximumNameBytes} bytes at most`)
  }
  const phase = isActive ? 'active' : 'inactive'
  return { saved: { phase, result: 2, isInPlace: true, isForUpdate: false, name, version } }
}

function emptyObjects({ objects }: Lwm2mClient): string {
  const empty = objects.definitions().filter(({ id }) => objects.entries(`/${id}`).length === 0)
  return empty.map(({ id }) => id).join()
}
