import { time as definition } from '../../objects/definitions/time.ts'
import type { Lwm2mClient } from '../client.ts'
import { type Behaviour, type BehaviourOptions, LivingInstance } from './living-instance.ts'

export interface Time extends Behaviour<typeof definition> {
  /** Milliseconds since 1970 by this clock. */
  now(): number
}

/** 34,000 years: what is added up in milliseconds is exact. */
const largestSeconds = 2 ** 40

/**
 * Time (3333): the time of the client, until servers, or the application by `instance.set({ currentTime })`, set it; then it
 * goes on from there. Whole seconds alone begin at their beginning, a fraction alone changes the fraction.
 */
export function time(client: Lwm2mClient, options: BehaviourOptions<typeof definition> = {}): Time {
  const { clock } = client
  const living = new LivingInstance(client, definition, options, { currentTime: Math.floor(clock.now() / 1000) })
  const { instance } = living
  let aheadMs = 0
  const now = () => clock.now() + aheadMs
  const wholeSeconds = () => Math.floor(now() / 1000)
  const adjust = (set: ReadonlySet<string>) => {
    const seconds = set.has('currentTime') ? instance.get('currentTime') : wholeSeconds()
    const fraction = set.has('fractionalTime') ? instance.get('fractionalTime') : 0
    if (seconds !== undefined) aheadMs = (seconds + (fraction ?? 0)) * 1000 - clock.now()
  }

  living.onWrite('currentTime', (_path, seconds) => Math.abs(Number(seconds)) <= largestSeconds)
  living.onRead('currentTime', wholeSeconds)
  living.onRead('fractionalTime', () => now() / 1000 - wholeSeconds())
  living.follow(['currentTime', 'fractionalTime'], set => {
    if (set.size > 0) adjust(set)
  })
  adjust(new Set(Object.keys(options.values ?? {})))
  return { instance, now, unsubscribe: () => living.unsubscribe() }
}
