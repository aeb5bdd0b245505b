import { restoreSnapshot, type Snapshot, takeSnapshot } from '../objects/snapshot.ts'
import type { ObjectStore } from '../objects/store.ts'

/**
 * What a session of a Bootstrap-Server changes, so that it can be undone: the instances it touched become what they were,
 * those that the application made or set meanwhile stay.
 */
export class BootstrapSession {
  readonly #store: ObjectStore
  readonly #touched = new Set<string>()
  #before: Snapshot | undefined

  constructor(store: ObjectStore) {
    this.#store = store
  }

  /** Runs an operation of the Bootstrap-Server that changes something. */
  change<T>(perform: () => T | Promise<T>): T | Promise<T> {
    this.#before ??= takeSnapshot(this.#store)
    const stopListening = this.#store.onChanges(changes => {
      for (const { path } of changes) this.#touched.add(instanceOf(path))
    })
    const result = perform()
    if (result instanceof Promise) return result.finally(stopListening)
    stopListening()
    return result
  }

  /** Its changes stay. */
  accept(): void {
    this.#before = undefined
    this.#touched.clear()
  }

  rollBack(): void {
    const before = this.#before
    if (before === undefined) return
    const isTouched = ({ path }: { readonly path: readonly number[] }) => this.#touched.has(instanceOf(path))
    const now = takeSnapshot(this.#store, before.objectIds)
    const entries = [...before.entries.filter(isTouched), ...now.entries.filter(entry => !isTouched(entry))]
    this.accept()
    restoreSnapshot(this.#store, { objectIds: before.objectIds, entries })
  }
}

function instanceOf([objectId, instanceId]: readonly number[]): string {
  return `${objectId}/${instanceId}`
}
