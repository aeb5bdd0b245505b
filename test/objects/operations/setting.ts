import { AttributeTree } from '../../../objects/attributes/tree.ts'
import { defineObject } from '../../../objects/definition.ts'
import { device } from '../../../objects/definitions/device.ts'
import { security } from '../../../objects/definitions/security.ts'
import { server } from '../../../objects/definitions/server.ts'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { ResponseCode } from '../../../objects/errors.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { performBootstrap } from '../../../objects/operations/bootstrap.ts'
import type {
  BootstrapOperation,
  Operation,
  OperationContext,
  OperationOf,
  Outcome,
} from '../../../objects/operations/operation.ts'
import { perform } from '../../../objects/operations/perform.ts'
import { parsePath } from '../../../objects/path.ts'
import { ObjectStore } from '../../../objects/store.ts'

export const everything = defineObject({
  id: 32000,
  name: 'Everything',
  multiple: true,
  resources: {
    readOnly: { id: 0, type: 'integer', operations: 'R' },
    writeOnly: { id: 1, type: 'integer', operations: 'W' },
    mandatory: { id: 2, type: 'integer', operations: 'RW', mandatory: true, range: [0, 100] },
    optional: { id: 3, type: 'string', operations: 'RW' },
    many: { id: 4, type: 'integer', operations: 'RW', multiple: true },
    run: { id: 5, type: 'none', operations: 'E' },
    unimplemented: { id: 6, type: 'none', operations: 'E' },
    absent: { id: 7, type: 'integer', operations: 'R' },
    bootstrapOnly: { id: 8, type: 'integer', operations: '' },
    flag: { id: 9, type: 'boolean', operations: 'RW' },
    link: { id: 10, type: 'objectLink', operations: 'RW' },
    readOnlyMany: { id: 11, type: 'integer', operations: 'R', multiple: true },
  },
})

/** An object of a single instance, which it does not have. */
const single = defineObject({
  id: 32001,
  name: 'Single',
  resources: { value: { id: 0, type: 'integer', operations: 'RW' } },
})

/** A store with one server account and an instance of everything, and what asks it. */
export function setUp() {
  const store = new ObjectStore()
  for (const definition of [security, server, device, temperature, everything, single]) store.define(definition)
  store.createInstance(0, 0, [{ path: [0, 0, 5], value: Uint8Array.of(1) }])
  store.createInstance(1, 0, [{ path: [1, 0, 0], value: 1 }])
  store.createInstance(3, 0)
  store.createInstance(32000, 0)
  const values = { 0: 10, 1: 11, 2: 12, 3: 'text', 8: 18 }
  for (const [id, value] of Object.entries(values)) store.set([32000, 0, Number(id)], value)
  store.set([32000, 0, 4], { 0: 40, 2: 42 })
  const executed: unknown[] = []
  store.handlers.add(32000, undefined, 5, { execute: (path, args) => void executed.push(path, [...args]) })
  const errors: unknown[] = []
  const context: OperationContext = {
    shortServerId: 1,
    attributes: new AttributeTree(),
    onError: error => errors.push(error),
  }
  const later = (operation: Operation) => perform(store, context, operation)
  const run = (operation: Operation) => now(later(operation))
  const bootstrap = (operation: BootstrapOperation) => now(performBootstrap(store, context, operation))
  return { store, context, errors, executed, run, later, bootstrap }
}

/** An outcome that must have come at once. */
export function now(outcome: Outcome | Promise<Outcome>): Outcome {
  if (outcome instanceof Promise) throw new Error('expected an outcome, not a promise')
  return outcome
}

const codes = new Map(
  Object.values(ResponseCode).map(code => [code, `${code >> 5}.${String(code & 31).padStart(2, '0')}`]),
)
export const codeOf = (outcome: Outcome) => codes.get(outcome.responseCode)
export const textOf = (outcome: Outcome) => Buffer.from(outcome.payload ?? []).toString()

const accepting = (accept: number | undefined) => (accept === undefined ? {} : { accept })
const carrying = (payload: string | Uint8Array, contentFormat: number | undefined) => ({
  payload: Buffer.from(payload),
  ...(contentFormat !== undefined && { contentFormat }),
})
const json = ContentFormat.senmlJson

export const read = (path: string, accept?: number): Operation => ({
  kind: 'read',
  path: parsePath(path),
  ...accepting(accept),
})
export const write = (
  path: string,
  payload: string | Uint8Array,
  contentFormat?: number,
  mode: 'replace' | 'update' = 'replace',
): Operation => ({ kind: 'write', path: parsePath(path), mode, ...carrying(payload, contentFormat) })
export const writeJson = (path: string, pack: object[], mode: 'replace' | 'update' = 'replace') =>
  write(path, JSON.stringify(pack), json, mode)
export const create = (path: string, payload: string | Uint8Array = '', contentFormat?: number): Operation => ({
  kind: 'create',
  path: parsePath(path),
  ...carrying(payload, contentFormat),
})
export const createJson = (path: string, pack: object[]) => create(path, JSON.stringify(pack), json)
export const remove = (path: string): Operation => ({ kind: 'delete', path: parsePath(path) })
export const execute = (path: string, args = ''): Operation => ({
  kind: 'execute',
  path: parsePath(path),
  arguments: args,
})
export const discover = (path: string, depth?: number): Operation => ({
  kind: 'discover',
  path: parsePath(path),
  ...(depth !== undefined && { depth }),
})
export const writeAttributes = (path: string, ...attributes: string[]): Operation => ({
  kind: 'writeAttributes',
  path: parsePath(path),
  attributes,
})
export const readComposite = (
  paths: readonly string[],
  kind: OperationOf<'readComposite' | 'observeComposite' | 'cancelObservationComposite'>['kind'] = 'readComposite',
): Operation => ({
  kind,
  path: [],
  accept: json,
  ...carrying(JSON.stringify(paths.map(n => ({ n }))), json),
})
export const writeComposite = (pack: object[], contentFormat: number = json): Operation => ({
  kind: 'writeComposite',
  path: [],
  ...carrying(JSON.stringify(pack), contentFormat),
})
