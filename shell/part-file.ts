import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { DownloadBegin } from '../client/download.ts'
import { sha256 } from '../client/fingerprint.ts'
import { checkPlace, DocumentError } from './document.ts'

/** What is known of a part: which version of what it is of. */
interface PartNote {
  readonly uri: string
  readonly validator: string
}

/**
 * A file that is being downloaded: `NAME.part` until all of it is there, and beside it, in `NAME.part.json`, what it takes to go on
 * with it. Failures are those of `node:fs`.
 */
export class PartFile {
  readonly #name: string
  readonly #uri: string
  readonly #file: FileHandle
  /** What an earlier download of the same URI has left; undefined: nothing to go on with. */
  readonly from: { readonly bytes: number; readonly validator: string } | undefined
  #bytes: number
  #isResumable: boolean
  #isClosed = false

  private constructor(name: string, uri: string, file: FileHandle, from: PartFile['from']) {
    this.#name = name
    this.#uri = uri
    this.#file = file
    this.from = from
    this.#bytes = from?.bytes ?? 0
    this.#isResumable = from !== undefined
  }

  /** Rejects with DocumentError where there can be no file of this name. */
  static async open(name: string, uri: string, isContinued: boolean): Promise<PartFile> {
    checkPlace(name)
    const known = await stat(name).catch(() => undefined)
    // A device would be replaced by a file.
    if (known?.isFile() === false) throw new DocumentError('is no regular file')
    const validator = isContinued ? await notedValidator(name, sha256(uri)) : undefined
    const file = await open(partName(name), validator === undefined ? 'w' : 'r+')
    const { size } = await file.stat()
    return new PartFile(name, sha256(uri), file, validator === undefined ? undefined : { bytes: size, validator })
  }

  /** How much of it a later download can go on with. */
  get keptBytes(): number {
    return this.#isResumable ? this.#bytes : 0
  }

  /** Notes which version it is that follows. */
  async begin({ fromBytes, validator }: DownloadBegin): Promise<void> {
    this.#bytes = fromBytes
    await this.#file.truncate(fromBytes)
    await rm(noteName(this.#name), { force: true })
    this.#isResumable = validator !== undefined
    if (validator === undefined) return
    const note: PartNote = { uri: this.#uri, validator }
    await writeFile(noteName(this.#name), JSON.stringify(note), { mode: 0o600 })
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, written, bytes.length - written, this.#bytes)
      written += bytesWritten
      this.#bytes += bytesWritten
    }
  }

  /** All of it is there: it takes its name. */
  async finish(): Promise<void> {
    await this.#file.sync()
    this.#isClosed = true
    await this.#file.close()
    await rename(partName(this.#name), this.#name)
    await rm(noteName(this.#name), { force: true })
  }

  /** What a later download can go on with stays. Idempotent. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#file.close()
    if (this.keptBytes > 0) return
    await rm(partName(this.#name), { force: true })
    await rm(noteName(this.#name), { force: true })
  }
}

function partName(name: string): string {
  return `${name}.part`
}

function noteName(name: string): string {
  return `${name}.part.json`
}

/** Undefined: there is no part of this URI that can be gone on with. */
async function notedValidator(name: string, uri: string): Promise<string | undefined> {
  try {
    await stat(partName(name))
    const note: unknown = JSON.parse(await readFile(noteName(name), 'utf8'))
    return isNote(note) && note.uri === uri ? note.validator : undefined
  } catch {
    return undefined
  }
}

function isNote(value: unknown): value is PartNote {
  return (
    typeof value === 'object' &&
    value !== null &&
    'uri' in value &&
    'validator' in value &&
    typeof value.uri === 'string' &&
    typeof value.validator === 'string'
  )
}
