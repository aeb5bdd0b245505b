import { Observable, share } from 'rxjs'
import type { Path } from '../objects/path.ts'

/** One fact about the object tree: the value at `path` was written, or the place itself came or went. */
export interface Change {
  readonly path: Path
  readonly kind: 'value' | 'created' | 'deleted'
}

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
