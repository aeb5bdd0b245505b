import type { EnablerVersion } from '../objects/enabler.ts'
import { FormatError, OperationError } from '../objects/errors.ts'
import { prefixOfNames } from '../objects/formats/name-prefix.ts'
import type { Path } from '../objects/path.ts'
import { type CoapMessage, Code } from '../transport/coap/message.ts'
import { findUint, OptionNumber } from '../transport/coap/options.ts'
import type { CoapPeer } from '../transport/coap/peer.ts'
import { findPrefix } from '../transport/lwm2m/downlink.ts'
import { ConfirmableTurn } from './confirmable-turn.ts'
import { deviceManagement, refusal } from './device-management.ts'
import type { IotDevice, IotDevices } from './iot-devices.ts'
import type { RequestPerformer } from './link.ts'
import type { Observations } from './observations.ts'
import type { ReportingStatus } from './reporting-status.ts'
import { type SavedReporting, StoreReporting, type StoreReportingOptions } from './store-reporting.ts'

/** What is known of a device behind the client. */
export interface SavedDevice extends SavedReporting {
  readonly deviceId: string
}

/** What is known of the client, and of the devices behind it by their prefixes. */
export interface SavedServerReporting extends SavedReporting {
  readonly devices?: { readonly [prefix: string]: SavedDevice }
}

export interface ServerReportingOptions extends StoreReportingOptions {
  readonly devices: IotDevices
}

/** A device that a server has to do with. */
interface Served {
  readonly reporting: StoreReporting
  readonly stopListening: () => void
}

/**
 * What one server has attached and observes: of the client, and of the devices behind it. Those are as the client itself is,
 * each with its own set; there is none before the server asks for something of the device.
 */
export class ServerReporting {
  /** That of the client itself. */
  readonly own: StoreReporting
  readonly #options: ServerReportingOptions & { readonly turn: ConfirmableTurn }
  readonly #served = new Map<IotDevice, Served>()
  readonly #stopListening: () => void
  /** What an earlier process knew of devices that are not there yet, by prefix. */
  readonly #unclaimed = new Map<string, SavedDevice>()
  #enablerVersion: EnablerVersion
  #peer: CoapPeer | undefined
  #held = false
  #paused = false

  constructor(options: ServerReportingOptions) {
    this.#options = { ...options, turn: new ConfirmableTurn() }
    this.#enablerVersion = options.enablerVersion
    this.own = new StoreReporting(this.#options)
    this.#stopListening = options.devices.listen({
      // The application is to create its objects first.
      added: device => queueMicrotask(() => this.#claim(device)),
      removed: device => this.#remove(device),
    })
  }

  get status(): ReportingStatus {
    const all = this.#all().map(({ status }) => status)
    return {
      attributes: Object.assign({}, ...all.map(({ attributes }) => attributes)) as ReportingStatus['attributes'],
      observations: all.flatMap(({ observations }) => observations),
    }
  }

  set enablerVersion(version: EnablerVersion) {
    this.#enablerVersion = version
    for (const reporting of this.#all()) reporting.enablerVersion = version
  }

  /** Performs the requests of a connection, each on the objects of the client or of the device that it is about. */
  performing(isOpen: () => boolean): RequestPerformer {
    const performOn = ({ store, context, observations }: StoreReporting): RequestPerformer =>
      deviceManagement({ store, context, observations, isOpen })
    const own = performOn(this.own)
    return {
      perform: request => {
        let device: IotDevice | undefined
        try {
          device = this.#addressed(request.message)
        } catch (error) {
          return refusal(error)
        }
        if (device === undefined) return own.perform(request)
        const reporting = this.of(device)
        const { perform } = performOn(reporting)
        const { store } = reporting
        if (!store.locked) return perform(request)
        return new Promise(resolve => void store.whenUnlocked(() => resolve(perform(request))))
      },
      // What a device behind the client is written is put together first.
      receive: first => (findPrefix(first) === undefined ? own.receive?.(first) : undefined),
    }
  }

  /** That of a device behind the client. */
  of(device: IotDevice): StoreReporting {
    const served = this.#served.get(device)
    if (served !== undefined) return served.reporting
    const { store, router } = device
    const reporting = new StoreReporting({
      ...this.#options,
      store,
      router,
      enablerVersion: this.#enablerVersion,
    })
    const stopListening = store.onChanges(changes => {
      for (const { kind, path } of changes) if (kind === 'deleted') reporting.forgetInstance(path)
    })
    this.#served.set(device, { reporting, stopListening })
    const { observations } = reporting
    if (this.#held) observations.hold()
    if (this.#paused) observations.pause()
    if (this.#peer !== undefined) observations.attach(this.#peer)
    return reporting
  }

  hold(): void {
    this.#held = true
    this.#forEach(observations => observations.hold())
  }

  release(): void {
    this.#held = false
    this.#forEach(observations => observations.release())
  }

  pause(): void {
    this.#paused = true
    this.#forEach(observations => observations.pause())
  }

  resume(): void {
    this.#paused = false
    this.#forEach(observations => observations.resume())
  }

  attach(peer: CoapPeer): void {
    this.#peer = peer
    this.#forEach(observations => observations.attach(peer))
  }

  detach(): void {
    this.#peer = undefined
    this.#forEach(observations => observations.detach())
  }

  retire(): void {
    this.#forEach(observations => observations.retire())
  }

  clear(): void {
    this.#unclaimed.clear()
    this.#forEach(observations => observations.clear())
  }

  close(): void {
    this.#stopListening()
    this.#unclaimed.clear()
    this.#forEach(observations => observations.close())
    for (const { stopListening } of this.#served.values()) stopListening()
  }

  /** An object instance of the client is gone. */
  forgetInstance(path: Path): void {
    this.own.forgetInstance(path)
  }

  save(): SavedServerReporting {
    const devices = new Map(this.#unclaimed)
    for (const [{ prefix, deviceId }, { reporting }] of this.#served) {
      devices.set(prefix, { deviceId, ...reporting.save() })
    }
    return { ...this.own.save(), ...(devices.size > 0 && { devices: Object.fromEntries(devices) }) }
  }

  /** Goes on with what an earlier process saved; of a device behind the client once that is there. */
  restore(saved: SavedServerReporting): void {
    this.own.restore(saved)
    for (const [prefix, device] of Object.entries(saved.devices ?? {})) this.#unclaimed.set(prefix, device)
    for (const device of this.#options.devices) this.#claim(device)
  }

  #claim(device: IotDevice): void {
    const saved = this.#unclaimed.get(device.prefix)
    if (saved === undefined || this.#options.devices.find(device.prefix) !== device) return
    this.#unclaimed.delete(device.prefix)
    // What was observed of another device must not be told of this one.
    if (saved.deviceId !== device.deviceId) return
    const reporting = this.of(device)
    reporting.restore(saved)
    if (this.#peer !== undefined) reporting.observations.attach(this.#peer)
  }

  #remove(device: IotDevice): void {
    const served = this.#served.get(device)
    if (served === undefined) return
    this.#served.delete(device)
    served.reporting.observations.closeGone()
    served.stopListening()
    this.#options.onChanged?.()
  }

  /**
   * The device whose prefix begins the path (LwM2M Gateway 1.1 §8.3.1), or, in a composite operation, the names (§8.3.2).
   * Undefined: the client. Throws OperationError NOT_FOUND for an unknown prefix, NOT_IMPLEMENTED for several.
   */
  #addressed(message: CoapMessage): IotDevice | undefined {
    const { devices } = this.#options
    if (devices.size === 0) return undefined
    const prefix = findPrefix(message) ?? prefixInPayload(message)
    if (prefix === undefined) return undefined
    const device = devices.find(prefix)
    if (device === undefined) throw new OperationError('NOT_FOUND', 'no such device')
    return device
  }

  #forEach(visit: (observations: Observations) => void): void {
    for (const { observations } of this.#all()) visit(observations)
  }

  #all(): StoreReporting[] {
    return [this.own, ...Array.from(this.#served.values(), ({ reporting }) => reporting)]
  }
}

function prefixInPayload(message: CoapMessage): string | undefined {
  if (message.code !== Code.fetch && message.code !== Code.iPatch) return undefined
  try {
    return prefixOfNames(findUint(message, OptionNumber.contentFormat), message.payload)
  } catch (error) {
    // Who performs the operation says what is wrong with it.
    if (error instanceof FormatError) return undefined
    throw error
  }
}
