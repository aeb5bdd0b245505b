import { constants } from 'node:fs'
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { crc32 } from 'node:zlib'

/** A part of a file, and what the whole is. */
export interface FilePart {
  readonly bytes: Buffer
  readonly totalBytes: number
  /** CRC-32 of the whole file: another one, another content. */
  readonly checksum: number
}

export type FileRefusal = 'missing' | 'outside'

interface Checksum {
  readonly mtimeMs: number
  readonly size: number
  readonly value: Promise<number>
}

const chunkBytes = 1_048_576
const maximumChecksums = 64

/** The files of one folder, which nothing leads out of: neither `..` nor a symbolic link. */
export class ServedFiles {
  /** Absolute, without symbolic links. */
  readonly folder: string
  /** By real path; the one used longest ago makes room. */
  readonly #checksums = new Map<string, Checksum>()

  private constructor(folder: string) {
    this.folder = folder
  }

  /** Rejects with the error of the operating system when there is no such folder. */
  static async open(folder: string): Promise<ServedFiles> {
    const real = await realpath(folder)
    if (!(await stat(real)).isDirectory()) throw new RangeError(`no folder: ${folder}`)
    return new ServedFiles(real)
  }

  /** At most `length` bytes from `offset` on; none behind the end. */
  async read(segments: readonly string[], offset: number, length: number): Promise<FilePart | FileRefusal> {
    const found = await this.#find(segments)
    if (typeof found === 'string') return found
    const { path } = found
    // What was put in its place since is no way out, either.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      const { size, mtimeMs } = await file.stat()
      const checksum = await this.#checksum(path, file, size, mtimeMs)
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)))
      const filled = await fill(file, bytes, offset)
      return { bytes: bytes.subarray(0, filled), totalBytes: size, checksum }
    } finally {
      await file.close()
    }
  }

  async #find(segments: readonly string[]): Promise<{ readonly path: string } | FileRefusal> {
    if (segments.some(isWayOut)) return 'outside'
    try {
      const path = await realpath(join(this.folder, ...segments))
      const base = this.folder.endsWith(sep) ? this.folder : this.folder + sep
      if (path !== this.folder && !path.startsWith(base)) return 'outside'
      return (await stat(path)).isFile() ? { path } : 'missing'
    } catch {
      // No such file, a link to nothing, a name too long, a folder that may not be entered.
      return 'missing'
    }
  }

  #checksum(path: string, file: FileHandle, size: number, mtimeMs: number): Promise<number> {
    const known = this.#checksums.get(path)
    this.#checksums.delete(path)
    const isSame = known?.size === size && known.mtimeMs === mtimeMs
    const checksum = isSame ? known : { size, mtimeMs, value: checksumOf(file) }
    checksum.value.catch(() => this.#checksums.delete(path))
    this.#checksums.set(path, checksum)
    if (this.#checksums.size > maximumChecksums) {
      const [oldest] = this.#checksums.keys()
      if (oldest !== undefined) this.#checksums.delete(oldest)
    }
    return checksum.value
  }
}

/** A name that is none, be it one that stays within the folder in the end. */
function isWayOut(segment: string): boolean {
  return segment === '..' || segment.includes('/') || segment.includes(sep) || segment.includes('\0')
}

async function checksumOf(file: FileHandle): Promise<number> {
  const chunk = Buffer.allocUnsafe(chunkBytes)
  let checksum = 0
  for (let offset = 0; ; ) {
    const length = await fill(file, chunk, offset)
    checksum = crc32(chunk.subarray(0, length), checksum)
    if (length < chunk.length) return checksum
    offset += length
  }
}

/** How many bytes there were. */
async function fill(file: FileHandle, bytes: Buffer, offset: number): Promise<number> {
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}
