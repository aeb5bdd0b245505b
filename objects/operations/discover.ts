import type { Access } from '../access.ts'
import { linkAttributes } from '../attributes/attributes.ts'
import { ascendingIds } from '../content.ts'
import type { ObjectDefinition } from '../definition.ts'
import type { EnablerVersion } from '../enabler.ts'
import { OperationError, ResponseCode } from '../errors.ts'
import { ContentFormat } from '../formats/format.ts'
import { formatLinks, type LinkAttributes } from '../formats/link-format.ts'
import { linkTo, versionAttribute } from '../links.ts'
import type { Path } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { findTarget, isPresent, notAllowed, notFound } from './target.ts'

const deepest = 3

/**
 * Performs a Discover on an object, an instance or a resource, without `depth` two levels deep at an object and one
 * elsewhere (LwM2M Core 1.2.2 §6.3.2). Attributes are those of the asking server: of the target all that are assigned to
 * it, inherited ones too, of what lies below only its own.
 */
export function discover(
  store: ObjectStore,
  access: Access,
  { attributes, enablerVersion }: OperationContext,
  { path, depth = path.length === 1 ? 2 : 1 }: OperationOf<'discover'>,
): Outcome {
  const resource = findTarget(store, access, 'discover', path)
  if (path.length === 4) throw notAllowed(path, 'Discover')
  if (resource !== undefined && !isPresent(store, path, resource)) throw notFound(path)
  if (!Number.isInteger(depth) || depth < 0 || depth > deepest) {
    throw new OperationError('BAD_REQUEST', `depth is 0 to ${deepest}`)
  }
  const propertiesOf = (place: Path) => properties(store, place, enablerVersion)
  const links = [linkTo(path, { ...propertiesOf(path), ...linkAttributes(attributes.assigned(path)) })]
  const appendBelow = (place: Path, levels: number): void => {
    if (levels === 0) return
    for (const child of childrenOf(store, place)) {
      links.push(linkTo(child, { ...propertiesOf(child), ...linkAttributes(attributes.own(child)) }))
      appendBelow(child, levels - 1)
    }
  }
  appendBelow(path, depth)
  return {
    responseCode: ResponseCode.content,
    contentFormat: ContentFormat.link,
    payload: Buffer.from(formatLinks(links)),
  }
}

/** `ver` of an object, and `dim` of a multiple resource: the number of its instances, unknown when a handler has them. */
function properties(store: ObjectStore, path: Path, enabler: EnablerVersion | undefined): LinkAttributes {
  if (path.length === 1) return versionAttribute(store.definition(path[0] as number) as ObjectDefinition, enabler)
  const content = path.length === 3 ? store.content(path) : undefined
  return content instanceof Map ? { dim: content.size } : {}
}

function childrenOf(store: ObjectStore, path: Path): Path[] {
  return childIds(store, path).map(id => [...path, id])
}

function childIds(store: ObjectStore, path: Path): number[] {
  const objectId = path[0] as number
  if (path.length === 1) return store.instanceIds(objectId)
  if (path.length === 2) {
    const resources = store.resources(objectId).filter(resource => isPresent(store, [...path, resource.id], resource))
    return resources.map(({ id }) => id)
  }
  const content = path.length === 3 ? store.content(path) : undefined
  return content instanceof Map ? ascendingIds(content) : []
}
