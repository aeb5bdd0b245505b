import { checkResourceValue } from '../objects/content.ts'
import type { DefinitionTable, ResourceEntry } from '../objects/definition-table.ts'
import { ValueError } from '../objects/errors.ts'
import { parseObjectLink } from '../objects/formats/object-link.ts'
import { byteForms, type JsonPlace } from '../objects/json-place.ts'
import { comparePaths, idFromText, type Path } from '../objects/path.ts'
import type { PathValue } from '../objects/path-value.ts'
import type { Value } from '../objects/value.ts'

/**
 * Reads the resources of an instance from a JSON object: by their names in the definition or by their ids, a multiple
 * resource as an object by resource instance id. Without a definition a value is what it looks like. Throws
 * BootstrapConfigError.
 */
export function readResources(
  members: readonly [name: string, place: JsonPlace][],
  instance: Path,
  table: DefinitionTable | undefined,
): PathValue[] {
  const values = new Map<number, PathValue[]>()
  for (const [name, place] of members) {
    const id = resourceIdOf(name, table)
    if (id === undefined) {
      throw place.fault(`is no resource of ${table === undefined ? 'an object known here' : table.definition.name}`)
    }
    if (values.has(id)) throw place.fault('is given twice, by its name and by its id')
    values.set(id, readResource(place, [...instance, id], table?.byId.get(id)))
  }
  return [...values.values()].flat().sort((a, b) => comparePaths(a.path, b.path))
}

/** The id of a resource by its name in the definition, or by the id itself. */
export function resourceIdOf(name: string, table: DefinitionTable | undefined): number | undefined {
  const resources = table?.definition.resources ?? {}
  return idFromText(name) ?? (Object.hasOwn(resources, name) ? resources[name]?.id : undefined)
}

/** Reads one resource: its value, or its values by resource instance id. Throws BootstrapConfigError. */
export function readResource(place: JsonPlace, path: Path, resource: ResourceEntry | undefined): PathValue[] {
  if (resource?.type === 'none') throw place.fault('can be executed, not written')
  if (!(resource?.multiple ?? hasInstances(place))) return [{ path, value: readValue(place, resource) }]
  const values = place.members().map(([name, item]) => {
    const id = idFromText(name)
    if (id === undefined) throw item.fault('is no resource instance id')
    return { path: [...path, id], value: readValue(item, resource) }
  })
  if (values.length === 0) throw place.fault('has no resource instance')
  return values
}

/** Of an unknown resource: an object is bytes, or else resource instances. */
function hasInstances(place: JsonPlace): boolean {
  return place.isObject && !place.members().some(([name]) => byteForms.includes(name))
}

function readValue(place: JsonPlace, resource: ResourceEntry | undefined): Value {
  if (resource === undefined) return place.isObject ? place.bytes() : place.simple()
  const value = readAs(place, resource)
  try {
    return checkResourceValue(resource, value)
  } catch (error) {
    if (error instanceof ValueError) throw place.fault(`cannot be written: ${error.message}`)
    throw error
  }
}

function readAs(place: JsonPlace, { type }: ResourceEntry): Value {
  if (type === 'opaque') return place.bytes()
  if (type !== 'objectLink') return place.simple()
  const link = parseObjectLink(place.text())
  if (link === undefined) throw place.fault('is no object link; write one such as "3303:0"')
  return link
}
