import type { Observable } from 'rxjs'
import type { digitalInput, timestamps } from '../../objects/definitions/ipso.ts'
import type { LivingInstance } from './living-instance.ts'
import { takenNow, type With } from './measured.ts'

/** An object with a digital input. */
export type DigitalInput = With<typeof digitalInput & typeof timestamps>

/** What a digital input begins with. */
export const inactiveInput = { digitalInputState: false, digitalInputCounter: 0 } as const

/** The state of a digital input follows the source; its counter tells how often it became true (5500, 5501). */
export function feedDigitalInput(
  living: LivingInstance<DigitalInput>,
  state$: Observable<boolean>,
  options: { readonly timestamps?: boolean },
): void {
  const { instance, clock } = living
  living.feed(state$, state => {
    const rises = state && instance.get('digitalInputState') !== true
    const count = Number(instance.get('digitalInputCounter') ?? 0)
    return { digitalInputState: state, digitalInputCounter: rises ? count + 1 : count, ...takenNow(clock, options) }
  })
}
