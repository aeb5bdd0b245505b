import type { Observable } from 'rxjs'
import { accelerometer as accelerometerObject } from '../../objects/definitions/accelerometer.ts'
import { magnetometer as magnetometerObject } from '../../objects/definitions/magnetometer.ts'
import type { Lwm2mClient } from '../client.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { type MeasurementOptions, takenNow } from './measured.ts'

/** One measurement, in the units of the sensor. An axis that is left out stays as it is. */
export interface Axes {
  readonly x: number
  readonly y?: number
  readonly z?: number
}

/** What a magnetometer may know besides. */
export interface MagneticField extends Axes {
  /** Clockwise from north, 0 to 360. */
  readonly compassDegrees?: number
}

/** Accelerometer (3313): the axes change together. */
export function accelerometer(
  client: Lwm2mClient,
  axes$: Observable<Axes>,
  options: MeasurementOptions<typeof accelerometerObject> = {},
): Behaviour<typeof accelerometerObject> {
  const living = new LivingInstance(client, accelerometerObject, options)
  living.feed(axes$, axes => ({ ...axisValues(axes), ...takenNow(client.clock, options) }))
  return living
}

/** Magnetometer (3314): axes and compass direction change together. */
export function magnetometer(
  client: Lwm2mClient,
  field$: Observable<MagneticField>,
  options: MeasurementOptions<typeof magnetometerObject> = {},
): Behaviour<typeof magnetometerObject> {
  const living = new LivingInstance(client, magnetometerObject, options)
  living.feed(field$, ({ compassDegrees, ...axes }) => ({
    ...axisValues(axes),
    ...(compassDegrees === undefined ? {} : { compassDirection: compassDegrees }),
    ...takenNow(client.clock, options),
  }))
  return living
}

function axisValues({ x, y, z }: Axes) {
  return { xValue: x, ...(y === undefined ? {} : { yValue: y }), ...(z === undefined ? {} : { zValue: z }) }
}
