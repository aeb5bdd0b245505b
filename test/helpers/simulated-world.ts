import { MemoryNetwork, type NetworkConditions } from '../../transport/memory.ts'
import { seededRandom } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'

export interface SimulatedWorldOptions {
  /** Equal seeds make equal worlds. Default 1. */
  readonly seed?: number | undefined
  readonly conditions?: Partial<NetworkConditions> | undefined
}

/** What a client or a server needs from outside: time that a test moves on, chance that repeats, a network in memory. */
export function simulatedWorld({ seed = 1, conditions = {} }: SimulatedWorldOptions = {}) {
  const clock = new SimulatedClock()
  const random = seededRandom(seed)
  return { clock, random, network: new MemoryNetwork({ clock, random, conditions }) }
}

export type SimulatedWorld = ReturnType<typeof simulatedWorld>
