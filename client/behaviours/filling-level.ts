import type { Observable } from 'rxjs'
import { fillingLevel as definition } from '../../objects/definitions/filling-level.ts'
import type { Lwm2mClient } from '../client.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { type MeasurementOptions, takenNow } from './measured.ts'
import { Stopwatch } from './stopwatch.ts'

const secondsADay = 86_400

/**
 * Filling level (3435): the source emits how full the container is, in percent. From it follow the level in centimetres
 * (3), where the height is known; full and empty (5, 7), above the high and below the low threshold, false without one; and
 * how many percent a day it fills (8), emptying not counted, since the first value or an Execute of 9. Execute of 20 resets
 * the count of filling operations (19), which the application keeps.
 */
export function fillingLevel(
  client: Lwm2mClient,
  percentage$: Observable<number>,
  options: MeasurementOptions<typeof definition> = {},
): Behaviour<typeof definition> {
  const living = new LivingInstance(client, definition, options, { containerFull: false, containerEmpty: false })
  const { instance } = living
  const counted = new Stopwatch(client.clock)
  let filledPercentage = 0

  const derived = (percentage: number) => {
    const level = Math.round((Number(instance.get('containerHeight') ?? Number.NaN) * percentage) / 100)
    return {
      ...(Number.isSafeInteger(level) ? { actualFillingLevel: level } : {}),
      containerFull: percentage > (instance.get('highThreshold') ?? Number.POSITIVE_INFINITY),
      containerEmpty: percentage < (instance.get('lowThreshold') ?? Number.NEGATIVE_INFINITY),
    }
  }
  const averageSpeed = () => (counted.seconds === 0 ? 0 : (filledPercentage * secondsADay) / counted.seconds)

  living.follow(['containerHeight', 'highThreshold', 'lowThreshold'], () => {
    const percentage = instance.get('actualFillingPercentage')
    if (percentage !== undefined) instance.set(derived(percentage))
  })
  living.onExecute('averageFillingSpeedReset', () => {
    counted.reset()
    filledPercentage = 0
    instance.set({ averageFillingSpeed: 0 })
  })
  living.onExecute('resetFillingOperationsCounter', () => instance.set({ fillingOperationsCounter: 0 }))
  living.feed(percentage$, percentage => {
    const before = instance.get('actualFillingPercentage') ?? percentage
    counted.start()
    // What the store is going to refuse must not count.
    if (Number.isFinite(percentage)) filledPercentage += Math.max(0, percentage - before)
    return {
      actualFillingPercentage: percentage,
      ...derived(percentage),
      averageFillingSpeed: averageSpeed(),
      ...takenNow(client.clock, options),
    }
  })
  return living
}
