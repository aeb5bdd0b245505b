import { PathError } from './errors.ts'
import { type Path, parsePath } from './path.ts'
import { printable } from './printable.ts'

/** A place of a client, or, with a prefix, of a device behind it (LwM2M Gateway 1.1 §8.3.1). */
export interface PrefixedPath {
  readonly path: Path
  readonly prefix?: string
}

/** Several places of the same. */
export interface PrefixedPaths {
  readonly paths: readonly Path[]
  readonly prefix?: string
}

/** The first segment of a name or path, unless it is of digits; undefined: it begins with no prefix. */
export function prefixOf(name: string): string | undefined {
  const [first = ''] = name.replace(/^\//, '').split('/', 1)
  return /^\d*$/.test(first) ? undefined : first
}

/** Parses `/3303/0`, or `/d01/3303/0` of a device behind a gateway; its root is `/d01/`. Throws {@link PathError}. */
export function parsePrefixedPath(text: string): PrefixedPath {
  const prefix = prefixOf(text)
  if (prefix === undefined) return { path: parsePath(text) }
  const rest = text.slice(text.indexOf(prefix) + prefix.length)
  if (rest === '') throw new PathError(`"${printable(text)}" is not a LwM2M path; write numbers such as /3/0/9`)
  return { path: parsePath(rest), prefix }
}

/** Throws {@link PathError}, also for paths of more than the client or one device. */
export function parsePrefixedPaths(texts: readonly string[]): PrefixedPaths {
  const all = texts.map(parsePrefixedPath)
  const [{ prefix } = { prefix: undefined }] = all
  if (all.some(one => one.prefix !== prefix)) throw new PathError('the paths are of more than the client or one device')
  return { paths: all.map(({ path }) => path), ...(prefix === undefined ? {} : { prefix }) }
}
