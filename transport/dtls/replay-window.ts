/** How many sequence numbers behind the newest are told apart. */
const windowSize = 64

/**
 * Which sequence numbers of an epoch came already (RFC 6347 §4.1.2.6). A record is asked for before it is opened, and
 * accepted once it has proved to be authentic.
 */
export class ReplayWindow {
  #newest = -1
  /** Bit `n` of the two words: `newest − n` came. */
  #recent = 0
  #older = 0

  /** The highest sequence number accepted; −1 before the first. */
  get newest(): number {
    return this.#newest
  }

  /** False for what came already, and for what is too old to tell. */
  isNew(sequence: number): boolean {
    const age = this.#newest - sequence
    if (age < 0) return true
    if (age >= windowSize) return false
    const word = age < 32 ? this.#recent : this.#older
    return (word & (1 << age)) === 0
  }

  accept(sequence: number): void {
    if (sequence > this.#newest) {
      this.#shift(sequence - this.#newest)
      this.#newest = sequence
    }
    const age = this.#newest - sequence
    // A shift counts modulo 32, so that `age` is the bit of both words.
    if (age < 32) this.#recent |= 1 << age
    else if (age < windowSize) this.#older |= 1 << age
  }

  #shift(count: number): void {
    if (count < 32) {
      this.#older = (this.#older << count) | (this.#recent >>> (32 - count))
      this.#recent <<= count
    } else {
      this.#older = count < windowSize ? this.#recent << count : 0
      this.#recent = 0
    }
  }
}
