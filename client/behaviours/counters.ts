import type { InstanceValues, ObjectDefinition } from '../../objects/definition.ts'
import type { LivingInstance } from './living-instance.ts'
import { Stopwatch } from './stopwatch.ts'

type Name<D extends ObjectDefinition> = keyof InstanceValues<D> & keyof D['resources'] & string

/** A resource of which servers may only write 0, "resets the counter": any other number would not be what it counts. */
export function resetByZero<D extends ObjectDefinition>(
  living: LivingInstance<D>,
  name: Name<D>,
  reset: () => void,
): void {
  living.onWrite(name, (_path, value) => value === 0)
  living.follow([name], () => {
    if (living.instance.get(name) === 0) reset()
  })
}

/**
 * A resource that reads as the whole seconds for which another one, a boolean, has now been `counted`; while it is not,
 * for which it was the last time. A Write of 0 begins to count anew.
 */
export function countSeconds<D extends ObjectDefinition>(
  living: LivingInstance<D>,
  name: Name<D>,
  { state, counted }: { readonly state: Name<D>; readonly counted: boolean },
): void {
  const stopwatch = new Stopwatch(living.clock)
  const look = () => {
    const runs = living.instance.get(state) === counted
    if (runs === stopwatch.isRunning) return
    if (!runs) return stopwatch.stop()
    stopwatch.reset()
    stopwatch.start()
  }
  look()
  living.follow([state], look)
  living.onRead(name, () => Math.floor(stopwatch.seconds))
  resetByZero(living, name, () => stopwatch.reset())
}
