import { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** Bytes typed or pasted ahead; what goes beyond is lost. */
const maximumAhead = 16_777_216

const ctrlC = 0x03
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Pasted text, or one character of what may be the code of a key. */
const pieces = /[^\p{Cc}]{16,}|./gsu

/**
 * The keys of a terminal for an editor, a line at a time: what is typed while a command runs, and the further lines of a
 * paste, wait for the next line instead of being echoed among the output. Ctrl-C does not wait.
 *
 * Keys go to the editor one by one, and at once. Of several in one piece, readline would append all but the last to the
 * line, wherever the cursor is; of many one by one, it would measure the line again for each.
 */
export class TypedInput extends Readable {
  readonly #source: Readable
  readonly #interrupt: () => boolean
  readonly #take = (chunk: Buffer) => this.#keep(chunk)
  readonly #finish = () => {
    this.#hasEnded = true
    this.#pass()
  }
  readonly #decoder = new StringDecoder('utf8')
  #ahead = Buffer.alloc(0)
  #paste: ((text: string) => void) | undefined
  #hasEnded = false

  /** `interrupt` ends what runs and returns whether anything did. */
  constructor(source: Readable, interrupt: () => boolean) {
    super({ read() {} })
    this.#source = source
    this.#interrupt = interrupt
    source.on('data', this.#take).on('end', this.#finish).on('error', this.#finish)
  }

  /** Whether there will be no more lines. */
  get isAtEnd(): boolean {
    return this.#hasEnded && this.#ahead.length === 0
  }

  /** Lets keys through up to the end of a line; longer text is given to `paste`. */
  open(paste: (text: string) => void): void {
    this.#paste = paste
    this.#pass()
  }

  /** Holds keys back. */
  hold(): void {
    this.#paste = undefined
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#source.off('data', this.#take).off('end', this.#finish).off('error', this.#finish).pause()
    callback(error)
  }

  #keep(chunk: Buffer): void {
    const end = this.#paste ? -1 : chunk.lastIndexOf(ctrlC)
    // As terminals do, Ctrl-C takes away what was typed before it.
    if (end >= 0 && this.#interrupt()) this.#ahead = Buffer.from(chunk.subarray(end + 1))
    else if (this.#ahead.length + chunk.length <= maximumAhead) this.#ahead = Buffer.concat([this.#ahead, chunk])
    this.#pass()
  }

  #pass(): void {
    const paste = this.#paste
    if (!paste) return
    const end = this.#ahead.findIndex(byte => byte === lineFeed || byte === carriageReturn)
    const isPair = this.#ahead[end] === carriageReturn && this.#ahead[end + 1] === lineFeed
    const keys = this.#decoder.write(end < 0 ? this.#ahead : this.#ahead.subarray(0, end + 1))
    this.#ahead = end < 0 ? Buffer.alloc(0) : this.#ahead.subarray(end + (isPair ? 2 : 1))
    for (const { 0: piece, index } of keys.matchAll(pieces)) {
      if (piece.length > 2) paste(piece)
      else this.emit('data', Buffer.from(piece))
      if (this.#paste === paste) continue
      // The line has ended, perhaps with Ctrl-D: what follows is for the next one.
      const rest = Buffer.from(keys.slice(index + piece.length))
      if (rest.length > 0) this.#ahead = Buffer.concat([rest, this.#ahead])
      return
    }
    if (end < 0 && this.#hasEnded) this.emit('end')
  }
}
