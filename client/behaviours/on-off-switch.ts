import type { Observable } from 'rxjs'
import { onOffSwitch as definition } from '../../objects/definitions/on-off-switch.ts'
import type { Lwm2mClient } from '../client.ts'
import { countSeconds } from './counters.ts'
import { feedDigitalInput, inactiveInput } from './digital-input.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import type { MeasurementOptions } from './measured.ts'

/**
 * On/Off switch (3342): whether it is on, how often it has been switched on, and for how many seconds it is on or off
 * (5500, 5501, 5852, 5854); the other of the two times tells how long that was before. A Write of 0 begins to count anew.
 */
export function onOffSwitch(
  client: Lwm2mClient,
  on$: Observable<boolean>,
  options: MeasurementOptions<typeof definition> = {},
): Behaviour<typeof definition> {
  const living = new LivingInstance(client, definition, options, inactiveInput)
  countSeconds(living, 'onTime', { state: 'digitalInputState', counted: true })
  countSeconds(living, 'offTime', { state: 'digitalInputState', counted: false })
  feedDigitalInput(living, on$, options)
  return living
}
