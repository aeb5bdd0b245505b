import type { Attributes } from '../objects/attributes/attributes.ts'
import type { SavedAttributes } from '../objects/attributes/tree.ts'

/** What a server observes. */
export interface ObservationStatus {
  /** One path, or all of a composite, in tree order. */
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
