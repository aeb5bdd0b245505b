import { InvalidArgumentError } from 'commander'
import { parseServerUri } from '../transport/uri.ts'

/** A parser of whole numbers from `min` to `max`, without sign. */
function wholeNumber(min: number, max: number): (text: string) => number {
  return text => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (number >= min && number <= max) return number
    throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`)
  }
}

/** A port to listen on; 0 is any free one. */
export const parsePort = wholeNumber(0, 65_535)

export const parseShortServerId = wholeNumber(1, 65_534)

export const parseLifetimeSeconds = wholeNumber(1, 2 ** 31 - 1)

/** Checks a server URI and returns it as it was written. Throws TransportError INVALID_URI. */
export function checkServerUri(text: string): string {
  parseServerUri(text)
  return text
}
