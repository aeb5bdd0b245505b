import { InvalidArgumentError } from 'commander'
import { type EnablerVersion, enablerVersions } from '../objects/enabler.ts'
import { parseListenUri, parseServerUri, type ServerUri } from '../transport/uri.ts'

/** A parser of whole numbers from `min` to `max`, without sign. */
function wholeNumber(min: number, max: number): (text: string) => number {
  return text => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (number >= min && number <= max) return number
    throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`)
  }
}

/**
 * One more place to listen on: a port of UDP, 0 for any free one, or a URI. Throws TransportError INVALID_URI for a URI that
 * is none.
 */
export function parseListen(
  text: string,
  before: readonly (number | ServerUri)[] = [],
): readonly (number | ServerUri)[] {
  if (text.includes('://')) return [...before, parseListenUri(text)]
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return [...before, port]
  throw new InvalidArgumentError('Write a port from 0 to 65535, or a URI such as coap+tcp://127.0.0.1:5683.')
}

/** 0 is any free one. */
export const parsePort = wholeNumber(0, 65_535)

export const parseShortServerId = wholeNumber(1, 65_534)

/** 0 is for ever. */
export const parseLifetimeSeconds = wholeNumber(0, 2 ** 31 - 1)

/** Longer Connection IDs would only cost bytes of each record. */
export const parseConnectionIdLength = wholeNumber(0, 20)

export const parseAttempts = wholeNumber(0, 1_000_000)
/** Of a fleet, over all processes that share it; as many fit into the memory of no machine. */
export const parseDeviceCount = wholeNumber(1, 10_000_000)

export const parseSeconds = wholeNumber(0, 2 ** 31 - 1)

/** What one of several processes has of something: the share `part` of 1 to `of`. */
export interface Shard {
  readonly part: number
  readonly of: number
}

/** A share such as `2/3`. */
export function parseShard(text: string): Shard {
  const [, part, of] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? []
  const shard = { part: Number(part), of: Number(of) }
  if (shard.part >= 1 && shard.part <= shard.of) return shard
  throw new InvalidArgumentError('Write I/N: 1/3, 2/3 and 3/3 for three processes.')
}

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
