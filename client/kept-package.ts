import { type Observable, Subject } from 'rxjs'
import { PackageError } from './package-error.ts'
import { asPackageError } from './package-failure.ts'
import type { PackageProgress } from './package-pull.ts'
import type { PackageStore } from './package-store.ts'
import { inTurn } from './package-store-in-turn.ts'

/**
 * A package in its store, and how much there is of it. What fails rejects with PackageError, which may be ignored: of notes
 * {@link noted} tells it again.
 */
export class KeptPackage implements PackageStore {
  readonly #store: PackageStore
  readonly #progress = new Subject<PackageProgress>()
  #bytes = 0
  #lastNote: Promise<void> = Promise.resolve()
  /** The note that is safe, or will be, as JSON. */
  #json: string | undefined
  /** How much it will be, as far as that is known. */
  totalBytes: number | undefined

  constructor(store: PackageStore) {
    this.#store = inTurn(store)
  }

  /** What is there, or will be when all calls until now are done. */
  get bytes(): number {
    return this.#bytes
  }

  /** How far the package has come: after each piece. */
  get progress$(): Observable<PackageProgress> {
    return this.#progress.asObservable()
  }

  load() {
    const loaded = this.#store.load()
    this.#bytes = loaded.bytes
    this.#json = loaded.note === undefined ? undefined : JSON.stringify(loaded.note)
    return loaded
  }

  /** What is noted already is not written again. */
  note(note: unknown): Promise<void> {
    const json = JSON.stringify(note)
    if (json !== this.#json) {
      this.#json = json
      this.#lastNote = this.#call(this.#store.note(note))
      this.#lastNote.catch(() => {
        if (this.#json === json) this.#json = undefined
      })
    }
    return this.#lastNote
  }

  /** Resolves when what was noted last is safe, rejects when it cannot be. */
  noted(): Promise<void> {
    return this.#lastNote
  }

  append(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length
    return this.#call(this.#store.append(bytes).then(() => this.#tellProgress()))
  }

  clear(): Promise<void> {
    this.#bytes = 0
    return this.#call(this.#store.clear())
  }

  read(): AsyncIterable<Uint8Array> {
    return this.#store.read()
  }

  /** The same for a transfer, which changes nothing any more once it is given up. */
  until(signal: AbortSignal): PackageStore {
    const wanted = (call: () => Promise<void>) =>
      signal.aborted ? Promise.reject(new PackageError('CANCELLED', 'the package is not wanted any more')) : call()
    return {
      load: () => this.load(),
      note: note => wanted(() => this.note(note)),
      append: bytes => wanted(() => this.append(bytes)),
      clear: () => wanted(() => this.clear()),
      read: () => this.read(),
    }
  }

  /** Nothing more comes from here: the note is written once more, upon which a store need not hold its files open. */
  end(): void {
    this.#progress.complete()
    if (this.#json !== undefined) void this.#call(this.#store.note(JSON.parse(this.#json)))
  }

  #tellProgress(): void {
    const { totalBytes } = this
    this.#progress.next({ bytes: this.#bytes, ...(totalBytes === undefined ? {} : { totalBytes }) })
  }

  #call(done: Promise<void>): Promise<void> {
    const told = done.catch((error: unknown) => {
      throw asPackageError(error, 'NOT_ENOUGH_STORAGE')
    })
    told.catch(() => undefined)
    return told
  }
}
