import type { JsonValue } from '../../objects/formats/number-json.ts'

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\\', '\\\\'],
])

const characters = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
const hexEscapes = characters.map((_, byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
const literals = characters.map((one, byte) => shortEscapes.get(one) ?? (/[ -~]/.test(one) ? one : hexEscapes[byte]))
const printables = characters.map((one, byte) => (/[\t-\r -~]/.test(one) ? one : hexEscapes[byte]))

/** `b'\x00\x01Q\x80'`: bytes as Python writes them. */
export function bytesLiteral(bytes: Uint8Array): string {
  return `b${quoted(translated(bytes, literals))}`
}

/** What Python's `string.printable` has as it is, white space and backslash included; every other byte as `\x1b`. */
export function escaped(bytes: Uint8Array): string {
  return translated(bytes, printables)
}

/** Each byte as `\x1b`. */
export function hexEscaped(bytes: Uint8Array): string {
  return translated(bytes, hexEscapes)
}

/** `'it\n'`: text as Python writes it. Nothing in it can move a cursor or turn the writing direction. */
export function stringLiteral(text: string): string {
  return quoted(text.replace(/(?! )[\\\p{C}\p{Z}]/gu, escapedCharacter))
}

/** An integer in digits, any other number as {@link floatLiteral}. */
export function numberLiteral(value: number | bigint): string {
  const isInteger = typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0))
  return isInteger ? value.toString() : floatLiteral(value)
}

/** The shortest text that reads back as the same float, told from an integer by a point or an exponent: `5.0`, `1e+16`. */
export function floatLiteral(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value)
  if (Object.is(value, -0)) return '-0.0'
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  if (value !== 0 && (Number(exponent) < -4 || Number(exponent) >= 16)) {
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`
  }
  return Number.isInteger(value) ? `${value}.0` : value.toString()
}

/** Every digit before the point and six after it, a tie rounded to even, as `%f` in Python. */
export function floatText(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value)
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const size = Math.abs(value)
  if (Number.isInteger(size)) return `${sign}${BigInt(size)}.000000`
  // Halfway between two decimals of six places are the odd multiples of 1/128 alone, and toFixed rounds them up.
  const units = size * 128
  if (!Number.isInteger(units) || units % 2 === 0) return sign + size.toFixed(6)
  const millionths = (BigInt(units) * 1_000_000n) / 128n
  const digits = (millionths + (millionths & 1n)).toString().padStart(7, '0')
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`
}

const columns = 80
/** Enough for keys as they are; what a stranger's key of 60,000 characters indents would fill the memory. */
const maxIndent = 400

/** A value as Python's `pprint` lays it out: at most 80 columns where that is possible, the keys in order. */
export function prettyLiteral(value: JsonValue): string {
  const line = oneLine(value, columns)
  if (line !== undefined) return line
  const parts: string[] = []
  if (typeof value !== 'string') layOut(value, 0, 0, parts)
  else layOutText(value, 1, 1, parts)
  const text = parts.join('')
  return typeof value === 'string' && text.includes('\n') ? `(${text})` : text
}

/** `indent` columns are taken on the left and `allowance` on the right, by what closes around the value. */
function layOut(value: JsonValue, indent: number, allowance: number, parts: string[]): void {
  const line = oneLine(value, columns - indent - allowance)
  if (line !== undefined) parts.push(line)
  else if (Array.isArray(value)) layOutItems(value, indent, allowance, parts)
  else if (value instanceof Map) layOutEntries(value, indent, allowance, parts)
  else if (typeof value === 'string') layOutText(value, indent, allowance, parts)
  else parts.push(scalarLiteral(value))
}

function layOutItems(items: readonly JsonValue[], indent: number, allowance: number, parts: string[]): void {
  parts.push('[')
  for (const [index, item] of items.entries()) {
    if (index > 0) parts.push(nextLine(indent + 1, ','))
    layOut(item, indent + 1, index === items.length - 1 ? allowance + 1 : 1, parts)
  }
  parts.push(']')
}

function layOutEntries(map: ReadonlyMap<string, JsonValue>, indent: number, allowance: number, parts: string[]): void {
  parts.push('{')
  for (const [index, [key, item]] of sortedEntries(map).entries()) {
    if (index > 0) parts.push(nextLine(indent + 1, ','))
    const name = `${stringLiteral(key)}: `
    parts.push(name)
    layOut(item, indent + 1 + width(name), index === map.size - 1 ? allowance + 1 : 1, parts)
  }
  parts.push('}')
}

/** What ends a line and what is white space to Python: of ASCII more than to JavaScript, and no byte order mark. */
const lineEnd = String.raw`\n-\r\x1c-\x1e\x85\u2028\u2029`
const space = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`
const linePattern = new RegExp(`[^${lineEnd}]*(?:\r\n|[${lineEnd}])|[^${lineEnd}]+`, 'gu')
/** With the white space after it. */
const wordPattern = new RegExp(`[^${space}]+[${space}]*|[${space}]+`, 'gu')

/** A text that is too long is several, line by line and then word by word, which Python reads as one. */
function layOutText(text: string, indent: number, allowance: number, parts: string[]): void {
  const chunks: string[] = []
  const lines = text.match(linePattern) ?? ['']
  for (const [index, line] of lines.entries()) {
    const isLast = index === lines.length - 1
    for (const chunk of brokenLine(line, columns - indent, isLast ? allowance : 0)) chunks.push(chunk)
  }
  parts.push(chunks.map(stringLiteral).join(nextLine(indent, '')))
}

function brokenLine(line: string, room: number, allowance: number): string[] {
  if (oneLine(line, room - allowance) !== undefined) return [line]
  const chunks: string[] = []
  let chunk = ''
  const words = line.match(wordPattern) ?? []
  for (const [index, word] of words.entries()) {
    const hasRoom = oneLine(chunk + word, index === words.length - 1 ? room - allowance : room) !== undefined
    if (!hasRoom && chunk !== '') chunks.push(chunk)
    chunk = hasRoom ? chunk + word : word
  }
  chunks.push(chunk)
  return chunks
}

/** Undefined where it needs more than `room` columns; looks no further than that. */
function oneLine(value: JsonValue, room: number): string | undefined {
  if (Array.isArray(value)) return inBrackets('[', value, ']', room, (item, left) => oneLine(item, left))
  if (value instanceof Map) {
    // An entry takes at least the columns of `'': 0, `.
    if (value.size > room) return undefined
    return inBrackets('{', sortedEntries(value), '}', room, ([key, item], left) => {
      const name = oneLine(key, left)
      const rest = name === undefined ? undefined : oneLine(item, left - width(name) - 2)
      return rest === undefined ? undefined : `${name}: ${rest}`
    })
  }
  // An astral character is two of JavaScript's, in one column.
  if (typeof value === 'string' && value.length > 2 * room) return undefined
  const text = scalarLiteral(value)
  return width(text) > room ? undefined : text
}

function inBrackets<T>(
  open: string,
  items: readonly T[],
  close: string,
  room: number,
  write: (item: T, left: number) => string | undefined,
): string | undefined {
  let text = open
  let left = room - open.length - close.length
  for (const [index, item] of items.entries()) {
    if (index > 0) {
      text += ', '
      left -= 2
    }
    const one = write(item, left)
    if (one === undefined) return undefined
    text += one
    left -= width(one)
  }
  return left < 0 ? undefined : text + close
}

function scalarLiteral(value: string | number | bigint | boolean | null): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'string' ? stringLiteral(value) : numberLiteral(value)
}

/** By code points, as Python compares texts. */
function sortedEntries(map: ReadonlyMap<string, JsonValue>): [string, JsonValue][] {
  return [...map].sort(([a], [b]) => Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')))
}

/** In columns, one a code point. */
function width(text: string): number {
  return text.replace(/[\u{10000}-\u{10ffff}]/gu, ' ').length
}

function nextLine(indent: number, separator: string): string {
  return `${separator}\n${' '.repeat(Math.min(indent, maxIndent))}`
}

function translated(bytes: Uint8Array, table: readonly (string | undefined)[]): string {
  let text = ''
  for (const byte of bytes) text += table[byte]
  return text
}

/** Between single quotes, or double ones when there are single ones and no double ones in the text. */
function quoted(text: string): string {
  return text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`
}

function escapedCharacter(character: string): string {
  const short = shortEscapes.get(character)
  if (short !== undefined) return short
  const code = (character.codePointAt(0) as number).toString(16)
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`
}

function notFinite(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  return value > 0 ? 'inf' : '-inf'
}
