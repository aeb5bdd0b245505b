import { CborCursor, type CborItem, major } from '../../objects/formats/cbor-cursor.ts'
import { bytesLiteral, floatLiteral, numberLiteral, stringLiteral } from './python-text.ts'

/** The names of the labels of SenML (RFC 8428 §6, LwM2M Core 1.2.2 §7.5.6) that test scripts know. */
const labelNames: ReadonlyMap<number | string, string> = new Map<number | string, string>([
  [-6, 'BASE_SUM'],
  [-5, 'BASE_VALUE'],
  [-4, 'BASE_UNIT'],
  [-3, 'BASE_TIME'],
  [-2, 'BASE_NAME'],
  [-1, 'BASE_VERSION'],
  [0, 'NAME'],
  [1, 'UNIT'],
  [2, 'VALUE'],
  [3, 'STRING'],
  [4, 'BOOL'],
  [5, 'SUM'],
  [6, 'TIME'],
  [7, 'UPDATE_TIME'],
  [8, 'OPAQUE'],
  ['vlo', 'OBJLNK'],
])

/**
 * A SenML CBOR pack in lines: how many records, an empty one, and then the records as dictionaries, their fields in the
 * order they have. Throws FormatError when it is none, or a field is more than a single value.
 */
export function describeSenmlCbor(payload: Uint8Array): string {
  const cursor = new CborCursor(payload)
  const records: string[] = []
  const count = cursor.array()
  while (cursor.more(records.length, count)) records.push(`  ${recordText(cursor)}`)
  cursor.end()
  return `CBOR (${records.length} elements):\n\n${records.join('\n')}`
}

function recordText(cursor: CborCursor): string {
  const fields: string[] = []
  const count = cursor.map()
  while (cursor.more(fields.length, count)) fields.push(`${labelText(cursor.key())}: ${itemText(cursor)}`)
  return `{${fields.join(', ')}}`
}

function labelText(label: number | string): string {
  const name = labelNames.get(label)
  return name === undefined ? literal(label) : `<SenmlLabel.${name}: ${literal(label)}>`
}

function itemText(cursor: CborCursor): string {
  const isFloat = cursor.peek() === major.simple
  const item = cursor.item()
  return isFloat && typeof item === 'number' ? floatLiteral(item) : literal(item)
}

function literal(item: CborItem): string {
  switch (typeof item) {
    case 'string':
      return stringLiteral(item)
    case 'boolean':
      return item ? 'True' : 'False'
    case 'number':
    case 'bigint':
      return numberLiteral(item)
    default:
      return item === null ? 'None' : bytesLiteral(item)
  }
}
