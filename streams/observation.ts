import { filter, merge, type Observable, startWith, switchMap, tap } from 'rxjs'
import { bootstrapOnlyObjects } from '../objects/definition-table.ts'
import type { Path } from '../objects/path.ts'
import type { Change } from '../objects/store.ts'
import type { Clock } from '../transport/clock.ts'
import { type CompositeOptions, composite } from './composite.ts'
import { type NotificationCause, type NotifyAttributesOptions, notifyAttributes } from './notify-attributes.ts'
import type { PathRouter } from './route.ts'
import { type SampledPlace, sample } from './sample.ts'
import { type Judge, worthNotifying } from './worth.ts'

/** What is of interest of the changes of the observed paths. */
export interface ObservedChangesOptions {
  readonly router: PathRouter
  readonly clock: Clock
  readonly paths: readonly Path[]
  /** Judges each batch by the values in it; default: all are worth a notification. */
  readonly judge?: Judge | undefined
  /** The resources to sample, asked anew when an instance comes or goes. Default: none. */
  readonly places?: (() => readonly SampledPlace[]) | undefined
  /** Where the periods of the samples count from, see {@link sample}. Default: the subscription. */
  readonly sampledSinceMs?: number
  /** Sees each batch that passes, before it is held for any time. */
  readonly onChange?: (() => void) | undefined
}

/** The batches of changes that are worth a notification. */
export function observedChanges(options: ObservedChangesOptions): Observable<readonly Change[]> {
  const { router, clock, paths, judge, places, sampledSinceMs, onChange } = options
  const [path] = paths
  let changes = path !== undefined && paths.length === 1 ? router.changesOf(path) : router.changesOfAny(paths)
  if (path?.length === 0) changes = changes.pipe(filter(batch => batch.some(isNoSecret)))
  if (places !== undefined) {
    const samples = changes.pipe(
      filter(batch => batch.some(({ kind }) => kind !== 'value')),
      startWith(undefined),
      switchMap(() => sample(places(), clock, sampledSinceMs)),
    )
    changes = merge(changes, samples)
  }
  if (judge !== undefined) changes = changes.pipe(worthNotifying(judge))
  return onChange === undefined ? changes : changes.pipe(tap(onChange))
}

/** The root stands for all objects but those that no server may read (LwM2M Core 1.2.2 §6.4). */
function isNoSecret({ path }: Change): boolean {
  return !bootstrapOnlyObjects.has(path[0] as number)
}

export type ObservationOptions = ObservedChangesOptions & (NotifyAttributesOptions | CompositeOptions)

/** When to notify one observation, and why: read what it is about and send at each emission. */
export function observation(options: ObservationOptions): Observable<NotificationCause> {
  const changes = observedChanges(options)
  return 'parts$' in options ? changes.pipe(composite(options)) : changes.pipe(notifyAttributes(options))
}
