import { linkAttributes } from '../attributes/attributes.ts'
import { ascendingIds } from '../content.ts'
import type { ObjectDefinition } from '../definition.ts'
import type { ResourceEntry } from '../definition-table.ts'
import { ResponseCode } from '../errors.ts'
import { ContentFormat } from '../formats/format.ts'
import { formatLinks, type Link, type LinkAttributes } from '../formats/link-format.ts'
import { linkTo, versionAttribute } from '../links.ts'
import type { Path } from '../path.ts'
import type { ObjectStore } from '../store.ts'
import type { OperationContext, OperationOf, Outcome } from './operation.ts'
import { findTarget, isPresent, notAllowed, notFound } from './target.ts'

/**
 * Performs a Discover on an object, an instance or a resource (LwM2M Core 1.2.2 §6.3.2). Attributes are those of the
 * asking server: at object level those of the object, at instance level those of the instance and of each resource, at
 * resource level all that hold there, inherited ones too, and those of each resource instance.
 */
export function discover(store: ObjectStore, context: OperationContext, { path }: OperationOf<'discover'>): Outcome {
  const resource = findTarget(store, path)
  if (path.length === 4) throw notAllowed(path, 'Discover')
  if (resource !== undefined && !isPresent(store, path, resource)) throw notFound(path)
  const linksAt = path.length === 1 ? objectLinks : path.length === 2 ? instanceLinks : resourceLinks
  return {
    responseCode: ResponseCode.content,
    contentFormat: ContentFormat.link,
    payload: Buffer.from(formatLinks(linksAt(store, context, path))),
  }
}

function objectLinks(store: ObjectStore, { attributes }: OperationContext, path: Path): Link[] {
  const objectId = path[0] as number
  const definition = store.definition(objectId) as ObjectDefinition
  const links = [linkTo(path, { ...versionAttribute(definition), ...linkAttributes(attributes.own(path)) })]
  for (const instanceId of store.instanceIds(objectId)) {
    const instance = [objectId, instanceId]
    links.push(linkTo(instance))
    for (const resource of presentResources(store, instance)) links.push(linkTo([...instance, resource.id]))
  }
  return links
}

function instanceLinks(store: ObjectStore, { attributes }: OperationContext, path: Path): Link[] {
  const links = [linkTo(path, linkAttributes(attributes.own(path)))]
  for (const resource of presentResources(store, path)) {
    const place = [...path, resource.id]
    links.push(linkTo(place, { ...dimension(store, place), ...linkAttributes(attributes.own(place)) }))
  }
  return links
}

function resourceLinks(store: ObjectStore, { attributes }: OperationContext, path: Path): Link[] {
  const links = [linkTo(path, { ...dimension(store, path), ...linkAttributes(attributes.effective(path)) })]
  const content = store.content(path)
  if (content instanceof Map) {
    for (const id of ascendingIds(content)) {
      const place = [...path, id]
      links.push(linkTo(place, linkAttributes(attributes.own(place))))
    }
  }
  return links
}

function presentResources(store: ObjectStore, path: Path): ResourceEntry[] {
  return store.resources(path[0] as number).filter(resource => isPresent(store, [...path, resource.id], resource))
}

/** `dim`, the number of resource instances of a multiple resource; unknown when a handler supplies them. */
function dimension(store: ObjectStore, path: Path): LinkAttributes {
  const content = store.content(path)
  return content instanceof Map ? { dim: content.size } : {}
}
