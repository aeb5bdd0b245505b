import type { Attributes } from '../objects/attributes/attributes.ts'
import type { SavedAttributes } from '../objects/attributes/tree.ts'
import { nameOf } from '../objects/formats/path-name.ts'
import type { Observed, ReportingAttributes } from './reporting-attributes.ts'

/** What a server observes. */
export interface ObservationStatus {
  /** One path, or all of a composite, in tree order; with the prefix of the device behind the client that it is of. */
  readonly paths: readonly string[]
  readonly isComposite: boolean
  /** What holds for it: what it brought along, or else what is attached to its first path. */
  readonly attributes: Attributes
}

/** What a server wants to be told. */
export interface ReportingStatus {
  /** What it has attached, by path. */
  readonly attributes: SavedAttributes
  readonly observations: readonly ObservationStatus[]
}

/** What an observation is about, of the client or of the device with a prefix. */
export function observationStatus(
  observed: Observed,
  attributes: ReportingAttributes,
  prefix: string | undefined,
): ObservationStatus {
  const { paths, isComposite } = observed
  const [first = []] = paths
  return { paths: paths.map(path => nameOf(path, prefix)), isComposite, attributes: attributes.at(first, observed) }
}
