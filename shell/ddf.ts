import { readFile, stat } from 'node:fs/promises'
import { maxDdfLength, parseDdf } from '../objects/ddf.ts'
import type { ObjectDefinition } from '../objects/definition.ts'
import { DdfError } from '../objects/errors.ts'
import { formatDefinition } from '../objects/format-definition.ts'
import { Identifiers } from '../objects/identifiers.ts'

export interface DdfArguments {
  readonly file: string
  readonly json?: true
}

interface Output {
  readonly print: (line: string) => void
  readonly printError: (line: string) => void
}

/**
 * `lwm2m ddf`: prints the objects of an OMA object definition file as a TypeScript module, or as JSON. Resolves with the
 * exit code.
 */
export async function runDdf({ file, json }: DdfArguments, { print, printError }: Output): Promise<number> {
  try {
    const definitions = parseDdf(await readDocument(file))
    print(json === true ? JSON.stringify(definitions, undefined, 2) : formatModule(definitions))
    return 0
  } catch (error) {
    if (!(error instanceof DdfError || isSystemError(error))) throw error
    printError(`error: ${file}: ${error instanceof DdfError ? error.message : describeSystemError(error)}`)
    return 1
  }
}

async function readDocument(file: string): Promise<Uint8Array> {
  const stats = await stat(file)
  if (stats.isDirectory()) throw new DdfError('is a directory')
  // A pipe or a device may never end.
  if (!stats.isFile()) throw new DdfError('is no regular file')
  if (stats.size > maxDdfLength) throw new DdfError('the document is longer than 4 MB')
  return readFile(file)
}

function formatModule(definitions: readonly ObjectDefinition[]): string {
  const identifiers = new Identifiers('variable')
  identifiers.take('defineObject', -1)
  const declarations = definitions.map(definition =>
    formatDefinition(definition, identifiers.take(definition.name, definition.id)).trimEnd(),
  )
  return ["import { defineObject } from 'lwm2m-engine/objects'", ...declarations].join('\n\n')
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}

/** Without the code before it and the call behind it: "ENOENT: no such file or directory, stat 'x'". */
function describeSystemError({ message }: NodeJS.ErrnoException): string {
  return message.replace(/^[A-Z]+: |, \w+(?: '.*)?$/gs, '')
}
