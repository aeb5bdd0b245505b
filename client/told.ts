import type { UpdateCauses } from '../machines/account-context.ts'
import type { RegisterInput } from '../machines/effects.ts'
import { fingerprint, sha256 } from './fingerprint.ts'

/** What a server knows of a client from the last Register and the Updates after it. */
export interface Told {
  /** 0 is infinite. */
  readonly lifetimeSeconds: number
  readonly binding: string
  /** A fingerprint of the links of all objects. */
  readonly links: string
  /** A fingerprint of what only a Register tells. */
  readonly others: string
}

export interface ToldInput extends Pick<RegisterInput, 'lifetimeSeconds' | 'binding' | 'queueMode'> {
  readonly smsNumber: string | undefined
  readonly profileId: string | undefined
  readonly objectLinks: string
}

export function toldBy({ lifetimeSeconds, binding, queueMode, smsNumber, profileId, objectLinks }: ToldInput): Told {
  return {
    lifetimeSeconds,
    binding,
    links: sha256(objectLinks),
    others: fingerprint(queueMode, smsNumber, profileId),
  }
}

/** What an Update must tell when the one is known and the other holds; undefined when it takes a Register. */
export function causesBetween(known: Told, now: Told): UpdateCauses | undefined {
  if (known.others !== now.others) return undefined
  return {
    lifetime: known.lifetimeSeconds !== now.lifetimeSeconds,
    binding: known.binding !== now.binding,
    links: known.links !== now.links,
    requested: false,
  }
}
