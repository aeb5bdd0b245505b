import type { Access } from '../access.ts'
import type { ResourceEntry } from '../definition-table.ts'
import { OperationError, ResponseCode } from '../errors.ts'
import { ContentFormat } from '../formats/format.ts'
import { formatPath, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { writeTransaction } from './received-content.ts'
import { findTarget, notAllowed } from './target.ts'
import { badPayload, checkObjectLinks, decodePayload, tellHandlers, writeResource } from './write-resource.ts'

/** SenML, SenML ETCH and LwM2M CBOR (LwM2M Core 1.2.2 §6.3.9). */
const compositeFormats: ReadonlySet<number> = new Set([
  ContentFormat.senmlJson,
  ContentFormat.senmlCbor,
  ContentFormat.senmlEtchJson,
  ContentFormat.senmlEtchCbor,
  ContentFormat.lwm2mCbor,
])

/**
 * Performs a Write-Composite: updates resources and resource instances anywhere, all of them or none
 * (LwM2M Core 1.2.2 §6.3.9, §8.2.1). Objects, instances and resources must exist, 4.04, and be open to the server, 4.01,
 * and writable, 4.05. A resource instance that does not exist is created; `null` removes a resource instance or an
 * optional resource, if it is there (RFC 8790 §3.2).
 */
export function writeComposite(
  store: ObjectStore,
  access: Access,
  context: OperationContext,
  operation: OperationOf<'writeComposite'>,
): Outcome | Promise<Outcome> {
  const { contentFormat } = operation
  if (contentFormat === undefined || !compositeFormats.has(contentFormat)) {
    throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', `Content-Format ${contentFormat ?? 'missing'}`)
  }
  const values = decodePayload(store, [], operation)
  if (values.length === 0) throw new OperationError('BAD_REQUEST', 'a composite operation without values')
  const groups = groupByResource(values)
  for (const path of groups.keys()) checkWritable(store, access, path)
  return writeTransaction(store, context, takeReceived => {
    const stored = takeReceived(values)
    for (const [path, group] of stored === values ? groups : groupByResource(stored)) update(store, path, group)
    checkObjectLinks(store, stored)
    tellHandlers(store, stored)
    return { responseCode: ResponseCode.changed }
  })
}

/** The values by the path of their resource. */
function groupByResource(values: readonly PathValue[]): Map<Path, PathValue[]> {
  const groups = new Map<string, readonly [Path, PathValue[]]>()
  for (const entry of values) {
    if (entry.path.length < 3) throw badPayload(entry.path)
    const path = entry.path.slice(0, 3)
    const key = formatPath(path)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [path, [entry]])
    else group[1].push(entry)
  }
  return new Map(groups.values())
}

function checkWritable(store: ObjectStore, access: Access, path: Path): void {
  if (findTarget(store, access, 'writeComposite', path)?.writable === false) throw notAllowed(path, 'Write-Composite')
}

function update(store: ObjectStore, path: Path, group: readonly PathValue[]): void {
  const resource = store.resource(path[0] as number, path[2] as number) as ResourceEntry
  for (const { path: place, value } of group) {
    if (value !== null) continue
    if (place.length === 3 && group.length > 1) throw badPayload(place)
    if (place.length === 3 && resource.mandatory) throw notAllowed(place, 'removal')
    store.remove(place)
  }
  const written = group.filter(({ value }) => value !== null)
  if (written.length > 0) writeResource(store, path, resource, 'update', written)
}
