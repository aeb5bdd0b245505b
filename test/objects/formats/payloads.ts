import { expect } from 'vitest'
import type { Schema } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import type { Path } from '../../../objects/path.ts'
import type { PathValue } from '../../../objects/path-value.ts'
import type { ResourceType, Value } from '../../../objects/value.ts'

/** An object, and the next one alike, with a single resource `id` and a multiple resource `id + 10` of each type. */
export const typesObject = 9999
export const types: readonly ResourceType[] = [
  'string',
  'integer',
  'unsigned',
  'float',
  'boolean',
  'opaque',
  'time',
  'objectLink',
  'coreLink',
]

const text = { type: 'string', multiple: false } as const
const integer = { type: 'integer', multiple: false } as const
const integers = { type: 'integer', multiple: true } as const
const allTypes = Object.fromEntries(
  types.flatMap((type, id) => [
    [id, { type, multiple: false }],
    [id + 10, { type, multiple: true }],
  ]),
)
const objects: Record<number, Record<number, { type: ResourceType; multiple: boolean }>> = {
  1: { 0: integer, 1: integer, 6: { type: 'boolean', multiple: false }, 7: text },
  2: { 0: integer, 1: integer, 2: integers, 3: integer },
  3: {
    0: text,
    1: text,
    2: text,
    3: text,
    4: { type: 'none', multiple: false },
    6: integers,
    7: integers,
    8: integers,
    9: integer,
    10: integer,
    11: integers,
    13: { type: 'time', multiple: false },
    14: text,
    16: text,
  },
  65: { 0: { type: 'objectLink', multiple: true }, 1: text, 2: integer },
  66: { 0: text, 1: text, 2: { type: 'objectLink', multiple: false } },
  3303: { 5700: { type: 'float', multiple: false }, 5701: text },
  [typesObject]: allTypes,
  [typesObject + 1]: allTypes,
}

const schema: Schema = { resource: (objectId, resourceId) => objects[objectId]?.[resourceId] }

/** Device object instance 0 of the LwM2M example client (LwM2M Core §7.5). */
export const device: readonly PathValue[] = [
  { path: [3, 0, 0], value: 'Open Mobile Alliance' },
  { path: [3, 0, 1], value: 'Lightweight M2M Client' },
  { path: [3, 0, 2], value: '345000123' },
  { path: [3, 0, 3], value: '1.0' },
  { path: [3, 0, 6, 0], value: 1 },
  { path: [3, 0, 6, 1], value: 5 },
  { path: [3, 0, 7, 0], value: 3800 },
  { path: [3, 0, 7, 1], value: 5000 },
  { path: [3, 0, 8, 0], value: 125 },
  { path: [3, 0, 8, 1], value: 900 },
  { path: [3, 0, 9], value: 100 },
  { path: [3, 0, 10], value: 15 },
  { path: [3, 0, 11, 0], value: 0 },
  { path: [3, 0, 13], value: 1367491215 },
  { path: [3, 0, 14], value: '+02:00' },
  { path: [3, 0, 16], value: 'U' },
]

export const hex = (written: string): Buffer => Buffer.from(written.replace(/\s/g, ''), 'hex')

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The format of a Content-Format number over the test schema. */
export function codec(contentFormat: number) {
  const format = formatOf(contentFormat)
  if (format === undefined) throw new Error(`no format ${contentFormat}`)
  return {
    encode: (base: Path, values: readonly PathValue[]) => format.encode(base, values, schema),
    encodeOne: (path: Path, value: Value) => format.encode(path, [{ path, value }], schema),
    decode: (base: Path, payload: Uint8Array) => format.decode(base, payload, schema),
    decodeOne: (path: Path, payload: Uint8Array) => {
      const values = format.decode(path, payload, schema)
      expect(values.map(value => value.path)).toEqual([path])
      return values[0]?.value
    },
  }
}

/** Whether `run` returns or throws one of the two errors that a decoder may throw. */
export function endsAsADecoderMay(run: () => unknown): boolean {
  try {
    run()
    return true
  } catch (error) {
    return error instanceof Error && (error.name === 'FormatError' || error.name === 'OperationError')
  }
}

export const malformed = expect.objectContaining({ code: 'MALFORMED_PAYLOAD' })
export const badRequest = expect.objectContaining({ code: 'BAD_REQUEST' })
export const notAcceptable = expect.objectContaining({ code: 'NOT_ACCEPTABLE' })
export const unsupported = expect.objectContaining({ code: 'UNSUPPORTED_CONTENT_FORMAT' })
export const invalidValue = expect.objectContaining({ code: 'INVALID_VALUE' })
