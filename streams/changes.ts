import { Observable, share } from 'rxjs'
import type { Change } from '../objects/store.ts'

/** What reporting needs of the object store. */
export interface ChangeSource {
  /** Calls `listener` once after each transaction with everything it changed; returns how to stop that. */
  onChanges(listener: (changes: readonly Change[]) => void): () => void
}

/** The changes of a store, one batch a transaction: a single listener at the store however many subscribe. */
export function changes$(source: ChangeSource): Observable<readonly Change[]> {
  return new Observable<readonly Change[]>(subscriber => source.onChanges(changes => subscriber.next(changes))).pipe(
    share(),
  )
}
