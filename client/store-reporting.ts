import { AttributeTree, type SavedAttributes } from '../objects/attributes/tree.ts'
import type { EnablerVersion } from '../objects/enabler.ts'
import { nameOf } from '../objects/formats/path-name.ts'
import type { BootstrapContext, OperationContext } from '../objects/operations/operation.ts'
import { type Path, parsePath } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'
import { Observations } from './observations.ts'
import type { ObservationsOptions } from './observations-options.ts'
import { maximumBatchBytes } from './outbox.ts'
import type { ReportingStatus } from './reporting-status.ts'

/** Attributes and observations of one server as they outlive a restart. */
export interface SavedReporting {
  readonly attributes: SavedAttributes
  /** JSON data of their owner. */
  readonly observations: readonly unknown[]
}

export interface StoreReportingOptions
  extends Omit<ObservationsOptions, 'context'>,
    Required<Pick<BootstrapContext, 'enablerVersion' | 'onError'>> {
  readonly shortServerId: number
}

/** What one server has attached to the objects of one store, and what it observes of them. */
export class StoreReporting {
  readonly store: ObjectStore
  readonly context: OperationContext
  readonly observations: Observations
  readonly #context: OperationContext & { enablerVersion: EnablerVersion }

  constructor(options: StoreReportingOptions) {
    const { store, shortServerId, enablerVersion, onError, onChanged } = options
    const attributes = new AttributeTree()
    this.store = store
    this.#context = { shortServerId, attributes, enablerVersion, maximumSeriesBytes: maximumBatchBytes, onError }
    this.context = this.#context
    this.observations = new Observations({ ...options, context: this.context })
    if (onChanged !== undefined) attributes.onChange(onChanged)
  }

  set enablerVersion(version: EnablerVersion) {
    this.#context.enablerVersion = version
  }

  /** Paths have the prefix of the device behind the client that they are of. */
  get status(): ReportingStatus {
    const attached = Object.entries(this.context.attributes.save())
    return {
      attributes: Object.fromEntries(
        attached.map(([path, attributes]) => [nameOf(parsePath(path), this.store.prefix), attributes]),
      ),
      observations: this.observations.status(),
    }
  }

  /** An object instance is gone, and with it the attributes that the server attached to it. */
  forgetInstance(path: Path): void {
    this.context.attributes.remove(path)
  }

  save(): SavedReporting {
    return { attributes: this.context.attributes.save(), observations: this.observations.save() }
  }

  restore({ attributes, observations }: SavedReporting): void {
    this.context.attributes.restore(attributes)
    this.observations.restore(observations)
  }
}
