import { formatPath, MAX_ID, type Path } from '../path.ts'

// "/65534/65534/65534/65534". Without it, a long base name before many short names would take quadratic time.
const maxLength = 24
const maxLevel = 3
const slash = 0x2f
const zero = 0x30
/** Before the first digit of an identifier. */
const none = -1

/** A name: text, or the bytes of text where they lie in a payload. */
export type Name = string | NameBytes

export interface NameBytes {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/**
 * Joins the base name and the names of a document to paths (RFC 8428 §4.1). The leading slash may be absent, and a base
 * name may end anywhere, even within an identifier, so that what it says is kept as far as it goes and each name goes on
 * from there. With a prefix it must come first (LwM2M Gateway 1.1 §9).
 */
export class PathName {
  /** With the slash after it; empty: there is none. */
  readonly #prefix: string
  readonly #prefixLength: number
  /** How much of it was read. */
  #matched = 0
  #baseMatched = 0
  /** The identifiers before the last slash; those of the base name stay while names come and go. */
  readonly #ids = [none, none, none]
  /** How many there are, and what follows the last slash. */
  #level = 0
  #id = none
  #baseLevel = 0
  #baseId = none
  #isAtStart = true

  constructor(prefix?: string) {
    this.#prefix = prefix === undefined ? '' : `${prefix}/`
    this.#prefixLength = this.#prefix.length
  }

  /** Sets the base name. Returns whether a path can begin with it. */
  setBase(name: Name): boolean {
    this.#level = 0
    this.#id = none
    this.#matched = 0
    if (!this.#read(name, true)) return false
    this.#baseMatched = this.#matched
    this.#baseLevel = this.#level
    this.#baseId = this.#id
    this.#isAtStart = lengthOf(name) === 0
    return true
  }

  /** The path of the base name and a name; `/` is the root. `undefined` when it is no path. */
  resolve(name: Name): Path | undefined {
    this.#level = this.#baseLevel
    this.#id = this.#baseId
    this.#matched = this.#baseMatched
    if (!this.#read(name, this.#isAtStart)) return undefined
    if (this.#matched < this.#prefixLength) return this.#matched === this.#prefixLength - 1 ? [] : undefined
    if (this.#id === none) return this.#level === 0 && !(this.#isAtStart && lengthOf(name) === 0) ? [] : undefined
    const [objectId, instanceId, resourceId] = this.#ids as [number, number, number]
    switch (this.#level) {
      case 0:
        return [this.#id]
      case 1:
        return [objectId, this.#id]
      case 2:
        return [objectId, instanceId, this.#id]
      default:
        return [objectId, instanceId, resourceId, this.#id]
    }
  }

  #read(name: Name, isAtStart: boolean): boolean {
    const length = lengthOf(name)
    if (length > maxLength + this.#prefixLength) return false
    const start = this.#matched === this.#prefixLength ? 0 : this.#readPrefix(name, isAtStart)
    if (start < 0) return false
    let id = this.#id
    let level = this.#level
    for (let index = start; index < length; index++) {
      const code = typeof name === 'string' ? name.charCodeAt(index) : (name.bytes[name.start + index] as number)
      if (code === slash) {
        if (index === 0 && isAtStart) continue
        if (id === none || level === maxLevel) return false
        this.#ids[level++] = id
        id = none
      } else {
        const digit = code - zero
        if (digit < 0 || digit > 9 || id === 0) return false
        id = id === none ? digit : id * 10 + digit
        if (id >= MAX_ID) return false
      }
    }
    this.#id = id
    this.#level = level
    return true
  }

  /** Returns where the identifiers begin; -1: it is no part of the prefix. */
  #readPrefix(name: Name, isAtStart: boolean): number {
    const length = lengthOf(name)
    let index = isAtStart && length > 0 && codeAt(name, 0) === slash ? 1 : 0
    for (; this.#matched < this.#prefixLength && index < length; index++) {
      if (codeAt(name, index) !== this.#prefix.charCodeAt(this.#matched)) return -1
      this.#matched++
    }
    return index
  }
}

/** The full name of a path, below the prefix of a device behind a gateway, if it is of one (LwM2M Gateway 1.1 §9). */
export function nameOf(path: Path, prefix: string | undefined): string {
  if (prefix === undefined) return formatPath(path)
  return path.length === 0 ? `/${prefix}` : `/${prefix}${formatPath(path)}`
}

/** The name of a path relative to its first `level` identifiers. */
export function nameBelow(level: number, path: Path): string {
  let name = String(path[level])
  for (let index = level + 1; index < path.length; index++) name += `/${path[index]}`
  return name
}

export function isName(field: unknown): field is Name {
  return typeof field === 'string' || (typeof field === 'object' && field !== null && 'start' in field)
}

function codeAt(name: Name, index: number): number {
  return typeof name === 'string' ? name.charCodeAt(index) : (name.bytes[name.start + index] as number)
}

function lengthOf(name: Name): number {
  return typeof name === 'string' ? name.length : name.end - name.start
}
