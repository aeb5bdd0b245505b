import { repeat } from 'rxjs'
import type { ObjectDefinition } from '../objects/definition.ts'
import { gateway } from '../objects/definitions/gateway.ts'
import { OperationError } from '../objects/errors.ts'
import { longestPrefix } from '../objects/formats/name-prefix.ts'
import { printable } from '../objects/printable.ts'
import type { Lwm2mClient } from './client.ts'
import { AddedDevice, type GatewayDevice } from './gateway-device.ts'
import { OptionsError } from './options-error.ts'

export interface GatewayDeviceOptions {
  /** Tells the device from all others, best without regard to this gateway: a URN is recommended. */
  readonly deviceId: string
  /**
   * What its paths begin with: 1 to 32 letters, digits and `-:._`, of which a letter or digit comes first. No number, which
   * would be an object, and none of `bs`, `rd` and `dp`. Default: `d` and a number.
   */
  readonly prefix?: string
  /** What objects it may have. */
  readonly objects?: readonly ObjectDefinition[]
  /** Of the Gateway object. Default: the lowest that is free. */
  readonly instanceId?: number
}

/**
 * Makes a client the gateway of devices that do not speak LwM2M themselves (LwM2M Gateway 1.1): servers find each of them in
 * an instance of object 25, and reach its objects below its prefix, as `/d0/3303/0/5700`, with all that they can do with those
 * of the client. What they may do is not subject to Access Control (§7). A server learns of a device by an Update; what the
 * device has is in `/25/x/3`, never in an Update (§8.2).
 *
 * ```ts
 * const gateway = new Gateway(client)
 * const shed = gateway.add({ deviceId: 'urn:dev:mac:0024befffe804ff1', objects: [temperature] })
 * const sensor = shed.objects.create(temperature, 0, { sensorValue: 21.5 })
 * ```
 */
export class Gateway {
  readonly #client: Lwm2mClient
  readonly #devices = new Map<string, AddedDevice>()

  /** One for a client. Throws TypeError when the client has another definition of object 25. */
  constructor(client: Lwm2mClient) {
    this.#client = client
    client.objects.define(gateway)
    client.objects.onCreate(gateway, () => {
      throw new OperationError('METHOD_NOT_ALLOWED', 'only the gateway knows what is behind it')
    })
    // A server or a bootstrap may delete the instance of a device that is still there.
    client.changes$.pipe(repeat()).subscribe(changes => {
      for (const { kind, path } of changes) if (kind === 'deleted' && path[0] === gateway.id) this.#reinstate(path[1])
    })
  }

  /** The devices it has, in the order in which they came. */
  get devices(): readonly GatewayDevice[] {
    return [...this.#devices.values()]
  }

  /**
   * Takes a device that the client manages from now on. What servers observed of it before a restart of the process goes on,
   * so its objects are best created at once. Throws OptionsError for a prefix or Device ID that cannot be one or is
   * in use, OperationError `BAD_REQUEST` for an instance id that is.
   */
  add({ deviceId, prefix, objects = [], instanceId }: GatewayDeviceOptions): GatewayDevice {
    const { devices, objects: clientObjects, clock } = this.#client
    if (deviceId === '') throw new OptionsError('a Device ID must not be empty')
    for (const device of devices) {
      if (device.deviceId === deviceId) throw new OptionsError(`there is a device "${printable(deviceId)}" already`)
    }
    if (prefix !== undefined) this.#checkPrefix(prefix)
    return clientObjects.batch(() => {
      const { instanceId: id } = clientObjects.create(gateway, instanceId)
      const device = new AddedDevice({
        deviceId,
        prefix: prefix ?? this.#freePrefix(id),
        instanceId: id,
        clientObjects,
        devices,
        clock,
        definitions: objects,
        onRemoved: () => this.#devices.delete(deviceId),
      })
      this.#devices.set(deviceId, device)
      return device
    })
  }

  #checkPrefix(prefix: string): void {
    if (!prefixPattern.test(prefix) || prefix.length > longestPrefix || reserved.has(prefix)) {
      throw new OptionsError(`"${printable(prefix)}" cannot be a prefix; write a short name such as d01`)
    }
    if (this.#client.devices.find(prefix) !== undefined) throw new OptionsError(`the prefix "${prefix}" is in use`)
  }

  #freePrefix(first: number): string {
    let number = first
    while (this.#client.devices.find(`d${number}`) !== undefined) number++
    return `d${number}`
  }

  #reinstate(instanceId: number | undefined): void {
    for (const device of this.#devices.values()) if (device.instanceId === instanceId) device.tell()
  }
}

/** RFC 8428 §4.5.1: what names may consist of. */
const prefixPattern = /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9:._-]*$/

/** First segments of paths with a meaning of their own (LwM2M Transport 1.2.2 §6.4). */
const reserved: ReadonlySet<string> = new Set(['bs', 'rd', 'dp'])
