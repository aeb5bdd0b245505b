import { type Attributes, applyPatch } from '../objects/attributes/attributes.ts'
import { hasConditions } from '../objects/attributes/conditions.ts'
import type { NotificationAttributes } from '../objects/attributes/evaluate.ts'
import type { AttributeTree } from '../objects/attributes/tree.ts'
import { server, server12 } from '../objects/definitions/server.ts'
import type { Path } from '../objects/path.ts'
import type { Value } from '../objects/value.ts'
import type { ServerInstance } from './observations-options.ts'

/** What an observation looks at, and the attributes that it brought along, if any. */
export interface Observed {
  readonly paths: readonly Path[]
  readonly ownAttributes: Attributes | undefined
  readonly isComposite: boolean
}

/** Resources of the Server object with what holds where no attribute says otherwise (LwM2M Core 1.2.2 §E.2). */
const { defaultMinimumPeriod, defaultMaximumPeriod } = server.resources
const { defaultNotificationMode } = server12.resources

const defaultAttributeIds: ReadonlySet<number> = new Set([
  defaultMinimumPeriod.id,
  defaultMaximumPeriod.id,
  defaultNotificationMode.id,
])

/** What own attributes of a composite take the place of (LwM2M Core 1.2.2 §6.4.4). */
const withoutPeriods = { pminSeconds: null, pmaxSeconds: null, epminSeconds: null, epmaxSeconds: null, con: null }

/**
 * The attributes in force for the observations of one server: those that an observation brought along, or else those
 * attached to the tree, or else the defaults of the Server object instance.
 */
export class ReportingAttributes {
  readonly #tree: AttributeTree
  readonly #server: ServerInstance

  constructor(tree: AttributeTree, serverInstance: ServerInstance) {
    this.#tree = tree
    this.#server = serverInstance
  }

  /** Tells when those at and below a path may be others. Returns the function that ends it. */
  onChange(listener: (path: Path) => void): () => void {
    const { router, path: serverPath } = this.#server
    const unlisten = this.#tree.onChange(listener)
    const defaults = router.changesOf(serverPath).subscribe(changes => {
      if (changes.some(({ path }) => defaultAttributeIds.has(path[2] as number))) listener([])
    })
    return () => {
      unlisten()
      defaults.unsubscribe()
    }
  }

  /** The periods of one observed path. */
  periods(path: Path, { ownAttributes }: Observed): NotificationAttributes {
    const { pminSeconds, pmaxSeconds } = ownAttributes ?? this.#tree.effective(path)
    return {
      pminSeconds: pminSeconds ?? this.#seconds(defaultMinimumPeriod.id),
      pmaxSeconds: pmaxSeconds ?? this.#seconds(defaultMaximumPeriod.id),
    }
  }

  /** What holds at a resource or resource instance that is observed. */
  at(path: Path, { ownAttributes, isComposite }: Observed): Attributes {
    if (ownAttributes === undefined) return this.#tree.effective(path)
    return isComposite ? { ...applyPatch(this.#tree.effective(path), withoutPeriods), ...ownAttributes } : ownAttributes
  }

  /** Whether any change of what is observed may be of no interest. */
  haveConditions(observed: Observed): boolean {
    return this.#some(observed, hasConditions)
  }

  /** Whether anything observed may have to be sampled. */
  haveEvaluationPeriods(observed: Observed): boolean {
    return this.#some(observed, attributes => samplePeriodSeconds(attributes) !== undefined)
  }

  /**
   * Whether notifications have to be confirmable: one part of them that has to be makes all of them so
   * (LwM2M Core 1.2.2 §7.3.2). Undefined: neither attributes nor the Server object say.
   */
  confirmable(observed: Observed): boolean | undefined {
    if (this.#some(observed, ({ con }) => con === 1)) return true
    if (observed.paths.every(path => this.at(path, observed).con === 0)) return false
    const mode = this.#default(defaultNotificationMode.id)
    return mode === undefined ? undefined : mode === 1
  }

  /** How many notifications are kept at most while they cannot be sent; undefined: as many as there is room for. */
  maximumHistory({ paths, ownAttributes, isComposite }: Observed): number | undefined {
    if (ownAttributes !== undefined && !isComposite) return ownAttributes.hqmax
    const limits = paths.flatMap(path => [this.#tree.effective(path), ...this.#tree.below(path)])
    const values = limits.map(({ hqmax }) => hqmax).filter(hqmax => hqmax !== undefined)
    return values.length === 0 ? undefined : Math.max(...values)
  }

  /** Whether a value is kept while it cannot be sent, of an observation with an `hqmax`: only what has one above 0 is. */
  isKept(path: Path, observed: Observed): boolean {
    return (this.at(path, observed).hqmax ?? 0) > 0
  }

  /** Whether something holds of the attributes of a path, or of any place below it. */
  #some({ paths, ownAttributes, isComposite }: Observed, holds: (attributes: Attributes) => boolean): boolean {
    if (ownAttributes !== undefined && holds(ownAttributes)) return true
    if (ownAttributes !== undefined && !isComposite) return false
    return paths.some(path => holds(this.#attached(path, ownAttributes)) || this.#someBelow(path, ownAttributes, holds))
  }

  #someBelow(path: Path, own: Attributes | undefined, holds: (attributes: Attributes) => boolean): boolean {
    return this.#tree.below(path).some(attributes => holds(own ? applyPatch(attributes, withoutPeriods) : attributes))
  }

  #attached(path: Path, own: Attributes | undefined): Attributes {
    const attached = this.#tree.effective(path)
    return own === undefined ? attached : applyPatch(attached, withoutPeriods)
  }

  #seconds(resourceId: number): number | undefined {
    const value = this.#default(resourceId)
    return typeof value === 'number' && value >= 0 ? value : undefined
  }

  #default(resourceId: number): Value | undefined {
    const { store, path } = this.#server
    return store.get([...path, resourceId])
  }
}

/**
 * How often a value is sampled that nobody reports, seconds: as seldom as the server allows, which is `epmax`, or else not
 * before `epmin` (LwM2M Core 1.2.2 §7.3.2). Undefined: never.
 */
export function samplePeriodSeconds({ epminSeconds, epmaxSeconds }: Attributes): number | undefined {
  const seconds = epmaxSeconds ?? epminSeconds
  return seconds === 0 ? 1 : seconds
}
