/** How a device moves. */
export interface Velocity {
  /** Metres per second over the ground, 0 or more; told as 18,204, 65,535 km/h, at most. */
  readonly horizontalSpeed: number
  /** Degrees, clockwise from north, −360 to 360. */
  readonly bearing: number
  /** Metres per second, below 0 downward; told as 70.8, 255 km/h, at most. */
  readonly verticalSpeed?: number
  /** By how much the speeds may be wrong, metres per second; the vertical one counts with a vertical speed only. */
  readonly horizontalUncertainty?: number
  readonly verticalUncertainty?: number
}

const kilometresPerHour = 3.6
/** Of an uncertainty that nobody has told; one above is told as the highest below. */
const unknownUncertainty = 255

/**
 * A velocity as 3GPP TS 23.032 §8.11–8.15 writes it: four bytes, one for each of vertical speed and horizontal uncertainty, two
 * more for both with the vertical uncertainty. Whole kilometres per hour and degrees; what is above the highest is told as that.
 */
export function encodeVelocity(velocity: Velocity): Uint8Array {
  const { horizontalSpeed, bearing, verticalSpeed, horizontalUncertainty, verticalUncertainty } = velocity
  const hasVertical = verticalSpeed !== undefined
  const hasUncertainty = horizontalUncertainty !== undefined || (hasVertical && verticalUncertainty !== undefined)
  const degrees = ((Math.round(bearing) % 360) + 360) % 360
  const isDownward = hasVertical && verticalSpeed < 0
  const head = (hasUncertainty ? 0x20 : 0) | (hasVertical ? 0x10 : 0) | (isDownward ? 0x02 : 0) | (degrees >> 8)
  const speed = wholeKilometres(horizontalSpeed, 0xffff)
  const bytes = [head, degrees & 0xff, speed >> 8, speed & 0xff]
  if (hasVertical) bytes.push(wholeKilometres(Math.abs(verticalSpeed), 0xff))
  if (hasUncertainty) bytes.push(uncertaintyByte(horizontalUncertainty))
  if (hasUncertainty && hasVertical) bytes.push(uncertaintyByte(verticalUncertainty))
  return Uint8Array.from(bytes)
}

function uncertaintyByte(metresPerSecond: number | undefined): number {
  return metresPerSecond === undefined ? unknownUncertainty : wholeKilometres(metresPerSecond, unknownUncertainty - 1)
}

function wholeKilometres(metresPerSecond: number, maximum: number): number {
  return Math.min(Math.round(metresPerSecond * kilometresPerHour), maximum)
}
