import type { Path } from './path.ts'
import type { Value } from './value.ts'

/**
 * The currency between store, formats and streams: one fact about one place of the tree.
 * With a value it names a single resource or a resource instance. Without one the place exists and is empty
 * (an instance without resources, a multiple resource without instances). `null` removes it (SenML ETCH, RFC 8790).
 */
export interface PathValue {
  readonly path: Path
  readonly value?: Value | null
  /** When the value was taken, seconds since 1970, fractions allowed; absent means now. */
  readonly timeSeconds?: number
}
