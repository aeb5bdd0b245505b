import { resolve } from 'node:path'
import { describeSystemError, nodePackageFileSystem, type OpenFile, type PackageFileSystem } from './file-system.ts'
import { type PackageStoreOptions, tooLarge } from './memory-package-store.ts'
import { PackageError } from './package-error.ts'
import type { PackageStore } from './package-store.ts'
import { replaceFile } from './replace-file.ts'

/**
 * Keeps one package in a directory, which is made when it is needed: `package.bin`, and `note.json`, which may hold the
 * secrets of a URI; only their owner may read them. A note is replaced in one step, after all of the package that came
 * before it is on the disk. A crash leaves the package up to some place in the middle. The package
 * stays open until the next note. Two updates must not share a directory.
 */
export function filePackageStore(
  directory: string,
  options: PackageStoreOptions = {},
  files: PackageFileSystem = nodePackageFileSystem,
): PackageStore {
  return new FilePackageStore(resolve(directory), options, files)
}

class FilePackageStore implements PackageStore {
  readonly #directory: string
  readonly #packagePath: string
  readonly #notePath: string
  readonly #maximumBytes: number
  readonly #files: PackageFileSystem
  #bytes = 0
  #file: OpenFile | undefined

  constructor(directory: string, { maximumBytes }: PackageStoreOptions, files: PackageFileSystem) {
    this.#directory = directory
    this.#packagePath = `${directory}/package.bin`
    this.#notePath = `${directory}/note.json`
    this.#maximumBytes = maximumBytes ?? Number.POSITIVE_INFINITY
    this.#files = files
  }

  /** Never throws: what cannot be read is of no use. */
  load() {
    try {
      this.#bytes = this.#files.size(this.#packagePath)
      const note: unknown = JSON.parse(Buffer.from(this.#files.read(this.#notePath)).toString())
      return { note, bytes: this.#bytes }
    } catch {
      return { note: undefined, bytes: this.#bytes }
    }
  }

  note(note: unknown): Promise<void> {
    return this.#write(async () => {
      await this.#files.makeDirectory(this.#directory)
      await this.#file?.sync()
      await this.#close()
      await replaceFile(this.#files, this.#notePath, Buffer.from(JSON.stringify(note)))
    })
  }

  append(bytes: Uint8Array): Promise<void> {
    return this.#write(async () => {
      if (this.#bytes + bytes.length > this.#maximumBytes) throw tooLarge(this.#maximumBytes)
      this.#file ??= await this.#open()
      await this.#file.write(bytes, this.#bytes)
      this.#bytes += bytes.length
    })
  }

  clear(): Promise<void> {
    return this.#write(async () => {
      await this.#close()
      await this.#files.remove(this.#packagePath)
      this.#bytes = 0
    })
  }

  async *read(): AsyncIterable<Uint8Array> {
    if (this.#bytes > 0) yield* this.#files.stream(this.#packagePath)
  }

  async #open(): Promise<OpenFile> {
    await this.#files.makeDirectory(this.#directory)
    return this.#files.openFile(this.#packagePath)
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #write(change: () => Promise<void>): Promise<void> {
    try {
      await change()
    } catch (error) {
      if (error instanceof PackageError) throw error
      const message = `the package cannot be kept in ${this.#directory}: ${describeSystemError(error)}`
      throw new PackageError('NOT_ENOUGH_STORAGE', message, { cause: error })
    }
  }
}
