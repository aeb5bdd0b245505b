import type { Observable } from 'rxjs'
import { current } from '../../objects/definitions/current.ts'
import { genericSensor as genericSensorObject } from '../../objects/definitions/generic-sensor.ts'
import { humidity } from '../../objects/definitions/humidity.ts'
import { pressure } from '../../objects/definitions/pressure.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { voltage } from '../../objects/definitions/voltage.ts'
import type { Lwm2mClient } from '../client.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { type MeasurementOptions, type Measuring, measured, serveMeasuredReset, takenNow } from './measured.ts'

/**
 * A sensor of one value (5700), in the unit that its Sensor Units (5701) name. It is absent before the first; the options may give
 * what holds until then.
 */
export type Sensor<D extends Measuring> = (
  client: Lwm2mClient,
  value$: Observable<number>,
  options?: MeasurementOptions<D>,
) => Behaviour<D>

/**
 * Makes the sensor of an object: what the source emits is measured, with minimum and maximum (5601, 5602) in the same
 * transaction; Execute of 5605 resets these.
 */
export function sensorOf<D extends Measuring>(definition: D): Sensor<D> {
  return (client, value$, options = {}) => {
    const living = new LivingInstance<D>(client, definition, options)
    // Every definition with these resources is one.
    const measuring = living as LivingInstance<Measuring>
    serveMeasuredReset(measuring)
    measuring.feed(value$, value => ({ ...measured(measuring, value), ...takenNow(client.clock, options) }))
    return living
  }
}

/** Temperature (3303). */
export const temperatureSensor: Sensor<typeof temperature> = sensorOf(temperature)
/** Humidity (3304). */
export const humiditySensor: Sensor<typeof humidity> = sensorOf(humidity)
/** Pressure (3323). The application applies its calibration coefficient (5821), which servers set. */
export const pressureSensor: Sensor<typeof pressure> = sensorOf(pressure)
/** Voltage (3316); with a calibration coefficient as {@link pressureSensor}. */
export const voltageSensor: Sensor<typeof voltage> = sensorOf(voltage)
/** Current (3317); with a calibration coefficient as {@link pressureSensor}. */
export const currentSensor: Sensor<typeof current> = sensorOf(current)
/** Generic Sensor (3300), for what has no object of its own; Sensor Type (5751) says what. */
export const genericSensor: Sensor<typeof genericSensorObject> = sensorOf(genericSensorObject)
