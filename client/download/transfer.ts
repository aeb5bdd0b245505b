import type { Clock, Timer } from '../../transport/clock.ts'
import { closedError } from '../../transport/errors.ts'
import type { Random } from '../../transport/random.ts'
import { DownloadError } from '../download-error.ts'
import { downloadFailure } from './failure.ts'
import { ChangedError, type Position, type Representation, type Source } from './source.ts'

export interface TransferOptions {
  readonly clock: Clock
  readonly random: Random
  readonly signal: AbortSignal | undefined
  /** How often in a row it is tried again without getting further. */
  readonly attempts: number
  /** How long {@link leastProgressBytes} may take. */
  readonly stallSeconds: number
  readonly maximumBytes: number
  /** Calls come one after another; what they reject with ends the transfer. */
  readonly onBegin: (representation: Representation) => void | Promise<void>
  readonly onBytes: (bytes: Uint8Array, progress: TransferProgress) => void | Promise<void>
  /** An attempt has failed, and the next one begins after this time. */
  readonly onRetry: (error: DownloadError, delayMs: number) => void
}

interface TransferProgress {
  /** From the beginning of the representation, with those that are being told. */
  readonly bytes: number
  readonly totalBytes?: number
}

/** How often something else may be at the URI than before. */
const maximumChanges = 3

/** Fewer are no progress: a server that drips would hold a transfer for ever. */
const leastProgressBytes = 1_024

const firstDelayMs = 2_000
const longestDelayMs = 60_000

/**
 * Gets a representation in as many attempts as it takes, each going on where the one before has ended, or from the beginning
 * where nothing tells that it is the same.
 */
export class Transfer {
  readonly #source: Source
  readonly #options: TransferOptions
  #bytes: number
  #validator: string | undefined
  #totalBytes: number | undefined
  /** How far an attempt has come. */
  #furthest: number
  #failures = 0
  #changes = 0
  #hasBegun = false
  /** Bytes of all attempts. */
  #received = 0
  #isTelling = false
  /** What the application threw. */
  #fault: { readonly error: unknown } | undefined

  constructor(source: Source, from: Position | undefined, options: TransferOptions) {
    this.#source = source
    this.#options = options
    this.#bytes = from?.bytes ?? 0
    this.#furthest = this.#bytes
    this.#validator = from?.validator
  }

  /** Rejects with DownloadError, and with what the application threw. */
  async run(): Promise<{ readonly bytes: number; readonly validator?: string }> {
    while (!(await this.#try())) this.#checkCancelled()
    return { bytes: this.#bytes, ...(this.#validator !== undefined && { validator: this.#validator }) }
  }

  /** False: it is to be tried again. */
  async #try(): Promise<boolean> {
    try {
      await this.#attempt()
      return true
    } catch (error) {
      if (this.#fault !== undefined) throw this.#fault.error
      this.#checkCancelled()
      if (error instanceof ChangedError) this.#startOver()
      else await this.#rest(downloadFailure(error))
      return false
    }
  }

  async #attempt(): Promise<void> {
    const { clock, signal, stallSeconds } = this.#options
    const controller = new AbortController()
    const abort = () => controller.abort()
    let stalled: DownloadError | undefined
    let received = this.#received
    let timer: Timer
    const watch = () => {
      timer = clock.setTimeout(() => {
        if (this.#received - received < leastProgressBytes && !this.#isTelling) {
          const message = `fewer than ${leastProgressBytes} bytes have come in ${stallSeconds} s`
          stalled = new DownloadError('CONNECTION_LOST', message, { isTransient: true })
          abort()
          return
        }
        received = this.#received
        watch()
      }, 1_000 * stallSeconds)
    }
    signal?.addEventListener('abort', abort)
    watch()
    try {
      this.#checkCancelled()
      await this.#source({
        from: this.#position(),
        signal: controller.signal,
        begin: representation => this.#begin(representation),
        write: bytes => this.#write(bytes, controller.signal),
      })
    } catch (error) {
      throw stalled ?? error
    } finally {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  #position(): Position | undefined {
    const bytes = this.#bytes
    const validator = this.#validator
    return bytes === 0 || validator === undefined ? undefined : { bytes, validator }
  }

  async #begin(representation: Representation): Promise<void> {
    const { validator, totalBytes, fromBytes } = representation
    this.#check(totalBytes ?? 0)
    this.#validator = validator
    // Of a later part not every server tells it.
    if (totalBytes !== undefined || fromBytes === 0) this.#totalBytes = totalBytes
    if (this.#hasBegun && fromBytes > 0) return
    this.#bytes = fromBytes
    await this.#tell(() => this.#options.onBegin(representation))
    this.#hasBegun = true
  }

  async #write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw closedError()
    if (bytes.length === 0) return
    const reached = this.#bytes + bytes.length
    this.#check(reached)
    const progress = { bytes: reached, ...(this.#totalBytes !== undefined && { totalBytes: this.#totalBytes }) }
    await this.#tell(() => this.#options.onBytes(bytes, progress))
    this.#bytes = reached
    this.#received += bytes.length
  }

  async #tell(what: () => void | Promise<void>): Promise<void> {
    this.#isTelling = true
    try {
      await what()
    } catch (error) {
      this.#fault = { error }
      throw error
    } finally {
      this.#isTelling = false
    }
  }

  #check(bytes: number): void {
    const { maximumBytes } = this.#options
    if (bytes > maximumBytes) throw new DownloadError('TOO_LARGE', `more than ${maximumBytes} bytes`)
  }

  #checkCancelled(): void {
    const { signal } = this.#options
    if (signal?.aborted === true) throw new DownloadError('CANCELLED', 'the download was cancelled')
  }

  #startOver(): void {
    if (++this.#changes > maximumChanges) {
      throw new DownloadError('CHANGED', 'another version took its place again and again')
    }
    this.#bytes = 0
    this.#validator = undefined
  }

  /** Waits before the next attempt, if there is to be one. */
  async #rest(failure: DownloadError): Promise<void> {
    const { attempts, onRetry, signal } = this.#options
    if (this.#bytes >= this.#furthest + leastProgressBytes) this.#failures = 0
    this.#furthest = Math.max(this.#furthest, this.#bytes)
    if (!failure.isTransient || ++this.#failures > attempts) throw failure
    const delayMs = this.#drawDelayMs()
    onRetry(failure, delayMs)
    await this.#wait(delayMs, signal)
  }

  /** Doubled with each failure, and never the same for all whom a server has cut off at once. */
  #drawDelayMs(): number {
    const longestMs = Math.min(longestDelayMs, firstDelayMs * 2 ** (this.#failures - 1))
    return longestMs * (0.5 + this.#options.random.fraction() / 2)
  }

  /** Until `signal` gives it up, at most. */
  #wait(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#options
    return new Promise(resolve => {
      const done = () => {
        clock.clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = clock.setTimeout(done, delayMs)
      signal?.addEventListener('abort', done)
      if (signal?.aborted === true) done()
    })
  }
}
