import type { Clock } from '../../transport/clock.ts'
import type { Device } from './device.ts'
import type { Output } from './output.ts'

/** What the commands of the device shell work with. */
export interface DeviceContext {
  readonly device: Device
  readonly output: Output
  readonly clock: Clock
  /** Ctrl-C. */
  readonly signal: AbortSignal
  /** Ends the shell after the command. */
  readonly leave: () => void
}
