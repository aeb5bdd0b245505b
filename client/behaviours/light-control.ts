import { BehaviorSubject, distinctUntilChanged, type Observable } from 'rxjs'
import { lightControl as definition } from '../../objects/definitions/light-control.ts'
import type { ObjectInstanceHandle } from '../../objects/instance.ts'
import type { Lwm2mClient } from '../client.ts'
import { countSeconds } from './counters.ts'
import { type Behaviour, type BehaviourOptions, LivingInstance } from './living-instance.ts'

/** What a light has to look like. */
export interface Light {
  readonly on: boolean
  /** 0 to 100; 100 where the object has no dimmer. */
  readonly dimmer: number
  /** As the application and its servers understand it. */
  readonly colour: string | undefined
}

export interface LightControl extends Behaviour<typeof definition> {
  /**
   * What the lamp has to show now, and each change of it, once a transaction, whoever wrote: servers, or the application
   * by `instance.set({ onOff: true })`. Completes with the behaviour.
   */
  readonly light$: Observable<Light>
}

/** Light Control (3311). On time (5852) counts from switching on, or from a Write of 0. */
export function lightControl(client: Lwm2mClient, options: BehaviourOptions<typeof definition> = {}): LightControl {
  const living = new LivingInstance(client, definition, options, { onOff: false })
  countSeconds(living, 'onTime', { state: 'onOff', counted: true })
  const light = new BehaviorSubject(lightOf(living.instance))
  living.follow(['onOff', 'dimmer', 'colour'], () => light.next(lightOf(living.instance)))
  living.add(() => light.complete())
  return {
    instance: living.instance,
    light$: light.pipe(distinctUntilChanged(isSameLight)),
    unsubscribe: () => living.unsubscribe(),
  }
}

function lightOf(instance: ObjectInstanceHandle<typeof definition>): Light {
  return {
    on: instance.get('onOff') === true,
    dimmer: Number(instance.get('dimmer') ?? 100),
    colour: instance.get('colour'),
  }
}

function isSameLight(one: Light, other: Light): boolean {
  return one.on === other.on && one.dimmer === other.dimmer && one.colour === other.colour
}
