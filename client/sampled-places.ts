import { bootstrapOnlyObjects } from '../objects/definition-table.ts'
import { readValues } from '../objects/operations/read.ts'
import { readHandler } from '../objects/operations/target.ts'
import type { Path } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { SampledPlace } from '../streams/sample.ts'
import { type Observed, type ReportingAttributes, samplePeriodSeconds } from './reporting-attributes.ts'

/** What of an observation has to be sampled now: resources with a read handler, by their evaluation periods. */
export function sampledPlaces(
  store: ObjectStore,
  attributes: ReportingAttributes,
  observed: Observed,
): readonly SampledPlace[] {
  const places: SampledPlace[] = []
  for (const path of observed.paths.flatMap(top => resourcesBelow(store, top))) {
    if (readHandler(store, path) === undefined) continue
    const seconds = samplePeriodSeconds(attributes.at(path, observed))
    if (seconds !== undefined) places.push({ periodMs: seconds * 1000, read: () => readValues(store, path) })
  }
  return places
}

function resourcesBelow(store: ObjectStore, top: Path): Path[] {
  if (top.length > 2) return [top]
  const [onlyObject, onlyInstance] = top
  const objectIds = onlyObject === undefined ? store.objects().map(({ id }) => id) : [onlyObject]
  return objectIds
    .filter(objectId => !bootstrapOnlyObjects.has(objectId) && store.definition(objectId) !== undefined)
    .flatMap(objectId => {
      const instanceIds = onlyInstance === undefined ? store.instanceIds(objectId) : [onlyInstance]
      const resources = store.resources(objectId).filter(({ readable }) => readable)
      return instanceIds.flatMap(instanceId => resources.map(({ id }) => [objectId, instanceId, id]))
    })
}
