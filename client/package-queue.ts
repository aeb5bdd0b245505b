import { type Observable, Subject } from 'rxjs'
import { asPackageError } from './package-failure.ts'
import type { PackageProgress } from './package-pull.ts'
import type { PackageStore } from './package-store.ts'

/**
 * A package store whose calls wait for each other, however they come, and which knows how much it has. What fails rejects
 * with PackageError, which may be ignored.
 */
export class PackageQueue implements PackageStore {
  readonly #store: PackageStore
  readonly #progress = new Subject<PackageProgress>()
  #bytes = 0
  #last: Promise<void> = Promise.resolve()
  #lastNote: Promise<void> = Promise.resolve()
  /** The note that is safe, or will be, as JSON. */
  #noted: string | undefined
  /** How much it will be, as far as that is known. */
  totalBytes: number | undefined

  constructor(store: PackageStore) {
    this.#store = store
  }

  /** What is there, or will be when all calls until now are done. */
  get bytes(): number {
    return this.#bytes
  }

  /** How far the package of the moment has come: after each piece. */
  get progress$(): Observable<PackageProgress> {
    return this.#progress.asObservable()
  }

  load() {
    const loaded = this.#store.load()
    this.#bytes = loaded.bytes
    this.#noted = loaded.note === undefined ? undefined : JSON.stringify(loaded.note)
    return loaded
  }

  /** What is noted already is not written again. */
  note(note: unknown): Promise<void> {
    const json = JSON.stringify(note)
    if (json === this.#noted) return this.#lastNote
    this.#noted = json
    this.#lastNote = this.#enqueue(async () => {
      try {
        await this.#store.note(note)
      } catch (error) {
        this.#noted = undefined
        throw error
      }
    })
    return this.#lastNote
  }

  /** Resolves when what was noted last is safe, rejects when it cannot be. */
  noted(): Promise<void> {
    return this.#lastNote
  }

  append(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length
    return this.#enqueue(async () => {
      await this.#store.append(bytes)
      if (this.#progress.observed) this.#tellProgress()
    })
  }

  clear(): Promise<void> {
    this.#bytes = 0
    return this.#enqueue(() => this.#store.clear())
  }

  async *read(): AsyncIterable<Uint8Array> {
    await this.#last.catch(() => undefined)
    yield* this.#store.read()
  }

  /** Nothing more comes from here: the note is written once more, upon which a store need not hold its files open. */
  end(): void {
    this.#progress.complete()
    const noted = this.#noted
    if (noted !== undefined) void this.#enqueue(() => this.#store.note(JSON.parse(noted)))
  }

  #tellProgress(): void {
    const { totalBytes } = this
    this.#progress.next({ bytes: this.#bytes, ...(totalBytes === undefined ? {} : { totalBytes }) })
  }

  /** After the last call, whatever became of that. */
  #enqueue(call: () => Promise<void>): Promise<void> {
    const next = this.#last.then(call, call).catch((error: unknown) => {
      throw asPackageError(error, 'NOT_ENOUGH_STORAGE')
    })
    next.catch(() => undefined)
    this.#last = next
    return next
  }
}
