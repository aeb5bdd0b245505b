import { fullAccess } from '../access.ts'
import type { ObjectStore } from '../store.ts'
import type { BootstrapContext, BootstrapOperationOf, Outcome } from './operation.ts'
import { read } from './read.ts'
import { notAllowed } from './target.ts'

/** Server and Access Control: what a Bootstrap-Server needs to know to add an account (LwM2M Core 1.2.2 §6.1.7.4). */
const readableObjects: ReadonlySet<number | undefined> = new Set([1, 2])

/** Performs a Bootstrap-Read on the Server or the Access Control object or one of their instances; others are 4.05. */
export function bootstrapRead(
  store: ObjectStore,
  { enablerVersion = '1.1' }: BootstrapContext,
  { path, accept }: BootstrapOperationOf<'bootstrapRead'>,
): Outcome | Promise<Outcome> {
  if (!readableObjects.has(path[0]) || path.length > 2) throw notAllowed(path, 'Bootstrap-Read')
  return read(
    store,
    fullAccess,
    { enablerVersion },
    { kind: 'read', path, ...(accept === undefined ? {} : { accept }) },
  )
}
