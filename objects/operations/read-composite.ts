import type { Access } from '../access.ts'
import { bootstrapOnlyObjects } from '../definition-table.ts'
import { OperationError, type OperationErrorCode } from '../errors.ts'
import { ContentFormat, type DataFormat } from '../formats/format.ts'
import { formatOf } from '../formats/formats.ts'
import { decodePaths } from '../formats/path-list.ts'
import { isPromiseLike } from '../handlers.ts'
import { comparePaths, covers, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationOf, Outcome } from './operation.ts'
import { allThen, andThen, readValues } from './read.ts'
import { type ReadContext, readOutcome } from './read-outcome.ts'

type Composite = OperationOf<'readComposite' | 'observeComposite' | 'cancelObservationComposite'>

/** The formats that carry several objects; ETCH is for requests (LwM2M Core 1.2.2 §6.3.8, RFC 8790 §3.1). */
const answerFormats: ReadonlySet<number> = new Set([
  ContentFormat.senmlJson,
  ContentFormat.senmlCbor,
  ContentFormat.lwm2mCbor,
])

/** What keeps a place out of the answer; anything else is a failure of the whole. */
const skipped: ReadonlySet<OperationErrorCode> = new Set(['NOT_FOUND', 'METHOD_NOT_ALLOWED', 'UNAUTHORIZED'])

/**
 * Performs a Read-Composite, and the one that an Observe-Composite and its cancellation imply: as much of it as can be
 * read (LwM2M Core 1.2.2 §6.3.8, §8.2.1). Places that are missing, not readable, or closed to the server are left out; the
 * root is every object but those of bootstrap. When nothing is left, the answer is 4.01 if the server lacks a right to
 * something, or else what is wrong with the first place; an object of bootstrap is 4.01 in any case.
 */
export function readComposite(
  store: ObjectStore,
  access: Access,
  context: ReadContext,
  operation: Composite,
): Outcome | Promise<Outcome> {
  const { kind, accept = ContentFormat.senmlCbor, contentFormat, payload } = operation
  const format = answerFormats.has(accept) ? formatOf(accept) : undefined
  if (format === undefined) throw new OperationError('NOT_ACCEPTABLE', `Content-Format ${accept} is no answer to this`)
  if (contentFormat === undefined) throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', 'Content-Format missing')
  return readPlaces(store, access, context, kind, format, decodePaths(contentFormat, payload, store.prefix))
}

/** What a Read-Composite of these paths answers in this format. Throws as {@link readComposite}. */
export function readPlaces(
  store: ObjectStore,
  access: Access,
  context: ReadContext,
  kind: Composite['kind'],
  format: DataFormat,
  paths: readonly Path[],
): Outcome | Promise<Outcome> {
  const parts = placesOf(store, paths).map(place => attempt(() => readValues(store, place, access, kind)))
  return andThen(allThen(parts, checkReadable), values => readOutcome(store, context, kind, format, [], values))
}

/** What to read, in tree order and each thing once: an object becomes its instances, since each has its own rights. */
function placesOf(store: ObjectStore, paths: readonly Path[]): Path[] {
  if (paths.length === 0) throw new OperationError('BAD_REQUEST', 'a composite operation without paths')
  const places: Path[] = []
  let last: Path | undefined
  for (const path of [...paths].sort(comparePaths)) {
    if (bootstrapOnlyObjects.has(path[0] as number)) throw new OperationError('UNAUTHORIZED', 'for bootstrap only')
    if (last !== undefined && covers(last, path)) continue
    last = path
    if (path.length > 1) places.push(path)
    else
      for (const objectId of path.length === 1 ? path : readableObjects(store))
        places.push(...instancesOf(store, objectId))
  }
  return places
}

function readableObjects(store: ObjectStore): number[] {
  return store
    .objects()
    .map(({ id }) => id)
    .filter(id => !bootstrapOnlyObjects.has(id))
}

/** An object that is unknown stands for itself, so that it is found missing. */
function instancesOf(store: ObjectStore, objectId: number): Path[] {
  if (store.definition(objectId) === undefined) return [[objectId]]
  return store.instanceIds(objectId).map(instanceId => [objectId, instanceId])
}

type Attempt = PathValue[] | OperationError

/** What a read gives, or why there is nothing for this server; any other failure is thrown. */
export function attempt<T>(run: () => T | Promise<T>): T | OperationError | Promise<T | OperationError> {
  try {
    const result = run()
    return isPromiseLike(result) ? Promise.resolve(result).catch(refusal) : result
  } catch (error) {
    return refusal(error)
  }
}

function refusal(error: unknown): OperationError {
  if (error instanceof OperationError && skipped.has(error.code)) return error
  throw error
}

function checkReadable(attempts: readonly Attempt[]): PathValue[] {
  const refusals = attempts.filter(result => result instanceof OperationError)
  if (refusals.length > 0 && refusals.length === attempts.length) {
    throw refusals.find(({ code }) => code === 'UNAUTHORIZED') ?? refusals[0]
  }
  return attempts.flatMap(result => (result instanceof OperationError ? [] : result))
}
