import type { Observable } from 'rxjs'
import type { InstanceValues } from '../../objects/definition.ts'
import { lpwanCommunication as definition } from '../../objects/definitions/lpwan-communication.ts'
import type { Lwm2mClient } from '../client.ts'
import { type Behaviour, type BehaviourOptions, LivingInstance } from './living-instance.ts'

type Values = InstanceValues<typeof definition>

/** How the radio does at the moment: powers in dBm, the ratio in dB, repeats whole. What is left out stays as it is. */
export type LpwanLink = Pick<
  Values,
  | 'transmitPower'
  | 'numberOfRepeats'
  | 'signalToNoiseRatio'
  | 'communicationFailure'
  | 'receivedSignalStrengthIndication'
  | 'currentCommunicationOperator'
  | 'peerAddress'
>

/** What an LPWAN has from the beginning. */
export interface LpwanOptions extends BehaviourOptions<typeof definition> {
  readonly values: Values & { readonly macAddress: string }
}

/** LPWAN Communication (3412): what the source tells of the radio changes together. */
export function lpwan(
  client: Lwm2mClient,
  link$: Observable<LpwanLink>,
  options: LpwanOptions,
): Behaviour<typeof definition> {
  const living = new LivingInstance(client, definition, options)
  living.feed(link$, link => link)
  return living
}
