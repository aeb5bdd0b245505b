import { maxDdfLength, parseDdf } from '../objects/ddf.ts'
import type { ObjectDefinition } from '../objects/definition.ts'
import { DdfError } from '../objects/errors.ts'
import { formatDefinition } from '../objects/format-definition.ts'
import { Identifiers } from '../objects/identifiers.ts'
import { DocumentError, readDocument, shownName } from './document.ts'
import type { Environment } from './environment.ts'

export interface DdfArguments {
  readonly file: string
  readonly json?: true
}

type Output = Pick<Environment, 'print' | 'printError'>

/**
 * `lwm2m ddf`: prints the objects of an OMA object definition file as a TypeScript module, or as JSON. Resolves with the
 * exit code.
 */
export async function runDdf({ file, json }: DdfArguments, { print, printError }: Output): Promise<number> {
  try {
    const definitions = parseDdf(await readDocument(file, maxDdfLength))
    print(json === true ? JSON.stringify(definitions, undefined, 2) : formatModule(definitions))
    return 0
  } catch (error) {
    if (!(error instanceof DdfError || error instanceof DocumentError)) throw error
    printError(`error: ${shownName(file)}: ${error.message}`)
    return 1
  }
}

function formatModule(definitions: readonly ObjectDefinition[]): string {
  const identifiers = new Identifiers('variable')
  identifiers.take('defineObject', -1)
  const declarations = definitions.map(definition =>
    formatDefinition(definition, identifiers.take(definition.name, definition.id)).trimEnd(),
  )
  return ["import { defineObject } from 'lwm2m-engine/objects'", ...declarations].join('\n\n')
}
