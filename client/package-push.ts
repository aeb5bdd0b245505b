import type { ContentSink } from '../objects/content-sink.ts'
import { OperationError, type OperationErrorCode } from '../objects/errors.ts'
import type { ObjectsApi } from '../objects/objects.ts'
import { PackageError, type PackageErrorCode } from './package-error.ts'
import type { PackageStore } from './package-store.ts'
import { inTurn } from './package-store-in-turn.ts'

/**
 * What is told of packages that servers write. After `begun` comes `received`, `failed` or `emptied`, or nothing more once it is
 * unsubscribed; what is in the store then is for the listener to keep or to clear.
 */
export interface PackagePushListener {
  /** A server begins to write a package; a throw refuses it. */
  begun(totalBytes: number | undefined): void
  /**
   * All of it is in the store; the response waits for the Promise. What it rejects with becomes the response and is told to
   * `failed`: a PackageError, anything else as INTEGRITY_FAILED.
   */
  received(bytes: number): void | Promise<void>
  /** An empty Write, or a single NUL: the server cancels, maybe a package that is on its way. A throw refuses it. */
  emptied(): void
  failed(error: PackageError): void
}

export interface PackagePushOptions {
  /** A larger package is refused with 4.13 and told as NOT_ENOUGH_STORAGE. */
  readonly maximumBytes: number
}

/**
 * Puts what servers write to an opaque resource, such as `/5/0/0`, into a store, one package at a time: while one arrives others
 * are refused with 4.05. The store is cleared first, and its calls wait for one another ({@link inTurn}). Returns the function that
 * ends this. Throws PathError, and OperationError as {@link ObjectsApi.onReceive}.
 */
export function receivePackage(
  objects: ObjectsApi,
  path: string,
  store: PackageStore,
  listener: PackagePushListener,
  options: PackagePushOptions,
): () => void {
  const push = new PackagePush(inTurn(store), listener, options.maximumBytes)
  const remove = objects.onReceive(path, (_, totalBytes) => push.open(totalBytes))
  return () => {
    remove()
    push.close()
  }
}

/**
 * Blocks are put together up to this size before they are stored: a store has its costs by the call. While one such piece is being
 * stored the next arrives; the server waits when that is complete, too. That nothing is written until then is no loss: what a store
 * has taken is safe with the note after the last byte, not before.
 */
const gatheredBytes = 32_768

class PackagePush {
  readonly store: PackageStore
  readonly listener: PackagePushListener
  readonly maximumBytes: number
  /** The package that is on its way. */
  #current: IncomingPackage | undefined
  #isClosed = false

  constructor(store: PackageStore, listener: PackagePushListener, maximumBytes: number) {
    this.store = store
    this.listener = listener
    this.maximumBytes = maximumBytes
  }

  open(totalBytes: number | undefined): ContentSink {
    const incoming = new IncomingPackage(this, totalBytes)
    // Of no more than one byte it may be a cancellation, which its bytes tell.
    if (totalBytes === undefined || totalBytes > 1) incoming.begin()
    return incoming
  }

  begin(incoming: IncomingPackage, totalBytes: number | undefined): void {
    this.#checkOpen()
    if (this.#current !== undefined) throw new OperationError('METHOD_NOT_ALLOWED', 'a package is on its way')
    this.listener.begun(totalBytes)
    this.#current = incoming
  }

  isCurrent(incoming: IncomingPackage): boolean {
    return this.#current === incoming
  }

  finish(incoming: IncomingPackage): void {
    if (this.#current === incoming) this.#current = undefined
  }

  empty(): void {
    this.#checkOpen()
    this.listener.emptied()
    this.#current = undefined
  }

  fail(incoming: IncomingPackage, error: PackageError): void {
    if (this.#current !== incoming) return
    this.#current = undefined
    this.listener.failed(error)
  }

  close(): void {
    this.#current = undefined
    this.#isClosed = true
  }

  /** A Write that has waited may come to a listener that has gone meanwhile. */
  #checkOpen(): void {
    if (this.#isClosed) throw new OperationError('METHOD_NOT_ALLOWED', 'nobody takes packages any more')
  }
}

/** One Write of a package, from its first byte to its last. */
class IncomingPackage implements ContentSink {
  readonly #push: PackagePush
  readonly #totalBytes: number | undefined
  #hasBegun = false
  #isCleared = false
  #startsWithNul = false
  #bytes = 0
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  /** The piece that is being stored. */
  #storing: Promise<void> | undefined
  #failure: OperationError | undefined

  constructor(push: PackagePush, totalBytes: number | undefined) {
    this.#push = push
    this.#totalBytes = totalBytes
  }

  /** Throws what refuses the package. */
  begin(): void {
    this.#hasBegun = true
    this.#push.begin(this, this.#totalBytes)
  }

  write(bytes: Uint8Array): void | Promise<void> {
    if (bytes.length === 0) return
    if (!this.#hasBegun) {
      if (bytes.length === 1 && bytes[0] === 0 && !this.#startsWithNul) {
        this.#startsWithNul = true
        return
      }
      this.begin()
      if (this.#startsWithNul) this.#gather(Uint8Array.of(0))
    }
    this.#checkCurrent()
    this.#gather(bytes)
    if (this.#gatheredBytes >= gatheredBytes) return this.#storeNext()
  }

  end(): void | Promise<void> {
    if (this.#hasBegun) return this.#finish()
    this.#push.empty()
  }

  abort(): void {
    this.#fail(new PackageError('CONNECTION_LOST', 'the server has not written all of the package'))
  }

  #gather(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    // Not as it begins: the transaction of that would take back what the listener makes of the failure.
    this.#checkSize(Math.max(this.#bytes, this.#totalBytes ?? 0))
    this.#gathered.push(bytes)
    this.#gatheredBytes += bytes.length
  }

  async #finish(): Promise<void> {
    this.#checkCurrent()
    await this.#storing
    await this.#store()
    this.#checkCurrent()
    try {
      await this.#push.listener.received(this.#bytes)
    } catch (error) {
      throw this.#fail(packageError(error, 'INTEGRITY_FAILED', 'the package cannot be taken'), error)
    }
    this.#push.finish(this)
  }

  /** Takes the server time only while the piece before is still being stored. */
  #storeNext(): void | Promise<void> {
    if (this.#storing !== undefined) return this.#storing.then(() => this.#startStoring())
    this.#startStoring()
  }

  #startStoring(): void {
    const storing = this.#store().finally(() => {
      this.#storing = undefined
    })
    // Whoever writes next is told.
    storing.catch(() => undefined)
    this.#storing = storing
  }

  async #store(): Promise<void> {
    const bytes = this.#gathered.length === 1 ? (this.#gathered[0] as Uint8Array) : Buffer.concat(this.#gathered)
    this.#gathered = []
    this.#gatheredBytes = 0
    try {
      if (!this.#isCleared) await this.#push.store.clear()
      this.#isCleared = true
      // Cancelled while it waited.
      if (bytes.length > 0 && this.#push.isCurrent(this)) await this.#push.store.append(bytes)
    } catch (error) {
      throw this.#fail(packageError(error, 'UPDATE_FAILED', 'the package cannot be stored'), error)
    }
  }

  #checkSize(bytes: number): void {
    if (bytes <= this.#push.maximumBytes) return
    throw this.#fail(new PackageError('NOT_ENOUGH_STORAGE', `a package above ${this.#push.maximumBytes} bytes`))
  }

  #checkCurrent(): void {
    if (this.#push.isCurrent(this)) return
    throw this.#failure ?? new OperationError('CONFLICT', 'the package was cancelled')
  }

  /** Tells the listener, and returns what the server is to be told. */
  #fail(error: PackageError, thrown: unknown = error): OperationError {
    this.#gathered = []
    this.#push.fail(this, error)
    this.#failure ??=
      thrown instanceof OperationError
        ? thrown
        : new OperationError(responses[error.code] ?? 'INTERNAL_SERVER_ERROR', error.message, { cause: error })
    return this.#failure
  }
}

const responses: Partial<Record<PackageErrorCode, OperationErrorCode>> = {
  NOT_ENOUGH_STORAGE: 'REQUEST_ENTITY_TOO_LARGE',
  INTEGRITY_FAILED: 'BAD_REQUEST',
  UNSUPPORTED_PACKAGE: 'BAD_REQUEST',
  CANCELLED: 'CONFLICT',
}

function packageError(error: unknown, code: PackageErrorCode, message: string): PackageError {
  return error instanceof PackageError ? error : new PackageError(code, message, { cause: error })
}
