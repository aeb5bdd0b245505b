import { PathError } from './errors.ts'
import { printable } from './printable.ts'

/**
 * A place in the object tree: zero to four identifiers, object / instance / resource / resource instance
 * (LwM2M Core 1.2.2 §7.2). `[]` is the root. Each identifier is 0–65534; 65535 is reserved (`MAX_ID`).
 */
export type Path = readonly number[]

/** The reserved identifier that stands for "none" (LwM2M Core 1.2.2 §7.2.2). */
export const MAX_ID = 65535

const pathPattern = /^(?:\/(?:0|[1-9]\d{0,4})){1,4}$/

/** Parses `/3/0/9`, with or without the leading slash; `/` is the root. Throws {@link PathError}. */
export function parsePath(text: string): Path {
  if (text === '/') return []
  const absolute = text.startsWith('/') ? text : `/${text}`
  if (!pathPattern.test(absolute)) {
    throw new PathError(`"${printable(text)}" is not a LwM2M path; write one to four numbers such as /3/0/9`)
  }
  return checkPath(absolute.slice(1).split('/').map(Number))
}

/** Parses the Uri-Path segments of a request; `undefined` when they are no LwM2M path. */
export function pathFromSegments(segments: readonly string[]): Path | undefined {
  if (segments.length > 4) return undefined
  const path: number[] = []
  for (const segment of segments) {
    const id = idFromText(segment)
    if (id === undefined) return undefined
    path.push(id)
  }
  return path
}

/** Reads one decimal identifier without sign, spaces or leading zeros; `undefined` when it is none or above 65534. */
export function idFromText(text: string): number | undefined {
  if (!idPattern.test(text)) return undefined
  const id = Number(text)
  return id < MAX_ID ? id : undefined
}

const idPattern = /^(?:0|[1-9]\d{0,4})$/

/** {@link idFromText} of the ASCII digits themselves. */
export function idFromDigits(digits: Uint8Array): number | undefined {
  const length = digits.length
  if (length === 0 || length > 5 || (length > 1 && digits[0] === zero)) return undefined
  let id = 0
  for (let index = 0; index < length; index++) {
    const digit = (digits[index] as number) - zero
    if (digit < 0 || digit > 9) return undefined
    id = id * 10 + digit
  }
  return id < MAX_ID ? id : undefined
}

/** The ASCII code of `0`. */
const zero = 0x30

export function formatPath(path: Path): string {
  return `/${path.join('/')}`
}

/** Depth-first order: a path comes directly before what lies below it. */
export function comparePaths(a: Path, b: Path): number {
  const common = Math.min(a.length, b.length)
  for (let level = 0; level < common; level++) {
    const difference = (a[level] as number) - (b[level] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Whether `path` is `ancestor` itself or lies below it. */
export function covers(ancestor: Path, path: Path): boolean {
  if (ancestor.length > path.length) return false
  for (let level = 0; level < ancestor.length; level++) {
    if (ancestor[level] !== path[level]) return false
  }
  return true
}

/** Whether one of two paths is the other or lies below it. */
export function overlap(a: Path, b: Path): boolean {
  return a.length <= b.length ? covers(a, b) : covers(b, a)
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && covers(a, b)
}

function checkPath(path: number[]): Path {
  if (path.some(id => id >= MAX_ID)) throw new PathError(`${formatPath(path)} holds an identifier above 65534`)
  return path
}
