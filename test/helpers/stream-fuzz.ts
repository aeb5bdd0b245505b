import { encodeFrame, FrameReader } from '../../transport/coap/frame.ts'
import { type CoapFrame, type CoapOption, Code, noPayload } from '../../transport/coap/message.ts'
import { OptionNumber, uintOption } from '../../transport/coap/options.ts'
import { encodeCsm, encodePing, encodeRelease } from '../../transport/coap/signaling.ts'
import type { Random } from '../../transport/random.ts'

/** What an endpoint owes for a piece of a stream: the token that a Pong or a response has, an Abort, or nothing. */
export type Owed =
  | { readonly kind: 'pong' | 'response'; readonly token: string }
  /** The connection is aborted. */
  | { readonly kind: 'abort' }
  /** It ends by itself, or whoever made the piece cannot tell what it is worth. */
  | { readonly kind: 'unknown' }

/** Bytes that a peer sends at once, and what it does besides. */
export interface Piece {
  readonly bytes: Buffer
  readonly owed: readonly Owed[]
}

/** How a hostile peer behaves. */
export interface HostileScript {
  readonly name: string
  readonly pieces: readonly Piece[]
  /** Whether it reads what it gets. */
  readonly reads: boolean
  /** Whether it ends the stream itself. */
  readonly closes: boolean
}

const csm = encodeCsm({ maximumMessageBytes: 65_536, isBlockwise: true })
const criticalOption = { number: 9, value: new Uint8Array(2) }
const abort: Owed = { kind: 'abort' }
const unknown: Owed = { kind: 'unknown' }

/** Makes scripts by chance: the same for the same random numbers. */
export class StreamFuzz {
  readonly #random: Random
  #nextToken = 1

  constructor(random: Random) {
    this.#random = random
  }

  below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  script(): HostileScript {
    const [name, make] = this.pick(attacks)
    const pieces = make(this)
    return {
      name,
      pieces: this.below(2) === 0 ? pieces : this.split(pieces),
      reads: this.below(4) > 0,
      closes: this.below(3) === 0,
    }
  }

  csm(): Piece {
    return { bytes: encodeFrame(csm), owed: [] }
  }

  ping(): Piece {
    const { token, owed } = this.#owe('pong')
    return { bytes: encodeFrame(encodePing(token, this.below(2) === 0)), owed }
  }

  request(): Piece {
    const { token, owed } = this.#owe('response')
    const options: CoapOption[] = [{ number: OptionNumber.uriPath, value: Buffer.from('x') }]
    // 4.02 is an answer, too (RFC 7252 §5.4.1).
    if (this.below(5) === 0) options.push({ number: 65_001, value: Buffer.alloc(this.below(300)) })
    if (this.below(5) === 0) options.push(uintOption(OptionNumber.uriPort, this.below(65_536)))
    const code = this.pick([Code.get, Code.post, Code.put, Code.delete, Code.fetch])
    return { bytes: encodeFrame({ code, token, options, payload: Buffer.alloc(this.pick([0, 1, 200, 2_000])) }), owed }
  }

  /** What is owed nothing: Empty messages with whatever they carry, settings again, answers that nobody waits for. */
  idle(): Piece {
    const token = this.bytes(this.below(9))
    const frame: CoapFrame = this.pick([
      { ...csm, payload: this.bytes(this.below(20)) },
      { code: Code.pong, token, options: [], payload: noPayload },
      { code: Code.content, token, options: [uintOption(OptionNumber.observe, 5)], payload: this.bytes(3) },
      { code: 0xe9, token, options: [{ number: 1_000, value: this.bytes(4) }], payload: noPayload },
    ])
    const empty = [Buffer.from([0, 0]), Buffer.from([0x31, 0, 7, 0xff, 1, 2])]
    return { bytes: this.below(2) === 0 ? this.pick(empty) : encodeFrame(frame), owed: [] }
  }

  honest(): Piece {
    return this.pick([() => this.ping(), () => this.request(), () => this.idle()])()
  }

  /** A signal with an option that cannot be skipped (RFC 8323 §5.2). */
  criticalSignal(): Piece {
    const code = this.pick([Code.csm, Code.ping, Code.pong, Code.release, Code.abort])
    return {
      bytes: encodeFrame({ code, token: noPayload, options: [criticalOption], payload: noPayload }),
      owed: [abort],
    }
  }

  /** A header that announces more than is accepted; nothing of it follows. */
  oversized(): Piece {
    const head = Buffer.from([0xf1, 0, 0, 0, 0, this.pick([Code.get, Code.ping, Code.empty])])
    head.writeUInt32BE(this.pick([0, 1_000, 2 ** 31, 2 ** 32 - 1]), 1)
    return { bytes: head, owed: [abort] }
  }

  /** Token lengths and code classes that are reserved. */
  malformed(): Piece {
    const bytes = this.pick([
      () => Buffer.from([9 + this.below(7), Code.get]),
      () => Buffer.from([0, this.pick([1, 3, 6]) << 5]),
      // An option that is longer than its message, and a payload marker without a payload.
      () => Buffer.from([0x20, Code.get, 0xb5, 0x61]),
      () => Buffer.from([0x10, Code.get, 0xff]),
    ])()
    return { bytes, owed: [abort] }
  }

  noise(): Piece {
    return { bytes: this.bytes(1 + this.below(200)), owed: [unknown] }
  }

  /** A piece with some bits, bytes or lengths of it changed. */
  mutated(piece: Piece): Piece {
    const bytes = Buffer.from(piece.bytes)
    for (let change = 0; change <= this.below(4); change++) {
      bytes[this.below(Math.min(bytes.length, 12))] = this.below(256)
    }
    return { bytes: this.below(4) === 0 ? bytes.subarray(0, this.below(bytes.length)) : bytes, owed: [unknown] }
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }

  many(most: number, make: () => Piece): Piece[] {
    return Array.from({ length: 1 + this.below(most) }, make)
  }

  /** Thousands of messages, many at once. */
  flood(make: () => Piece): Piece[] {
    return this.many(10, () => joined(this.many(100, make)))
  }

  /** The same bytes cut elsewhere, wherever messages begin; what is owed is owed by the last of them. */
  split(pieces: readonly Piece[]): Piece[] {
    const bytes = Buffer.concat(pieces.map(piece => piece.bytes))
    const chunks: Piece[] = []
    for (let start = 0; start < bytes.length; ) {
      // Byte by byte where there are few.
      const end = start + 1 + this.below(Math.max(this.pick([3, 40, 4_000]), bytes.length >> 5))
      chunks.push({ bytes: bytes.subarray(start, end), owed: [] })
      start = end
    }
    return [...chunks, { bytes: Buffer.alloc(0), owed: pieces.flatMap(piece => piece.owed) }]
  }

  #owe(kind: 'pong' | 'response'): { token: Buffer; owed: Owed[] } {
    const token = Buffer.alloc(4)
    token.writeUInt32BE(this.#nextToken++)
    return { token, owed: [{ kind, token: token.toString('hex') }] }
  }
}

function joined(pieces: readonly Piece[]): Piece {
  return { bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)), owed: pieces.flatMap(({ owed }) => owed) }
}

const release: Piece = { bytes: encodeFrame(encodeRelease()), owed: [unknown] }

/** Each with its name; what a script does beyond its last piece is silence. */
const attacks: readonly (readonly [name: string, pieces: (fuzz: StreamFuzz) => Piece[]])[] = [
  ['nothing at all', () => []],
  ['no settings', fuzz => [{ bytes: fuzz.pick([fuzz.ping(), fuzz.request()]).bytes, owed: [abort] }]],
  ['settings with a critical option', fuzz => [fuzz.criticalSignal()]],
  ['noise', fuzz => fuzz.many(5, () => fuzz.noise())],
  ['noise after the settings', fuzz => [fuzz.csm(), ...fuzz.many(3, () => fuzz.honest()), fuzz.noise()]],
  ['honest', fuzz => [fuzz.csm(), ...fuzz.many(20, () => fuzz.honest())]],
  ['a broken message', fuzz => [fuzz.csm(), ...fuzz.many(5, () => fuzz.honest()), fuzz.malformed(), fuzz.honest()]],
  ['an oversized message', fuzz => [fuzz.csm(), ...fuzz.many(5, () => fuzz.honest()), fuzz.oversized()]],
  [
    'a critical option',
    fuzz => [fuzz.csm(), ...fuzz.many(5, () => fuzz.honest()), fuzz.criticalSignal(), fuzz.honest()],
  ],
  ['mutations', fuzz => [fuzz.csm(), ...fuzz.many(8, () => fuzz.honest()), fuzz.mutated(fuzz.honest()), fuzz.honest()]],
  ['mutated settings', fuzz => [fuzz.mutated(fuzz.csm()), fuzz.honest()]],
  [
    'half a message',
    fuzz => {
      const { bytes } = fuzz.request()
      return [fuzz.csm(), fuzz.honest(), { bytes: bytes.subarray(0, fuzz.below(bytes.length)), owed: [unknown] }]
    },
  ],
  ['a flood of Pings', fuzz => [fuzz.csm(), ...fuzz.flood(() => fuzz.ping())]],
  ['a flood of requests', fuzz => [fuzz.csm(), ...fuzz.flood(() => fuzz.request())]],
  ['a flood of nothing', fuzz => [fuzz.csm(), ...fuzz.flood(() => fuzz.idle()), fuzz.ping()]],
  ['a Release in the middle', fuzz => [fuzz.csm(), fuzz.honest(), release, fuzz.honest()]],
]

/** What an endpoint has sent, message by message. */
export function framesIn(bytes: Buffer): CoapFrame[] {
  const reader = new FrameReader(1 << 20)
  reader.push(bytes)
  const frames: CoapFrame[] = []
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) frames.push(frame)
  return frames
}
