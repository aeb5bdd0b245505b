import { ConsoleError } from './console-error.ts'
import { stringLiteral } from './python-text.ts'

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  // A line that goes on: neither the backslash nor the line break belongs to the text.
  ['\n', ''],
])

const escapePattern = /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]?))/g

/**
 * What a text literal stands for. `body` is what its quotes enclose, found at `position`, which errors count from.
 * Throws ConsoleError.
 */
export function unescapeText(body: string, position: number): string {
  return body.replace(escapePattern, (escape, octal, x, u, U, other, offset) => {
    if (octal !== undefined) return fromCode(octal, 8)
    const digits: string | undefined = x ?? u ?? U
    if (digits === undefined) return otherEscape(escape, other, position + offset, 'xuUN')
    if (Number.parseInt(digits, 16) > 0x10ffff) throw fault(`${escape} is no character`, position + offset)
    return fromCode(digits, 16)
  })
}

/** What a bytes literal stands for, as {@link unescapeText}: an octal escape is taken modulo 256, `\u41` is five bytes. */
export function unescapeBytes(body: string, position: number): Buffer {
  const foreign = /[^\0-\x7f]/u.exec(body)
  if (foreign !== null) {
    const bytes = Array.from(Buffer.from(foreign[0]), byte => `\\x${byte.toString(16).padStart(2, '0')}`)
    throw fault(
      `bytes are written in ASCII: ${bytes.join('')} for ${stringLiteral(foreign[0])}`,
      position + foreign.index,
    )
  }
  const text = body.replace(escapePattern, (escape, octal, x, u, U, other, offset) => {
    if (octal !== undefined) return fromCode(octal, 8)
    if (x !== undefined) return fromCode(x, 16)
    return (u ?? U) ? escape : otherEscape(escape, other, position + offset, 'x')
  })
  return Buffer.from(text, 'latin1')
}

/** Where a literal ends that has begun before `start`: at its quote, a line break, or the end of the text. */
export function endOfLiteral(text: string, start: number, quote: string): number {
  let index = start
  while (index < text.length) {
    const character = text[index]
    if (character === quote || character === '\n' || character === '\r') return index
    index += character === '\\' ? 2 : 1
  }
  return text.length
}

/** One that stands for itself, as Python has it, unless it is one of those that are `incomplete` without digits or a name. */
function otherEscape(escape: string, character: string, position: number, incomplete: string): string {
  if (character === '') throw fault('nothing follows the last backslash', position)
  if (character === 'N' && incomplete.includes('N')) throw fault('no names of characters are known', position)
  if (incomplete.includes(character)) throw fault(`too few hexadecimal digits follow ${escape}`, position)
  return shortEscapes.get(character) ?? escape
}

function fromCode(digits: string, radix: number): string {
  return String.fromCodePoint(Number.parseInt(digits, radix))
}

function fault(reason: string, position: number): ConsoleError {
  return new ConsoleError(`${reason} (character ${position + 1})`, { position })
}
