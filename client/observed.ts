import type { Attributes } from '../objects/attributes/attributes.ts'
import { decodePaths } from '../objects/formats/path-list.ts'
import { observationAttributes } from '../objects/operations/observation-attributes.ts'
import type { OperationContext, OperationOf } from '../objects/operations/operation.ts'
import { comparePaths, formatPath, type Path, samePath } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'

export type ObserveOperation = OperationOf<'observe' | 'observeComposite'>

/** The paths that an operation on an observation is about, in tree order, each once; names begin with
 * `prefix`, if there is one. Throws what `decodePaths` throws. */
export function pathsOf(
  operation: ObserveOperation | OperationOf<'cancelObservation' | 'cancelObservationComposite'>,
  prefix?: string,
): readonly Path[] {
  if (operation.kind === 'observe' || operation.kind === 'cancelObservation') return [operation.path]
  const { contentFormat = 0, payload } = operation
  const paths = decodePaths(contentFormat, payload, prefix).sort(comparePaths)
  return paths.filter((path, index) => index === 0 || !samePath(paths[index - 1] as Path, path))
}

/** What observations take in memory and time goes by their paths: a composite may have thousands. */
export function pathCount(observations: Iterable<{ readonly paths: readonly Path[] }>): number {
  let count = 0
  for (const { paths } of observations) count += paths.length
  return count
}

/** Tells apart what a server can observe at the same time: a path, or a set of paths (LwM2M Core 1.2.2 §6.4.4). */
export function observationKey(
  operation: ObserveOperation | OperationOf<'cancelObservation' | 'cancelObservationComposite'>,
  prefix?: string,
): string {
  if (operation.kind === 'observe' || operation.kind === 'cancelObservation') return formatPath(operation.path)
  return `composite ${pathsOf(operation, prefix).map(formatPath).join(' ')}`
}

/** Attributes that came with an operation and were right when it was performed; undefined when there are none. */
export function ownAttributesOf(
  store: ObjectStore,
  context: OperationContext,
  operation: ObserveOperation,
): Attributes | undefined {
  return operation.attributes === undefined ? undefined : observationAttributes(store, context, operation)
}
