import { encodeFragment, HandshakeType } from '../../transport/dtls/handshake-message.ts'
import { ContentType, plainRecord } from '../../transport/dtls/record.ts'
import type { Random } from '../../transport/random.ts'
import { recordsOf } from './dtls-duel.ts'

const contentTypes = Object.values(ContentType)
const handshakeTypes = Object.values(HandshakeType)
const numbers = [
  0, 1, 2, 3, 4, 12, 16, 31, 32, 33, 63, 64, 127, 128, 255, 256, 1_200, 16_384, 16_385, 0xfefd, 0xfeff, 0xffff,
]

/** Makes datagrams that are none, nearly one, or one in the wrong place; the same ones for the same randomness. */
export class DtlsFuzz {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  /** 0 … `limit` − 1. */
  below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit)
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }

  bytes(limit: number): Buffer {
    return this.#random.bytes(this.below(limit + 1))
  }

  /** One datagram; `real` are those of a handshake like the one that is under attack. */
  datagram(real: readonly Buffer[]): Buffer {
    const kind = this.below(10)
    if (kind === 0) return this.bytes(300)
    if (kind === 1) return this.#record(this.bytes(200))
    if (kind === 2) return this.#record(this.content())
    if (kind === 3) return this.#handshake(real)
    if (kind === 4) return this.#recut(this.pick(real))
    if (kind === 5) return Buffer.concat([this.#changed(this.pick(real)), this.#handshake(real)])
    if (kind === 6) return this.#shuffled(this.pick(real))
    if (kind === 7) return this.pick(real)
    return this.#changed(this.pick(real))
  }

  /** What a record may hold, of any type. */
  content(): Buffer {
    const kind = this.below(5)
    if (kind === 0) return Buffer.of(1 + this.below(2), this.below(256))
    if (kind === 1) return this.#fragment(this.pick(handshakeTypes), this.bytes(80))
    if (kind === 2) return Buffer.concat([this.#fragment(this.pick(handshakeTypes), this.bytes(8)), this.bytes(20)])
    if (kind === 3) return Buffer.of(this.pick(numbers) & 255)
    return this.bytes(100)
  }

  contentType(): ContentType {
    return this.pick(contentTypes)
  }

  #record(fragment: Buffer): Buffer {
    const record = plainRecord(this.contentType(), this.below(200), fragment, this.pick([0xfefd, 0xfefd, 0xfeff]))
    record.writeUInt16BE(this.pick([0, 0, 1, 1, 2, 0xffff]), 3)
    return record
  }

  /** A message of the handshake with what was in one, or was not, wherever in the order it may come. */
  #handshake(real: readonly Buffer[]): Buffer {
    const [first] = recordsOf(this.pick(real))
    const isReal = first !== undefined && first.epoch === 0 && first.fragment.length > 12 && this.below(2) === 0
    const type = isReal ? (first.fragment[0] as number) : this.pick(handshakeTypes)
    const body = isReal ? this.#changed(first.fragment.subarray(12)) : this.bytes(120)
    return plainRecord(ContentType.handshake, this.below(50), this.#fragment(type, body))
  }

  #fragment(type: number, body: Buffer): Buffer {
    const sequence = this.pick([0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 17, 0xffff])
    const offset = this.below(3) === 0 ? this.below(body.length + 1) : 0
    const length = this.below(3) === 0 ? this.below(body.length - offset + 1) : body.length - offset
    return encodeFragment({ type, sequence, body }, offset, length)
  }

  /** A few bytes changed, removed, or put in; or a number in the place of one. */
  #changed(bytes: Buffer): Buffer {
    let changed = Buffer.from(bytes)
    for (let changes = 1 + this.below(4); changes > 0 && changed.length > 2; changes--) {
      const place = this.below(changed.length - 1)
      const kind = this.below(5)
      if (kind === 0) changed = Buffer.concat([changed.subarray(0, place), this.bytes(4), changed.subarray(place)])
      else if (kind === 1)
        changed = Buffer.concat([changed.subarray(0, place), changed.subarray(place + 1 + this.below(4))])
      else if (kind === 2) changed.writeUInt16BE(this.pick(numbers), place)
      else changed[place] = (changed[place] as number) ^ (1 << this.below(8))
    }
    return changed
  }

  /** A record cut off, or made longer, with a length that fits. */
  #recut(datagram: Buffer): Buffer {
    const placed = recordsOf(datagram)
    if (placed.length === 0) return this.#changed(datagram)
    const { start, end, fragment } = this.pick(placed)
    const header = Buffer.from(datagram.subarray(start, end - fragment.length))
    const content =
      this.below(4) === 0
        ? Buffer.concat([fragment, this.bytes(30)])
        : fragment.subarray(0, this.below(fragment.length + 1))
    header.writeUInt16BE(content.length, header.length - 2)
    return Buffer.concat([datagram.subarray(0, start), header, content, datagram.subarray(end)])
  }

  /** Its records in another order, some twice, some not. */
  #shuffled(datagram: Buffer): Buffer {
    const placed = recordsOf(datagram)
    if (placed.length === 0) return datagram
    const parts = Array.from({ length: 1 + this.below(4) }, () => {
      const { start, end } = this.pick(placed)
      return datagram.subarray(start, end)
    })
    return Buffer.concat(parts)
  }
}
