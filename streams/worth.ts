import { filter, type MonoTypeOperatorFunction } from 'rxjs'
import type { Change } from '../objects/store.ts'

/** What judges a batch of changes, see `TrackedValues`. */
export interface Judge {
  areWorth(changes: readonly Change[]): boolean
}

/** Lets those batches pass in which a change is worth a notification, by its value (LwM2M Core 1.2.2 §7.3.2). */
export function worthNotifying(judge: Judge): MonoTypeOperatorFunction<readonly Change[]> {
  return filter(changes => judge.areWorth(changes))
}
