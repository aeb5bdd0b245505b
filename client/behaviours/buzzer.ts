import { BehaviorSubject, distinctUntilChanged, type Observable } from 'rxjs'
import { buzzer as definition } from '../../objects/definitions/buzzer.ts'
import type { Timer } from '../../transport/clock.ts'
import type { Lwm2mClient } from '../client.ts'
import { checkRested, isDuration } from './durations.ts'
import { type Behaviour, type BehaviourOptions, LivingInstance } from './living-instance.ts'

export interface Buzzer extends Behaviour<typeof definition> {
  /** How loud it has to sound now, 0 to 100, and each change; 0 is silence. Completes with the behaviour, silent. */
  readonly level$: Observable<number>
}

/**
 * Buzzer (3338). On (5850) sounds at Level (5548; 100 without it) for Delay Duration (5521), after which On/Off is false
 * again; without a duration, or with 0, until it is written false. A Write of true while it sounds begins the duration
 * anew. One within Minimum Off-time (5525) of the end is 4.05. The application switches it by `instance.set({ onOff: true })`.
 */
export function buzzer(client: Lwm2mClient, options: BehaviourOptions<typeof definition> = {}): Buzzer {
  const { clock } = client
  const living = new LivingInstance(client, definition, options, { onOff: false, minimumOffTime: 0 })
  const { instance } = living
  const level = new BehaviorSubject(0)
  let sounds = false
  let timer: Timer
  let endedMs = Number.NEGATIVE_INFINITY

  const adjust = () => level.next(sounds ? (instance.get('level') ?? 100) : 0)
  const sound = () => {
    clock.clearTimeout(timer)
    sounds = true
    const seconds = instance.get('delayDuration') ?? 0
    if (seconds > 0) timer = clock.setTimeout(end, seconds * 1000)
    adjust()
  }
  const silence = () => {
    if (!sounds) return
    clock.clearTimeout(timer)
    sounds = false
    endedMs = clock.now()
    adjust()
  }
  const end = () => {
    silence()
    if (living.isThere) instance.set({ onOff: false })
  }
  const look = () => (instance.get('onOff') === true ? sound() : silence())

  living.onWrite('delayDuration', isDuration)
  living.onWrite('minimumOffTime', isDuration)
  living.onWrite('onOff', (_path, on) => {
    if (on === true && !sounds) checkRested(clock.now() - endedMs, instance.get('minimumOffTime'))
    return true
  })
  living.follow(['onOff'], look)
  living.follow(['level'], adjust)
  living.add(() => {
    if (sounds) end()
    level.complete()
  })
  look()
  return { instance, level$: level.pipe(distinctUntilChanged()), unsubscribe: () => living.unsubscribe() }
}
