import { distinctUntilChanged, map, merge, type Observable, of } from 'rxjs'
import { type Content, type StoredContent, sameContent } from '../objects/content.ts'
import type { ResourcePath } from '../objects/resource-path.ts'
import type { PathRouter } from './route.ts'

/** What `value$` needs of the object store. */
export interface ValueSource {
  /** What is stored at a resource or resource instance now; `undefined` when there is nothing. */
  content(path: ResourcePath): StoredContent | undefined
}

export interface ValueOptions {
  readonly path: ResourcePath
  readonly source: ValueSource
  /** Tells of the changes of `source`. */
  readonly router: PathRouter
}

/**
 * The value of a resource or resource instance now, and each different one after it: one a transaction at most, the
 * newest. `undefined` while it is missing. What a `read` handler would supply is not seen.
 */
export function value$({ path, source, router }: ValueOptions): Observable<Content | undefined> {
  // The changes first: who hears the present value may write in answer.
  return merge(router.changesOf(path), of(undefined)).pipe(
    map(() => snapshot(source.content(path))),
    distinctUntilChanged(sameContent),
    map(content => (content instanceof Map ? Object.fromEntries(content) : content)),
  )
}

/** The store changes the resource instances of a multiple resource in place. */
function snapshot(content: StoredContent | undefined): StoredContent | undefined {
  return content instanceof Map ? new Map(content) : content
}
