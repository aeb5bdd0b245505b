import { crc32 } from 'node:zlib'
import { parseDeviceText } from '../../client/device-values.ts'
import type { ResourceEntry } from '../../objects/definition-table.ts'
import { formatText } from '../../objects/formats/text.ts'
import { TlvWriter } from '../../objects/formats/tlv-writer.ts'
import type { ResourceType, Value } from '../../objects/value.ts'
import { ConsoleError } from '../../server/console/console-error.ts'
import { floatText } from '../../server/console/python-text.ts'
import type { ArgumentType } from '../line/argument-type.ts'
import { visible } from '../line/visible.ts'

/** How a value is shown or typed. */
interface ValueOption {
  readonly meta: string
  /** The types of resources that it is for. */
  readonly types: readonly ResourceType[]
  /** The value in these types' terms, as text. Throws ConsoleError for one that does not fit. */
  readonly show: (value: Value) => string
  /** Undefined for what stands for no such value. */
  readonly parse: (text: string, resource: ResourceEntry) => Value | undefined
}

const numeric: readonly ResourceType[] = ['integer', 'unsigned', 'time', 'float']

const integerOptions = [8, 16, 32, 64].flatMap((bits): [string, ValueOption][] => [
  [`-u${bits}`, integerOption(`unsigned, ${bits} bits`, 0n, 2n ** BigInt(bits) - 1n)],
  [`-s${bits}`, integerOption(`signed, ${bits} bits`, -(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n)],
])

const options: ReadonlyMap<string, ValueOption> = new Map<string, ValueOption>([
  [
    '-s',
    {
      meta: 'text',
      types: ['string', 'coreLink', 'opaque'],
      show: textOf,
      parse: (text, { type }) => (type === 'opaque' ? Buffer.from(text) : text),
    },
  ],
  [
    '-b',
    {
      meta: 'boolean, 1 or 0',
      types: ['boolean'],
      show: value => (value === true ? '1' : '0'),
      parse: (text, resource) => parseDeviceText(resource, text),
    },
  ],
  ...integerOptions,
  [
    '-f',
    {
      meta: 'floating-point number',
      types: numeric,
      show: value => floatText(Number(value)),
      parse: (text, resource) => (resource.type === 'float' ? parseDeviceText(resource, text) : undefined),
    },
  ],
  [
    '-t',
    {
      meta: 'time, in seconds since 1970',
      types: ['time'],
      show: formatText,
      parse: (text, resource) => parseDeviceText(resource, text),
    },
  ],
])

/** The options of `read`. */
export const readOption: ArgumentType<string> = optionType([
  ['-x', 'bytes in hexadecimal, the default'],
  ...Array.from(options, ([name, { meta }]): [string, string] => [name, meta]),
  ['-crc32', 'CRC-32 of the bytes'],
])

/** The options of `write`. */
export const writeOption: ArgumentType<string> = optionType([
  ...Array.from(options, ([name, { meta }]): [string, string] => [name, meta]),
  ['-x', 'bytes in hexadecimal'],
])

/** Whether a word is meant as an option, and not as a value such as -5. */
export function isOption(word: string): boolean {
  return /^-[a-z]/i.test(word)
}

/** A value as the option asks for it; `-x` in several lines. Throws ConsoleError. */
export function showValue(option: string, value: Value, resource: ResourceEntry): string[] {
  if (option === '-x') return hexDump(bytesOf(value, resource))
  if (option === '-crc32') return [String(crc32(bytesOf(value, resource)))]
  return [optionFor(option, resource).show(value)]
}

/**
 * What was typed as the value of a resource: as the option says, or else as text that stands for a value of its type, the bytes
 * of opaque ones being those of the text. Throws ConsoleError.
 */
export function typedValue(option: string | undefined, text: string, resource: ResourceEntry): Value {
  const value = parseTyped(option, text, resource)
  if (value === undefined) throw new ConsoleError(`value: not a value of type ${resource.type}: ${visible(text)}`)
  return value
}

function parseTyped(option: string | undefined, text: string, resource: ResourceEntry): Value | undefined {
  if (option === '-x') {
    if (resource.type !== 'opaque') throw unfit(option, resource)
    return /^(?:[\da-f]{2})*$/i.test(text) ? Buffer.from(text, 'hex') : undefined
  }
  if (option !== undefined) return optionFor(option, resource).parse(text, resource)
  return resource.type === 'opaque' ? Buffer.from(text) : parseDeviceText(resource, text)
}

function optionFor(name: string, resource: ResourceEntry): ValueOption {
  const option = options.get(name)
  if (option === undefined || !option.types.includes(resource.type)) throw unfit(name, resource)
  return option
}

function unfit(option: string, { name, type }: ResourceEntry): ConsoleError {
  return new ConsoleError(`${option} is not for ${name}, which is of type ${type}`)
}

function optionType(names: readonly (readonly [string, string])[]): ArgumentType<string> {
  return {
    name: names.map(([name]) => name).join(' '),
    parse(typed) {
      if (names.some(([name]) => name === typed)) return typed
      throw new ConsoleError(`none of ${names.map(([name]) => name).join(' ')}: ${visible(typed)}`)
    },
    candidates: () => names.map(([text, meta]) => ({ text, meta })),
  }
}

function integerOption(meta: string, min: bigint, max: bigint): ValueOption {
  const check = (value: bigint, message: string): bigint => {
    if (value >= min && value <= max) return value
    throw new ConsoleError(message)
  }
  return {
    meta,
    types: numeric,
    show(value) {
      if (!Number.isInteger(value) && typeof value !== 'bigint') throw new ConsoleError('the value is no whole number')
      return check(BigInt(value as number | bigint), `the value is not ${meta}`).toString()
    },
    parse(text, { type }) {
      if (!/^-?\d{1,20}$/.test(text)) return undefined
      const value = check(BigInt(text), `value: not ${meta}: ${text}`)
      return type === 'float' ? Number(value) : value
    },
  }
}

function textOf(value: Value): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : formatText(value)
}

/** The value as TLV carries it (LwM2M Core 1.2.2 Appendix C). */
function bytesOf(value: Value, { type }: ResourceEntry): Uint8Array {
  const writer = new TlvWriter()
  writer.value(type, value)
  return writer.finish()
}

/** Sixteen bytes a line: where they are, what they are, what they are as text. */
function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = []
  for (let start = 0; start < bytes.length; start += 16) {
    const row = [...bytes.subarray(start, start + 16)]
    const hex = row.map((byte, index) => byte.toString(16).padStart(2, '0') + (index === 7 ? ' ' : '')).join(' ')
    const text = row.map(byte => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${start.toString(16).toUpperCase().padStart(8, '0')}: ${hex.padEnd(48)} |${text.padEnd(16)}|`)
  }
  return lines
}

/** A value in a list: a float with its digits after the point, bytes by their number, the rest as plain text. */
export function listedValue(value: Value, { type }: ResourceEntry): string {
  if (value instanceof Uint8Array) return `OPAQUE(${value.length})`
  return type === 'float' ? floatText(Number(value)) : formatText(value)
}
