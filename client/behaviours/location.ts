import type { Observable } from 'rxjs'
import { location as locationObject } from '../../objects/definitions/location.ts'
import { ValueError } from '../../objects/errors.ts'
import type { Clock } from '../../transport/clock.ts'
import type { Lwm2mClient } from '../client.ts'
import { definitionInUse } from './definition-in-use.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { replaceValues } from './replace-values.ts'
import { encodeVelocity, type Velocity } from './velocity.ts'

/** Where a device was found, in the World Geodetic System 1984. */
export interface Position {
  /** Degrees, −90 to 90. */
  readonly latitude: number
  /** Degrees, −180 to 180. */
  readonly longitude: number
  /** Metres above sea level. */
  readonly altitude?: number
  /** Of the circle around it in which the device is, metres. */
  readonly radius?: number
  readonly velocity?: Velocity
  /** Metres per second in whatever direction. Default: that of the velocity. */
  readonly speed?: number
  /** When it was found, seconds since 1970. Default: when the source tells. */
  readonly timestampSeconds?: number
}

/**
 * Brings Location (6) to life: each position takes the place of the one before as a whole, so that no altitude or speed stays
 * behind. One that is none is refused as a sink refuses. Before the first there is nothing to read.
 */
export function location(client: Lwm2mClient, position$: Observable<Position>): Behaviour<typeof locationObject> {
  const living = new LivingInstance(client, definitionInUse(client, locationObject))
  living.feedWith(position$, position => replaceValues(client, living.instance, resourcesOf(position, living.clock)))
  return living
}

/** Throws ValueError. */
function resourcesOf(position: Position, clock: Clock) {
  const { latitude, longitude, altitude, radius, velocity, timestampSeconds = clock.now() / 1000 } = position
  checkBetween('latitude', latitude, -90, 90)
  checkBetween('longitude', longitude, -180, 180)
  if (radius !== undefined) checkBetween('radius', radius, 0, Number.MAX_VALUE)
  if (velocity !== undefined) checkVelocity(velocity)
  const { speed = velocity && Math.hypot(velocity.horizontalSpeed, velocity.verticalSpeed ?? 0) } = position
  return {
    latitude,
    longitude,
    altitude,
    radius,
    velocity: velocity && encodeVelocity(velocity),
    timestamp: Math.floor(timestampSeconds),
    speed,
  }
}

function checkVelocity(velocity: Velocity): void {
  const { horizontalSpeed, bearing, verticalSpeed = 0, horizontalUncertainty = 0, verticalUncertainty = 0 } = velocity
  checkBetween('horizontal speed', horizontalSpeed, 0, Number.MAX_VALUE)
  checkBetween('bearing', bearing, -360, 360)
  checkBetween('vertical speed', verticalSpeed, -Number.MAX_VALUE, Number.MAX_VALUE)
  checkBetween('horizontal uncertainty', horizontalUncertainty, 0, Number.MAX_VALUE)
  checkBetween('vertical uncertainty', verticalUncertainty, 0, Number.MAX_VALUE)
}

/** NaN is between nothing. */
function checkBetween(what: string, value: number, minimum: number, maximum: number): void {
  if (!(value >= minimum && value <= maximum)) throw new ValueError(`the ${what} is out of its range`)
}
