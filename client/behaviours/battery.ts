import type { Observable } from 'rxjs'
import { battery as definition } from '../../objects/definitions/battery.ts'
import type { Lwm2mClient } from '../client.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { type MeasurementOptions, takenNow } from './measured.ts'

/** What a battery may have besides. */
export interface BatteryOptions extends MeasurementOptions<typeof definition> {
  /** Whether mains power is lost, of a device that has it (9). */
  readonly supplyLoss$?: Observable<boolean>
}

/**
 * Battery (3411): the source emits the level in percent, 0 to 100, told without a fraction (1). It is too low (6) at the threshold
 * (5) and below. Supply losses are counted (10) until an Execute of 11.
 */
export function battery(
  client: Lwm2mClient,
  level$: Observable<number>,
  { supplyLoss$, ...options }: BatteryOptions = {},
): Behaviour<typeof definition> {
  const living = new LivingInstance(client, definition, options)
  const { instance } = living
  const isTooLow = (level: number) => level <= Number(instance.get('lowBatteryThreshold') ?? Number.NEGATIVE_INFINITY)

  living.follow(['lowBatteryThreshold'], () => {
    const level = instance.get('batteryLevel')
    if (level !== undefined) instance.set({ batteryLevelTooLow: isTooLow(Number(level)) })
  })
  living.onExecute('supplyLossCounterReset', () => instance.set({ supplyLossCounter: 0 }))
  living.feed(level$, exactLevel => {
    const level = Math.round(exactLevel)
    return { batteryLevel: level, batteryLevelTooLow: isTooLow(level), ...takenNow(client.clock, options) }
  })
  if (supplyLoss$ === undefined) return living
  living.feed(supplyLoss$, lost => {
    const count = Number(instance.get('supplyLossCounter') ?? 0)
    const isNew = lost && instance.get('supplyLoss') !== true
    return { supplyLoss: lost, supplyLossCounter: isNew ? count + 1 : count }
  })
  return living
}
