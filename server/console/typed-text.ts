import { printable } from '../../objects/printable.ts'
import { ConsoleError } from './console-error.ts'

/** 2^64 has twenty digits. */
const integerPattern = /^[+-]?0*(\d{1,20})$/
const doublePattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const notFinite: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
])

/** A whole number in decimal digits, between two bounds. Throws ConsoleError. */
export function parseInteger(text: string, min: bigint, max: bigint): bigint {
  const digits = text.trim()
  if (!integerPattern.test(digits)) throw new ConsoleError(`not an integer: ${printable(text)}`)
  const value = BigInt(digits.replace('+', ''))
  if (value < min || value > max) throw new ConsoleError(`not an integer from ${min} to ${max}: ${printable(text)}`)
  return value
}

/** A decimal number, `inf`, `-inf` or `nan`. Throws ConsoleError. */
export function parseDouble(text: string): number {
  const digits = text.trim()
  const value = doublePattern.test(digits) ? Number(digits) : notFinite.get(digits.toLowerCase())
  if (value === undefined) throw new ConsoleError(`not a number: ${printable(text)}`)
  return value
}
