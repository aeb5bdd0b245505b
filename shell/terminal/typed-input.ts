import { Readable } from 'node:stream'

/** Bytes typed or pasted ahead; what goes beyond is lost. */
const maximumAhead = 16_777_216

const ctrlC = 0x03
const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * The keys of a terminal, a line at a time: what is typed while a command runs, and the further lines of a paste, wait for
 * the next question instead of being echoed among the output. Ctrl-C does not wait.
 */
export class TypedInput extends Readable {
  readonly #source: Readable
  readonly #interrupt: () => boolean
  readonly #take = (chunk: Buffer) => this.#keep(chunk)
  readonly #finish = () => {
    this.#hasEnded = true
    this.#pass()
  }
  #ahead = Buffer.alloc(0)
  #isOpen = false
  #hasEnded = false

  /** `interrupt` ends what runs and returns whether anything did. */
  constructor(source: Readable, interrupt: () => boolean) {
    super()
    this.#source = source
    this.#interrupt = interrupt
    source.on('data', this.#take).on('end', this.#finish).on('error', this.#finish)
  }

  /** Lets keys through up to the end of a line. */
  open(): void {
    this.#isOpen = true
    this.#pass()
  }

  /** Holds keys back. */
  hold(): void {
    this.#isOpen = false
  }

  override _read(): void {}

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.off('data', this.#take).off('end', this.#finish).off('error', this.#finish).pause()
    callback(error)
  }

  #keep(chunk: Buffer): void {
    const end = this.#isOpen ? -1 : chunk.lastIndexOf(ctrlC)
    // As terminals do, Ctrl-C takes away what was typed before it.
    if (end >= 0 && this.#interrupt()) this.#ahead = Buffer.from(chunk.subarray(end + 1))
    else if (this.#ahead.length + chunk.length <= maximumAhead) this.#ahead = Buffer.concat([this.#ahead, chunk])
    this.#pass()
  }

  #pass(): void {
    if (!this.#isOpen) return
    const end = this.#ahead.findIndex(byte => byte === lineFeed || byte === carriageReturn)
    const isPair = this.#ahead[end] === carriageReturn && this.#ahead[end + 1] === lineFeed
    const next = end < 0 ? this.#ahead.length : end + (isPair ? 2 : 1)
    if (next > 0) this.push(this.#ahead.subarray(0, end < 0 ? next : end + 1))
    this.#ahead = this.#ahead.subarray(next)
    if (end >= 0) this.#isOpen = false
    else if (this.#hasEnded) this.push(null)
  }
}
