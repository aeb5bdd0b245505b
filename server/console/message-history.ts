import type { Packet } from '../../transport/coap/packet.ts'
import type { MessageKind } from './message-kind.ts'

/** A packet that a console has sent or received. */
export interface HistoryEntry {
  readonly direction: 'Send' | 'Recv'
  readonly packet: Packet
  /** What it was meant to be. */
  readonly kind: MessageKind
}

const defaultMaximumEntries = 1_000

/** The latest packets of a console, both ways. */
export class MessageHistory {
  readonly #maximumEntries: number
  /** The oldest first. */
  readonly #entries: HistoryEntry[] = []

  /** Beyond `maximumEntries`, at least 1, the oldest one makes room. Default 1,000. */
  constructor(maximumEntries = defaultMaximumEntries) {
    this.#maximumEntries = maximumEntries
  }

  get size(): number {
    return this.#entries.length
  }

  /** The entry at `index` from the end, 1 for the latest; undefined where there is none. */
  entry(index: number): HistoryEntry | undefined {
    return index > 0 ? this.#entries.at(-index) : undefined
  }

  add(entry: HistoryEntry): void {
    if (this.#entries.length >= this.#maximumEntries) this.#entries.shift()
    this.#entries.push(entry)
  }

  clear(): void {
    this.#entries.length = 0
  }
}
