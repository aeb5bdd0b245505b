import { resolve } from 'node:path'
import { describeSystemError, errorCode, type FileSystem, nodeFileSystem } from './file-system.ts'
import { canonicalJson, sha256 } from './fingerprint.ts'
import { JsonReader, ShapeError } from './json-reader.ts'
import { replaceFile } from './replace-file.ts'
import { decodeState, encodeState, type SavedState } from './saved-state.ts'

/**
 * Where a client keeps what outlives its restart: a file by {@link fileStore}, or a place of the application, which makes
 * JSON of a state by `encodeState` and reads it by `decodeState`. It holds keys.
 */
export interface Persistence {
  /** What was saved last. Called once, before the first {@link save}. Never throws. */
  load(): LoadedState
  /**
   * What was loaded is of no use for this reason: keeps it out of the way of the next {@link save} and returns the error
   * that tells so. Never throws.
   */
  setAside(problem: string): PersistenceError
  /**
   * Takes a state, which must not be changed any more. Writes come one after another, and of the states that meanwhile
   * wait only the newest is written. Resolves when this state, or a newer one, is safe; rejects with
   * {@link PersistenceError}, which may be ignored. Never throws.
   */
  save(state: SavedState): Promise<void>
  /** Settles like the last {@link save}; resolves when there was none. */
  flush(): Promise<void>
}

export type LoadedState =
  /** Nothing has been saved yet. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'state'; readonly state: SavedState }
  /** There is something, but it is of no use. */
  | { readonly kind: 'failed'; readonly error: PersistenceError }

export type PersistenceErrorCode =
  /** What was saved is not whole, not of this format, or does not fit the objects of the client. */
  | 'DAMAGED_STATE'
  /** The system refuses to read the file. */
  | 'STATE_NOT_READABLE'
  /** A state is not safe: the system refused to write it, or the file that is there must not be overwritten. */
  | 'STATE_NOT_WRITABLE'

/** Saved state that is lost or in danger. `message` names file and cause, and holds nothing of the state. */
export class PersistenceError extends Error {
  override readonly name = 'PersistenceError'
  readonly code: PersistenceErrorCode
  readonly path: string
  /** Where a damaged file has gone. */
  readonly keptAs: string | undefined

  constructor(code: PersistenceErrorCode, path: string, message: string, options?: ErrorOptions & { keptAs?: string }) {
    super(message, options)
    this.code = code
    this.path = path
    this.keptAs = options?.keptAs
  }
}

/**
 * Keeps the state of one client in a file. It is replaced in one step and survives a crash at any moment, together with
 * a checksum; only its owner may read it, since it holds keys. A damaged file is moved to `PATH.damaged-1` and so on;
 * one that can be neither used nor moved is not overwritten. `PATH.tmp` is used while writing. Two clients must not share
 * a path. A relative path starts at the working directory of the moment.
 */
export function fileStore(path: string, files: FileSystem = nodeFileSystem): Persistence {
  return new FileStore(resolve(path), files)
}

class FileStore implements Persistence {
  readonly #path: string
  readonly #files: FileSystem
  /** Why the file must not be overwritten. */
  #obstacle: string | undefined
  #newest: SavedState | undefined
  /** The write that will take the newest state; begins when the one before has ended. */
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  constructor(path: string, files: FileSystem) {
    this.#path = path
    this.#files = files
  }

  load(): LoadedState {
    try {
      const bytes = this.#files.read(this.#path)
      try {
        return { kind: 'state', state: parseDocument(bytes) }
      } catch (error) {
        // Otherwise it holds an infinite number, or is nested more deeply than the stack.
        const problem = error instanceof ShapeError ? error.message : 'it is no saved state'
        return { kind: 'failed', error: this.setAside(problem) }
      }
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return { kind: 'nothing' }
      this.#obstacle = 'what is there cannot be read'
      const message = `the state cannot be read from ${this.#path}: ${describeSystemError(error)}`
      return {
        kind: 'failed',
        error: new PersistenceError('STATE_NOT_READABLE', this.#path, message, { cause: error }),
      }
    }
  }

  save(state: SavedState): Promise<void> {
    this.#newest = state
    if (this.#next === undefined) {
      const begin = () => this.#writeNewest()
      this.#next = this.#last.then(begin, begin)
      this.#last = this.#next
      // Whoever saves may look at the result, but does not have to.
      this.#next.catch(() => undefined)
    }
    return this.#next
  }

  flush(): Promise<void> {
    return this.#last
  }

  /** Gives a damaged file another name, so that a later write does not replace it. */
  setAside(problem: string): PersistenceError {
    const damaged = `the state in ${this.#path} is damaged: ${problem}`
    try {
      const keptAs = this.#freeName()
      this.#files.move(this.#path, keptAs)
      return new PersistenceError('DAMAGED_STATE', this.#path, `${damaged}; it is kept as ${keptAs}`, { keptAs })
    } catch (error) {
      this.#obstacle = 'what is there is damaged and cannot be moved aside'
      const message = `${damaged}; it cannot be moved aside: ${describeSystemError(error)}`
      return new PersistenceError('DAMAGED_STATE', this.#path, message, { cause: error })
    }
  }

  #freeName(): string {
    for (let number = 1; ; number++) {
      const name = `${this.#path}.damaged-${number}`
      if (!this.#files.exists(name)) return name
    }
  }

  async #writeNewest(): Promise<void> {
    const state = this.#newest as SavedState
    this.#next = undefined
    this.#newest = undefined
    try {
      if (this.#obstacle !== undefined) throw new Error(this.#obstacle)
      await replaceFile(this.#files, this.#path, Buffer.from(formatDocument(state)))
    } catch (error) {
      const message = `the state cannot be saved in ${this.#path}: ${describeSystemError(error)}`
      throw new PersistenceError('STATE_NOT_WRITABLE', this.#path, message, { cause: error })
    }
  }
}

const formatVersion = 1

function formatDocument(state: SavedState): string {
  const body = canonicalJson(encodeState(state))
  return `{"version":${formatVersion},"checksum":"${sha256(body)}","state":${body}}`
}

/** Throws ShapeError. */
function parseDocument(bytes: Uint8Array): SavedState {
  const document = new JsonReader(parseJson(Buffer.from(bytes).toString()), 'the document')
  if (document.member('version').value !== formatVersion) throw new ShapeError(`its version is not ${formatVersion}`)
  const state = document.member('state')
  const body = state.value === undefined ? '' : canonicalJson(state.value)
  if (document.member('checksum').value !== sha256(body)) throw new ShapeError('its checksum is wrong')
  return decodeState(state.value)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The error of the parser would quote the file, and so its secrets.
    throw new ShapeError('it is not JSON')
  }
}
