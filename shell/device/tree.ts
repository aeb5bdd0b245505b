import type { ObjectDefinition } from '../../objects/definition.ts'
import { type ResourceEntry, tableOf } from '../../objects/definition-table.ts'
import type { ObjectsApi } from '../../objects/objects.ts'
import { formatPath, type Path, parsePath } from '../../objects/path.ts'
import type { Candidate } from '../line/argument-type.ts'

/** Which resources a command is about. */
export type Wanted = 'stored' | 'writable' | 'executable'

export function definitionOf(objects: ObjectsApi, objectId: number | undefined): ObjectDefinition | undefined {
  return objects.definitions().find(({ id }) => id === objectId)
}

/** The resource that a path is about, by the definition. */
export function resourceAt(objects: ObjectsApi, path: Path): ResourceEntry | undefined {
  const definition = definitionOf(objects, path[0])
  return definition && tableOf(definition).byId.get(path[2] as number)
}

/** The instances at, below or above a path, in tree order. */
export function instancesAround(objects: ObjectsApi, path: Path): Path[] {
  const found = new Map<string, Path>()
  for (const entry of objects.entries(formatPath(path.slice(0, 2)))) {
    const instance = entry.path.slice(0, 2)
    found.set(formatPath(instance), instance)
  }
  return [...found.values()]
}

/** Paths that may follow what was typed, down to so many identifiers, each with its name. */
export function pathCandidates(objects: ObjectsApi, typed: string, depth: number, wanted: Wanted): Candidate[] {
  const slash = typed.lastIndexOf('/')
  const parent = parsePath(typed.slice(0, slash + 1).replace(/(?<=.)\/$/, '') || '/')
  if (parent.length >= depth) return []
  return childrenOf(objects, parent, wanted).map(({ id, name, isLeaf }) => ({
    text: `${typed.slice(0, slash + 1) || ''}${id}${isLeaf || parent.length + 1 === depth ? '' : '/'}`,
    label: formatPath([...parent, id]),
    meta: name,
  }))
}

interface Child {
  readonly id: number
  readonly name: string
  readonly isLeaf: boolean
}

function childrenOf(objects: ObjectsApi, parent: Path, wanted: Wanted): Child[] {
  const [objectId, instanceId, resourceId] = parent
  if (objectId === undefined) {
    return objects.definitions().map(({ id, name }) => ({ id, name, isLeaf: false }))
  }
  const definition = definitionOf(objects, objectId)
  if (definition === undefined) return []
  if (instanceId === undefined) {
    return instancesAround(objects, parent).map(([, id = 0]) => ({ id, name: definition.name, isLeaf: false }))
  }
  if (resourceId === undefined) {
    return tableOf(definition)
      .resources.filter(resource => isWanted(objects, parent, resource, wanted))
      .map(({ id, name, units, multiple }) => ({ id, name: units ? `${name}, ${units}` : name, isLeaf: !multiple }))
  }
  const name = resourceAt(objects, parent)?.name ?? ''
  return objects
    .entries(formatPath(parent))
    .flatMap(({ path: [, , , id] }) => (id === undefined ? [] : { id, name, isLeaf: true }))
}

function isWanted(objects: ObjectsApi, instance: Path, resource: ResourceEntry, wanted: Wanted): boolean {
  if (wanted === 'executable') return resource.executable
  return wanted === 'writable' ? !resource.executable : objects.has(formatPath([...instance, resource.id]))
}
