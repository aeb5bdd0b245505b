import { type Observable, repeat } from 'rxjs'
import { device as deviceObject } from '../../objects/definitions/device.ts'
import { server } from '../../objects/definitions/server.ts'
import { formatPath } from '../../objects/path.ts'
import type { Change } from '../../objects/store.ts'
import type { Timer } from '../../transport/clock.ts'
import type { Lwm2mClient } from '../client.ts'
import { definitionInUse } from './definition-in-use.ts'
import { keepTime } from './device-clock.ts'
import { DeviceErrors } from './device-errors.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { indexed } from './replace-values.ts'

/** By their numbers (LwM2M Core 1.2.2 §E.4, 6). */
const powerSourceKinds = [
  'dc',
  'internalBattery',
  'externalBattery',
  'fuelCell',
  'powerOverEthernet',
  'usb',
  'mains',
  'solar',
] as const

/** One of Available Power Sources, with what is measured of it. */
export interface PowerSource {
  readonly kind: (typeof powerSourceKinds)[number]
  /** Millivolts, whole. */
  readonly voltage$?: Observable<number>
  /** Milliamperes, whole. */
  readonly current$?: Observable<number>
}

/** Of the internal battery (LwM2M Core 1.2.2 §E.4, 9 and 20). */
export interface InternalBattery {
  /** Percent, whole, 0 to 100. */
  readonly level$?: Observable<number>
  /** 0 normal, 1 charging, 2 charged and on power, 3 damaged, 4 low, 5 not installed, 6 unknown. */
  readonly status$?: Observable<number>
}

/** What a device can do, and tells of itself. */
export interface DeviceOptions {
  /** Performs a Reboot, a second after the server was answered. Default: a Reboot is 4.04. */
  readonly reboot?: () => void
  /** The same for Factory Reset. */
  readonly factoryReset?: () => void
  /** The first becomes resource instance 0 of Available Power Sources, and of their voltages and currents. */
  readonly powerSources?: readonly PowerSource[]
  readonly battery?: InternalBattery
  /** Asked at each Read, kilobytes of 1,000 bytes. */
  readonly memoryFree?: () => number
  /** Kilobytes of 1,000 bytes, whole. */
  readonly memoryTotal?: number
  /** The errors that there are at the moment, asked when a server has them reset. Default: none. */
  readonly currentErrors?: () => Iterable<number>
}

/** The Device object at work. */
export interface Device extends Behaviour<typeof deviceObject> {
  /** The time that servers read, seconds since 1970. */
  nowSeconds(): number
  /** The errors of the device, see {@link addError}. */
  readonly errorCodes: readonly number[]
  /**
   * An error has begun: 1 low battery, 2 no external power, 3 no GPS, 4 weak signal, 5 out of memory, 6 no SMS, 7 no IP, 8
   * peripheral malfunction, 16–32 the device's own (LwM2M 1.2). Once for several calls. Throws ValueError for another one.
   */
  addError(code: number): void
  /** An error is over. */
  removeError(code: number): void
}

/** How long the answer to a Reboot has to get away, and to be asked for again when it is lost. */
const answerMs = 1_000

/**
 * Brings the Device object (3) to life: Reboot and Factory Reset, the list of errors, power sources, memory, and a clock that
 * servers may set. Supported Binding and Modes tells `Q` while a Server object instance has it in its binding.
 */
export function device(client: Lwm2mClient, options: DeviceOptions = {}): Device {
  const living = new LivingInstance(client, definitionInUse(client, deviceObject))
  const { instance } = living
  const errors = new DeviceErrors(instance)
  const nowSeconds = keepTime(client, living)
  const { reboot, factoryReset, powerSources, battery = {}, memoryFree, memoryTotal, currentErrors } = options
  if (reboot !== undefined) living.onExecute('reboot', afterAnswer(living, reboot))
  if (factoryReset !== undefined) living.onExecute('factoryReset', afterAnswer(living, factoryReset))
  living.onExecute('resetErrorCode', () => errors.reset(currentErrors?.() ?? []))
  if (powerSources !== undefined) followPowerSources(client, living, powerSources)
  if (battery.level$) living.feed(battery.level$, batteryLevel => ({ batteryLevel }))
  if (battery.status$) living.feed(battery.status$, batteryStatus => ({ batteryStatus }))
  if (memoryFree !== undefined) living.onRead('memoryFree', () => Math.floor(memoryFree()))
  if (memoryTotal !== undefined) instance.set({ memoryTotal })
  keepBinding(client, living)
  return {
    instance,
    nowSeconds,
    get errorCodes() {
      return errors.codes
    },
    addError: code => errors.add(code),
    removeError: code => errors.remove(code),
    unsubscribe: () => living.unsubscribe(),
  }
}

/** Once for all who ask meanwhile. */
function afterAnswer(living: LivingInstance<typeof deviceObject>, action: () => void): () => void {
  const { clock } = living
  let timer: Timer
  living.add(() => clock.clearTimeout(timer))
  return () => {
    timer ??= clock.setTimeout(() => {
      timer = undefined
      action()
    }, answerMs)
  }
}

function followPowerSources(
  client: Lwm2mClient,
  living: LivingInstance<typeof deviceObject>,
  sources: readonly PowerSource[],
): void {
  const { instance } = living
  instance.set({ availablePowerSources: indexed(sources.map(({ kind }) => powerSourceKinds.indexOf(kind))) })
  for (const [id, { voltage$, current$ }] of sources.entries()) {
    const sinkOf = (name: 'powerSourceVoltage' | 'powerSourceCurrent') =>
      client.sink(formatPath([...instance.path(name), id]))
    if (voltage$) living.add(voltage$.subscribe(sinkOf('powerSourceVoltage')))
    if (current$) living.add(current$.subscribe(sinkOf('powerSourceCurrent')))
  }
}

/** LwM2M 1.0 writes queue mode into the binding, and only there a server may ask for it later. */
function keepBinding(client: Lwm2mClient, living: LivingInstance<typeof deviceObject>): void {
  const { instance } = living
  const bindingId = server.resources.binding.id
  const supportedNow = () => {
    const supported = instance.get('supportedBindingAndModes')
    const bindings = client.objects.entries(`/${server.id}`).filter(({ path }) => path[2] === bindingId)
    const hasQueueMode = bindings.some(({ value }) => (value as string).includes('Q'))
    return !hasQueueMode || supported === undefined || supported.includes('Q') ? supported : `${supported}Q`
  }
  let told = supportedNow()
  const isOfServer = ({ path: [objectId, , resourceId] }: Change) =>
    objectId === server.id && (resourceId === undefined || resourceId === bindingId)
  living.onRead('supportedBindingAndModes', supportedNow)
  living.add(
    // The streams of a client end when it stops; the objects do not.
    client.changes$.pipe(repeat()).subscribe(changes => {
      if (!changes.some(isOfServer)) return
      const supported = supportedNow()
      if (supported !== told) client.objects.changed(formatPath(instance.path('supportedBindingAndModes')))
      told = supported
    }),
  )
}
