import { InvalidArgumentError } from 'commander'
import { type EnablerVersion, enablerVersions } from '../objects/enabler.ts'
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

/** 0 is for ever. */
export const parseLifetimeSeconds = wholeNumber(0, 2 ** 31 - 1)

/** Longer Connection IDs would only cost bytes of each record. */
export const parseConnectionIdLength = wholeNumber(0, 20)

export const parseRestartSeconds = wholeNumber(1, 2 ** 31 - 1)

/** Versions of LwM2M with commas between, such as `1.1,1.0`. */
export function parseVersions(text: string): EnablerVersion[] {
  return text.split(',').map(name => {
    const version = enablerVersions.find(known => known === name)
    if (version === undefined)
      throw new InvalidArgumentError(`Write ${enablerVersions.join(', ')}, or several as 1.1,1.0.`)
    return version
  })
}

/** Checks a server URI and returns it as it was written. Throws TransportError INVALID_URI. */
export function checkServerUri(text: string): string {
  parseServerUri(text)
  return text
}
