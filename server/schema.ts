import type { ObjectDefinition } from '../objects/definition.ts'
import { tableOf } from '../objects/definition-table.ts'
import { device } from '../objects/definitions/device.ts'
import { gateway } from '../objects/definitions/gateway.ts'
import { security } from '../objects/definitions/security.ts'
import { server } from '../objects/definitions/server.ts'
import { temperature } from '../objects/definitions/temperature.ts'
import type { Schema } from '../objects/formats/format.ts'

const builtIn: readonly ObjectDefinition[] = [security, server, device, gateway, temperature]

/** The types of the objects that the engine has, and of `definitions`, which win over them. */
export function schemaOf(definitions: readonly ObjectDefinition[]): Schema {
  const tables = new Map([...builtIn, ...definitions].map(definition => [definition.id, tableOf(definition)]))
  return { resource: (objectId, resourceId) => tables.get(objectId)?.byId.get(resourceId) }
}
