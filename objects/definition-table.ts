import type { ObjectDefinition, ResourceDefinition } from './definition.ts'

/**
 * Security and OSCORE: they hold secrets, only bootstrap may touch them, and nobody is told of them
 * (LwM2M Core 1.2.2 §6.2.1, §E.1).
 */
export const bootstrapOnlyObjects: ReadonlySet<number> = new Set([0, 21])

/** A resource definition with its defaults filled in. */
export interface ResourceEntry extends ResourceDefinition {
  readonly name: string
  readonly multiple: boolean
  readonly mandatory: boolean
  readonly readable: boolean
  readonly writable: boolean
  readonly executable: boolean
}

/** A definition prepared for look-ups by number. */
export interface DefinitionTable {
  readonly definition: ObjectDefinition
  readonly byId: ReadonlyMap<number, ResourceEntry>
  /** In ascending order of id. */
  readonly resources: readonly ResourceEntry[]
}

const tables = new WeakMap<ObjectDefinition, DefinitionTable>()

/** The table of a definition, made once and shared by every store of the process. Throws TypeError for a repeated id. */
export function tableOf(definition: ObjectDefinition): DefinitionTable {
  let table = tables.get(definition)
  if (table === undefined) {
    table = makeTable(definition)
    tables.set(definition, table)
  }
  return table
}

function makeTable(definition: ObjectDefinition): DefinitionTable {
  const resources = Object.entries(definition.resources)
    .map(([name, resource]) => entryOf(name, resource))
    .sort((a, b) => a.id - b.id)
  const byId = new Map(resources.map(resource => [resource.id, resource]))
  if (byId.size !== resources.length) {
    throw new TypeError(`object ${definition.id} (${definition.name}) defines a resource id twice`)
  }
  return { definition, byId, resources }
}

function entryOf(name: string, resource: ResourceDefinition): ResourceEntry {
  const { operations } = resource
  return {
    ...resource,
    name,
    multiple: resource.multiple ?? false,
    mandatory: resource.mandatory ?? false,
    readable: operations.includes('R'),
    writable: operations.includes('W'),
    executable: operations === 'E',
  }
}
