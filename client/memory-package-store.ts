import { PackageError } from './package-error.ts'
import type { PackageStore } from './package-store.ts'

export interface PackageStoreOptions {
  /** What the store takes at most; without it there is no limit of its own. */
  readonly maximumBytes?: number
}

/** Keeps a package in memory, for a device that is made anew with the same store: for tests, and for small packages. */
export function memoryPackageStore(options: PackageStoreOptions = {}): PackageStore {
  return new MemoryPackageStore(options)
}

class MemoryPackageStore implements PackageStore {
  readonly #maximumBytes: number
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** JSON, so that nobody changes what is noted. */
  #note: string | undefined

  constructor({ maximumBytes = Number.POSITIVE_INFINITY }: PackageStoreOptions) {
    this.#maximumBytes = maximumBytes
  }

  load() {
    const note: unknown = this.#note === undefined ? undefined : JSON.parse(this.#note)
    return { note, bytes: this.#bytes }
  }

  async note(note: unknown): Promise<void> {
    this.#note = JSON.stringify(note)
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#bytes + bytes.length > this.#maximumBytes) throw tooLarge(this.#maximumBytes)
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
  }

  async clear(): Promise<void> {
    this.#chunks = []
    this.#bytes = 0
  }

  async *read(): AsyncIterable<Uint8Array> {
    yield* this.#chunks
  }
}

export function tooLarge(maximumBytes: number): PackageError {
  return new PackageError('NOT_ENOUGH_STORAGE', `a package has ${maximumBytes} bytes at most here`)
}
