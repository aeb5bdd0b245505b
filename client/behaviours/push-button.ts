import type { Observable } from 'rxjs'
import { pushButton as definition } from '../../objects/definitions/push-button.ts'
import type { Lwm2mClient } from '../client.ts'
import { feedDigitalInput, inactiveInput } from './digital-input.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import type { MeasurementOptions } from './measured.ts'

/** Push button (3347): whether it is pressed, and how often it has been (5500, 5501). */
export function pushButton(
  client: Lwm2mClient,
  pressed$: Observable<boolean>,
  options: MeasurementOptions<typeof definition> = {},
): Behaviour<typeof definition> {
  const living = new LivingInstance(client, definition, options, inactiveInput)
  feedDigitalInput(living, pressed$, options)
  return living
}
