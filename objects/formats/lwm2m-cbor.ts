import { OperationError } from '../errors.ts'
import { comparePaths, formatPath, MAX_ID, type Path } from '../path.ts'
import type { PathValue } from '../path-value.ts'
import { checkValue } from '../value.ts'
import { CborCursor, indefinite, major, malformedCbor } from './cbor-cursor.ts'
import { KeySet } from './cbor-scan.ts'
import { CborWriter } from './cbor-writer.ts'
import { DecodedValues } from './decoded-values.ts'
import { ContentFormat, type DataFormat, type Schema } from './format.ts'
import { checkedItem, typeOf } from './typed-value.ts'

const deepest = 4

/**
 * LwM2M CBOR: maps within maps, whose keys are an identifier or an array of several; the keys on the way to a value are
 * its path, from the object on whatever is addressed (LwM2M Core 1.2.2 §7.5.4). Written as in the examples: a key for
 * all that the values of an object share, then a map a level. What is empty is an empty map. Times are not carried.
 *
 * Of a device behind a gateway the outermost keys begin with its prefix, a text (LwM2M Gateway 1.1 §9).
 *
 * Below an object, the instance may be 65535 for none, which a Create may name (§7.5.4.6).
 */
export const lwm2mCborFormat: DataFormat = {
  contentFormat: ContentFormat.lwm2mCbor,

  encode(_base, values, schema) {
    const objects = groupByObject(values)
    const writer = new CborWriter()
    writer.map(objects.length)
    for (const group of objects) {
      const first = group[0] as PathValue
      const level = sharedLevel(first.path, (group.at(-1) as PathValue).path)
      const { prefix } = schema
      const length = level + Number(prefix !== undefined)
      if (length > 1) writer.array(length)
      if (prefix !== undefined) writer.text(prefix)
      for (let index = 0; index < level; index++) writer.integer(first.path[index] as number)
      writeContent(writer, level, group, 0, group.length, schema)
    }
    return writer.finish()
  },

  decode(base, payload, schema) {
    const values = new DecodedValues(base, schema)
    if (payload.length > 0) {
      const cursor = new CborCursor(payload)
      if (schema.prefix === undefined) readMap(cursor, [], schema, values)
      else readDevice(cursor, schema.prefix, schema, values)
      cursor.end()
    }
    return values.finish()
  },
}

/** The values of each object in tree order; the objects in the order in which they come. */
function groupByObject(values: readonly PathValue[]): PathValue[][] {
  const groups = new Map<number, PathValue[]>()
  for (const value of values) {
    const [objectId] = value.path
    if (objectId === undefined) continue
    const group = groups.get(objectId)
    if (group === undefined) groups.set(objectId, [value])
    else group.push(value)
  }
  for (const group of groups.values()) group.sort((a, b) => comparePaths(a.path, b.path))
  return [...groups.values()]
}

/** How many identifiers two paths begin with alike. */
function sharedLevel(a: Path, b: Path): number {
  let level = 0
  while (level < a.length && a[level] === b[level]) level++
  return level
}

/** Writes `values[from, to)`, which agree in the first `level` identifiers, as what is below that place. */
function writeContent(
  writer: CborWriter,
  level: number,
  values: readonly PathValue[],
  from: number,
  to: number,
  schema: Schema,
): void {
  const first = values[from] as PathValue
  if (first.path.length === level) {
    if (to - from > 1) throw new OperationError('NOT_ACCEPTABLE', `several values for ${formatPath(first.path)}`)
    writeValue(writer, first, schema)
    return
  }
  let count = 0
  for (let index = from; index < to; index = endOfRun(values, index, to, level)) count++
  writer.map(count)
  for (let index = from; index < to; ) {
    const end = endOfRun(values, index, to, level)
    writer.integer((values[index] as PathValue).path[level] as number)
    writeContent(writer, level + 1, values, index, end, schema)
    index = end
  }
}

/** Where the values end that have the same identifier at this level as the one at `from`. */
function endOfRun(values: readonly PathValue[], from: number, to: number, level: number): number {
  const id = (values[from] as PathValue).path[level]
  let end = from + 1
  while (end < to && (values[end] as PathValue).path[level] === id) end++
  return end
}

function writeValue(writer: CborWriter, { path, value }: PathValue, schema: Schema): void {
  if (value === null) {
    throw new OperationError('NOT_ACCEPTABLE', `LwM2M CBOR cannot remove ${formatPath(path)}`)
  }
  if (value === undefined) {
    writer.map(0)
    return
  }
  const type = typeOf(path, value, schema)
  writer.value(checkValue(type, value), type === 'float')
}

/** Reads the outermost map of a device behind a gateway: each key is its prefix, or an array that begins with that. */
function readDevice(cursor: CborCursor, prefix: string, schema: Schema, values: DecodedValues): void {
  const count = cursor.map()
  const keys = new KeySet()
  for (let index = 0; cursor.more(index, count); index++) {
    const path = readDeviceKey(cursor, prefix)
    keys.add(formatPath(path))
    readContent(cursor, path, schema, values)
  }
}

function readDeviceKey(cursor: CborCursor, prefix: string): Path {
  const path: number[] = []
  const count = cursor.peek() === major.array ? cursor.array() : undefined
  if (count === 0 || cursor.peek() !== major.text || cursor.key() !== prefix) {
    throw malformedCbor('a key that does not begin with the prefix of the device')
  }
  if (count === undefined) return path
  for (let index = 1; cursor.more(index, count); index++) path.push(readId(cursor, path.length))
  return path
}

/** Reads the map at a place, and the maps in it: each key is longer than the place, so there are four levels at most. */
function readMap(cursor: CborCursor, place: Path, schema: Schema, values: DecodedValues): void {
  if (place.length === deepest) throw malformedCbor('a map below a resource instance')
  const count = cursor.map()
  const keys = new KeySet()
  let index = 0
  for (; cursor.more(index, count); index++) {
    const path = readKey(cursor, place, keys)
    readContent(cursor, path, schema, values)
  }
  if (index === 0 && place.length > 1) values.add(place, undefined)
}

function readContent(cursor: CborCursor, path: Path, schema: Schema, values: DecodedValues): void {
  if (cursor.peek() === major.map) readMap(cursor, path, schema, values)
  else if (path.length < 3) throw malformedCbor('a value above the resources')
  else values.add(path, checkedItem(path, readItem(cursor, path, schema), schema))
}

function readItem(cursor: CborCursor, path: Path, schema: Schema): unknown {
  const isTime = schema.resource(path[0] as number, path[2] as number)?.type === 'time'
  return isTime ? cursor.time() : cursor.item()
}

/** A key is an identifier, or an array of at least one. */
function readKey(cursor: CborCursor, place: Path, keys: KeySet): Path {
  if (cursor.peek() !== major.array) {
    const id = readId(cursor, place.length)
    keys.add(id)
    return [...place, id]
  }
  const path = [...place]
  const count = cursor.array()
  for (let index = 0; cursor.more(index, count); index++) path.push(readId(cursor, path.length))
  if (path.length === place.length) throw malformedCbor('a key of no identifiers')
  keys.add(formatPath(path))
  return path
}

function readId(cursor: CborCursor, level: number): number {
  if (level === deepest) throw malformedCbor('a path of more than four identifiers')
  if (cursor.head() !== major.unsigned || cursor.argument === indefinite) {
    throw malformedCbor('an identifier that is not an unsigned integer')
  }
  const id = cursor.argument
  if (id > MAX_ID || (id === MAX_ID && level !== 1)) throw malformedCbor('an identifier out of range')
  return id
}
