import type { ObjectDefinition } from '../../objects/definition.ts'
import { builtInObjects } from '../../objects/definitions/built-in.ts'
import { FormatError, PathError } from '../../objects/errors.ts'
import { decodeUtf8 } from '../../objects/formats/bytes.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { type Link, parseLinks } from '../../objects/formats/link-format.ts'
import { formatPath, type Path, parsePath } from '../../objects/path.ts'
import { messageKind } from '../../server/console/message-kind.ts'
import { findUint, OptionNumber } from '../../transport/coap/options.ts'
import type { Packet } from '../../transport/coap/packet.ts'
import type { ArgumentType, Candidate } from '../line/argument-type.ts'
import { text } from '../line/argument-types.ts'

/** More paths than this nobody chooses from. */
const mostPaths = 2_000

/** Of an object with several versions the usual one. */
const definitions: ReadonlyMap<number, ObjectDefinition> = new Map(
  builtInObjects.toReversed().map(definition => [definition.id, definition]),
)

/** The paths of a client as far as its links have told, and what they are called. */
export class KnownPaths {
  /** By their texts. */
  readonly #paths = new Map<string, Path>()

  /** A path as it is typed, completed with those that are known. */
  readonly type: ArgumentType<string> = { ...text, candidates: typed => this.#candidates(typed) }

  /** Takes note of the links in a message; those of a Register take the place of all before. */
  learn(packet: Packet): void {
    if (findUint(packet, OptionNumber.contentFormat) !== ContentFormat.link) return
    if (messageKind(packet) === 'register') this.#paths.clear()
    for (const { target } of readLinks(packet.payload)) {
      const path = readPath(target)
      for (let depth = 1; depth <= path.length; depth++) this.#add(path.slice(0, depth))
    }
  }

  #add(path: Path): void {
    if (this.#paths.size < mostPaths) this.#paths.set(formatPath(path), path)
  }

  /** Those that go on from what was typed, by one level more. */
  #candidates(typed: string): Candidate[] {
    const depth = typed.split('/').length
    const found = new Map(this.#paths)
    for (const path of this.#paths.values()) {
      if (path.length === 2) for (const resource of this.#resourcesOf(path)) found.set(formatPath(resource), resource)
    }
    return Array.from(found.values())
      .filter(path => path.length <= depth)
      .map(path => ({ text: formatPath(path), meta: nameOf(path) }))
      .filter(({ text: path }) => path.startsWith(typed))
  }

  /** Those that were told of by themselves, else all that the definition has. */
  #resourcesOf(instance: Path): Path[] {
    const [objectId = 0] = instance
    const prefix = `${formatPath(instance)}/`
    for (const path of this.#paths.keys()) if (path.startsWith(prefix)) return []
    const resources = Object.values(definitions.get(objectId)?.resources ?? {})
    return resources.map(({ id }) => [...instance, id])
  }
}

function readLinks(payload: Uint8Array): readonly Link[] {
  try {
    return parseLinks(decodeUtf8(payload))
  } catch (error) {
    if (error instanceof FormatError) return []
    throw error
  }
}

/** That of the root for what is no path of the object tree. */
function readPath(target: string): Path {
  try {
    return parsePath(target)
  } catch (error) {
    if (error instanceof PathError) return []
    throw error
  }
}

function nameOf([objectId = 0, , resourceId]: Path): string {
  const definition = definitions.get(objectId)
  if (definition === undefined || resourceId === undefined) return definition?.name ?? ''
  return Object.entries(definition.resources).find(([, { id }]) => id === resourceId)?.[0] ?? ''
}
