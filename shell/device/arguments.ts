import { PathError } from '../../objects/errors.ts'
import { type Path, parsePath } from '../../objects/path.ts'
import { ConsoleError } from '../../server/console/console-error.ts'
import type { ArgumentType } from '../line/argument-type.ts'
import { int } from '../line/argument-types.ts'
import { visible } from '../line/visible.ts'
import type { Device } from './device.ts'
import { pathCandidates, type Wanted } from './tree.ts'

/** What a path of so many identifiers is. */
const levels = ['the root', 'an object', 'an instance', 'a resource', 'a resource instance']

export interface PathKind {
  /** How many identifiers it may have. */
  readonly lengths: readonly number[]
  readonly example: string
  readonly wanted?: Wanted
}

export const resourceKind: PathKind = { lengths: [3, 4], example: '/3/0/9' }
export const anyKind: PathKind = { lengths: [0, 1, 2, 3, 4], example: '/3' }

/** A path of the device's objects; completed with those that exist. */
export function path(device: Device, { lengths, example, wanted = 'stored' }: PathKind): ArgumentType<Path> {
  return {
    name: 'path',
    parse(typed) {
      const parsed = parse(typed)
      if (lengths.includes(parsed.length)) return parsed
      throw new ConsoleError(`${visible(typed)} is ${levels[parsed.length]}; write one such as ${example}`)
    },
    candidates: typed => pathCandidates(device.objects, typed, Math.max(...lengths), wanted),
  }
}

/** A completed path may end with a slash. */
function parse(typed: string): Path {
  try {
    return parsePath(/^.+\/$/.test(typed) ? typed.slice(0, -1) : typed)
  } catch (error) {
    throw error instanceof PathError ? new ConsoleError(error.message) : error
  }
}

/** The Short Server ID of a server of the device. */
export function server(device: Device): ArgumentType<number> {
  return {
    name: 'Short Server ID',
    parse(typed) {
      const id = int.parse(typed)
      if (device.client.servers().some(({ shortServerId }) => shortServerId === id)) return id
      throw new ConsoleError(`there is no server ${id}`)
    },
    candidates: () =>
      device.client.servers().map(({ shortServerId, uri }) => ({ text: `${shortServerId}`, meta: uri })),
  }
}

/** Seconds, fractions allowed. */
export const seconds: ArgumentType<number> = {
  name: 'seconds',
  parse(typed) {
    const value = /^\d{1,9}(?:\.\d{1,6})?$/.test(typed) ? Number(typed) : Number.NaN
    if (value >= 0) return value
    throw new ConsoleError(`not a number of seconds: ${visible(typed)}`)
  },
}

/** A whole number within bounds. */
export function count(min: number, max: number): ArgumentType<number> {
  return {
    name: 'number',
    parse(typed) {
      const value = int.parse(typed)
      if (value >= min && value <= max) return value
      throw new ConsoleError(`expected ${min} to ${max}, not ${value}`)
    },
  }
}

/** One of a few words. */
export function word(...words: readonly string[]): ArgumentType<string> {
  return {
    name: words.join(' or '),
    parse(typed) {
      if (words.includes(typed)) return typed
      throw new ConsoleError(`expected ${words.join(' or ')}, not ${visible(typed)}`)
    },
    candidates: () => words.map(text => ({ text })),
  }
}
