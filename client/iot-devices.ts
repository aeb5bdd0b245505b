import type { ObjectStore } from '../objects/store.ts'
import type { PathRouter } from '../streams/route.ts'

/** A device behind the client, which acts as its gateway (LwM2M Gateway 1.1 §6). */
export interface IotDevice {
  readonly deviceId: string
  /** What its paths begin with. */
  readonly prefix: string
  /** Its objects; the prefix is that of the store, too. */
  readonly store: ObjectStore
  readonly router: PathRouter
}

/** Hears of devices that come and go. Called synchronously, so it must not throw. */
export interface IotDevicesListener {
  added(device: IotDevice): void
  removed(device: IotDevice): void
}

/** The devices behind a client; see `Gateway`, which fills it. */
export class IotDevices {
  readonly #byPrefix = new Map<string, IotDevice>()
  readonly #listeners = new Set<IotDevicesListener>()

  get size(): number {
    return this.#byPrefix.size
  }

  find(prefix: string): IotDevice | undefined {
    return this.#byPrefix.get(prefix)
  }

  [Symbol.iterator](): Iterator<IotDevice> {
    return this.#byPrefix.values()
  }

  /** Makes a device reachable by its prefix, which must be free. */
  add(device: IotDevice): void {
    this.#byPrefix.set(device.prefix, device)
    for (const listener of this.#listeners) listener.added(device)
  }

  remove(device: IotDevice): void {
    if (this.#byPrefix.get(device.prefix) !== device) return
    this.#byPrefix.delete(device.prefix)
    for (const listener of this.#listeners) listener.removed(device)
  }

  /** Returns the function that ends it. */
  listen(listener: IotDevicesListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
