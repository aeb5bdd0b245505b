/** How an observation follows what it is about. */
export interface Watch {
  /** Whether there are timers, for pmin, pmax and samples; without them a change is only noted. */
  readonly timed: boolean
  /** Whether each change makes a report, when it happens. */
  readonly recording: boolean
}

const timed: Watch = { timed: true, recording: false }
const timedRecording: Watch = { timed: true, recording: true }
const recording: Watch = { timed: false, recording: true }
const noting: Watch = { timed: false, recording: false }

/** Always the same one for the same. */
export function watchOf(isTimed: boolean, isRecording: boolean): Watch {
  if (isTimed) return isRecording ? timedRecording : timed
  return isRecording ? recording : noting
}
