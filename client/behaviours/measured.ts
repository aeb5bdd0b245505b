import type { InstanceValues, ObjectDefinition } from '../../objects/definition.ts'
import type { sensor, timestamps } from '../../objects/definitions/ipso.ts'
import type { Clock } from '../../transport/clock.ts'
import type { BehaviourOptions, LivingInstance } from './living-instance.ts'

/** An object that has these resources among its own. */
export type With<R extends ObjectDefinition['resources']> = Omit<ObjectDefinition, 'resources'> & {
  readonly resources: R
}

/** An object whose values are measured at a time. */
export type Timestamped = With<typeof timestamps>

/** An object of one measured value. */
export type Measuring = With<typeof sensor & typeof timestamps>

/** How measurements are told. */
export interface MeasurementOptions<D extends ObjectDefinition> extends BehaviourOptions<D> {
  /**
   * Whether each measurement sets Timestamp and Fractional Timestamp (5518, 6050). Observers of the instance are then told
   * of an equal value, too. Default: false.
   */
  readonly timestamps?: boolean
}

/** The time of a measurement that is made now, if it is to be told. */
export function takenNow(
  clock: Clock,
  { timestamps = false }: { readonly timestamps?: boolean },
): InstanceValues<Timestamped> {
  if (!timestamps) return {}
  const seconds = clock.now() / 1000
  const timestamp = Math.floor(seconds)
  return { timestamp, fractionalTimestamp: seconds - timestamp }
}

/** A value, with the least and the greatest since the start or the last reset (5601, 5602). */
export function measured({ instance }: LivingInstance<Measuring>, sensorValue: number): InstanceValues<Measuring> {
  return {
    sensorValue,
    minMeasuredValue: Math.min(sensorValue, instance.get('minMeasuredValue') ?? sensorValue),
    maxMeasuredValue: Math.max(sensorValue, instance.get('maxMeasuredValue') ?? sensorValue),
  }
}

/** Execute of 5605: least and greatest become the current value. Before the first there is nothing to reset. */
export function serveMeasuredReset(living: LivingInstance<Measuring>): void {
  living.onExecute('resetMinAndMaxMeasuredValues', () => {
    const value = living.instance.get('sensorValue')
    if (value !== undefined) living.instance.set({ minMeasuredValue: value, maxMeasuredValue: value })
  })
}
