import type { ObjectDefinition } from '../objects/definition.ts'
import { gateway } from '../objects/definitions/gateway.ts'
import { deviceLinks } from '../objects/links.ts'
import { ObjectsApi } from '../objects/objects.ts'
import { formatPath } from '../objects/path.ts'
import { ObjectStore } from '../objects/store.ts'
import { changes$ } from '../streams/changes.ts'
import { PathRouter } from '../streams/route.ts'
import type { Clock } from '../transport/clock.ts'
import type { IotDevice, IotDevices } from './iot-devices.ts'

/** A device behind the client. */
export interface GatewayDevice {
  readonly deviceId: string
  readonly prefix: string
  /** In the Gateway object. */
  readonly instanceId: number
  /** Its objects: create, read, write, and hook into them, as with those of the client. */
  readonly objects: ObjectsApi
  /** It is there no more: what servers observe of it ends, with 4.04 for those that can be told. Idempotent. */
  remove(): void
}

export interface AddedDeviceOptions extends Pick<GatewayDevice, 'deviceId' | 'prefix' | 'instanceId'> {
  /** The objects of the client. */
  readonly clientObjects: ObjectsApi
  readonly devices: IotDevices
  readonly clock: Clock
  readonly definitions: readonly ObjectDefinition[]
  readonly onRemoved: () => void
}

/** Keeps an instance of the Gateway object what the device is (LwM2M Gateway 1.1 §6). */
export class AddedDevice implements GatewayDevice {
  readonly deviceId: string
  readonly prefix: string
  readonly instanceId: number
  readonly objects: ObjectsApi
  readonly #options: AddedDeviceOptions
  readonly #device: IotDevice
  readonly #stopListening: () => void

  constructor(options: AddedDeviceOptions) {
    const { deviceId, prefix, instanceId, devices, clock, definitions } = options
    const store = new ObjectStore(prefix)
    for (const definition of definitions) store.define(definition)
    this.deviceId = deviceId
    this.prefix = prefix
    this.instanceId = instanceId
    this.objects = new ObjectsApi(store, () => clock.now() / 1000)
    this.#options = options
    this.#device = { deviceId, prefix, store, router: new PathRouter(changes$(store)) }
    this.#stopListening = store.onChanges(changes => {
      if (changes.some(({ kind }) => kind !== 'value')) this.tell()
    })
    this.tell()
    devices.add(this.#device)
  }

  /** Says in its instance what it has now; one that was deleted is made anew. */
  tell(): void {
    const { clientObjects, deviceId, prefix, instanceId } = this.#options
    const values = { deviceId, prefix, iotDeviceObjects: deviceLinks(this.#device.store) }
    if (clientObjects.has(formatPath([gateway.id, instanceId]))) {
      clientObjects.instance(gateway, instanceId).set(values)
    } else {
      clientObjects.create(gateway, instanceId, values)
    }
  }

  remove(): void {
    const { clientObjects, devices, onRemoved } = this.#options
    // Another device may have the prefix and the instance since.
    if (devices.find(this.prefix) !== this.#device) return
    this.#stopListening()
    onRemoved()
    devices.remove(this.#device)
    const path = formatPath([gateway.id, this.instanceId])
    if (clientObjects.has(path)) clientObjects.delete(path)
  }
}
