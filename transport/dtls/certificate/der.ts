/** What is no DER; the message says why, in few words. */
export class DerError extends Error {
  override readonly name = 'DerError'
  readonly code = 'DER'
}

/** The tags of the types in certificates (X.680 §8.4). */
export const DerTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** A value of any type. All bytes are views. */
export interface DerValue {
  readonly tag: number
  readonly content: Buffer
  /** With its tag and length. */
  readonly encoded: Buffer
}

/** The tag of `[number]`, 0–30. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number
}

/** Certificates are nested 6 deep, the names of their extensions 8. */
const maximumDepth = 12

/**
 * Reads the Distinguished Encoding Rules (X.690 §10) from the first value to the last: lengths are definite and as short
 * as they can be, tags are below 31. All else throws {@link DerError}.
 */
export class DerReader {
  readonly #bytes: Buffer
  readonly #depth: number
  #offset = 0

  constructor(bytes: Uint8Array, depth = maximumDepth) {
    if (depth === 0) throw new DerError('nested too deep')
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#depth = depth
  }

  get isDone(): boolean {
    return this.#offset === this.#bytes.length
  }

  /** Says that nothing may follow. */
  end(): void {
    if (!this.isDone) throw new DerError(`${this.#bytes.length - this.#offset} bytes too many`)
  }

  any(): DerValue {
    const start = this.#offset
    const tag = this.#byte()
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag above 30')
    const length = this.#length()
    if (length > this.#bytes.length - this.#offset) throw new DerError('ends too early')
    const content = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return { tag, content, encoded: this.#bytes.subarray(start, this.#offset) }
  }

  value(tag: number): DerValue {
    if (!this.hasNext(tag)) {
      const next = this.#bytes[this.#offset]
      throw new DerError(`${next === undefined ? 'nothing' : describeTag(next)} instead of ${describeTag(tag)}`)
    }
    return this.any()
  }

  hasNext(tag: number): boolean {
    return this.#bytes[this.#offset] === tag
  }

  /** The next value where it has this tag. */
  optional(tag: number): DerValue | undefined {
    return this.hasNext(tag) ? this.any() : undefined
  }

  /** What is inside the next value, a constructed one. */
  inside(tag: number): DerReader {
    return this.open(this.value(tag))
  }

  optionalInside(tag: number): DerReader | undefined {
    const value = this.optional(tag)
    return value === undefined ? undefined : this.open(value)
  }

  /** Reads inside a value that this reader has returned. */
  open({ content }: DerValue): DerReader {
    return new DerReader(content, this.#depth - 1)
  }

  sequence(): DerReader {
    return this.inside(DerTag.sequence)
  }

  boolean(): boolean {
    const { content } = this.value(DerTag.boolean)
    const [byte] = content
    if (content.length !== 1 || (byte !== 0 && byte !== 0xff)) throw new DerError('a BOOLEAN neither true nor false')
    return byte === 0xff
  }

  /** An INTEGER of 0–2^31−1. */
  smallInteger(): number {
    const content = this.integer()
    if (content.length > 4 || (content[0] as number) >= 0x80) throw new DerError('an INTEGER out of its range')
    return content.readUIntBE(0, content.length)
  }

  /** The content of an INTEGER, at least 1 byte, as short as it can be. */
  integer(): Buffer {
    const { content } = this.value(DerTag.integer)
    const [first, second] = content
    if (first === undefined) throw new DerError('an INTEGER without content')
    const isPadded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
    if (isPadded) throw new DerError('an INTEGER longer than needed')
    return content
  }

  /** An OBJECT IDENTIFIER as `2.5.29.15`. */
  objectIdentifier(): string {
    return readObjectIdentifier(this.value(DerTag.objectIdentifier).content)
  }

  /** The bits of a BIT STRING from the first on, whole bytes with zeros behind. */
  bitString(): Buffer {
    const { content } = this.value(DerTag.bitString)
    const unused = content[0]
    if (unused === undefined || unused > 7 || (content.length === 1 && unused > 0))
      throw new DerError('a BIT STRING of no length')
    const last = content[content.length - 1] as number
    if (unused > 0 && (last & ((1 << unused) - 1)) !== 0) throw new DerError('a BIT STRING with bits beyond its end')
    return content.subarray(1)
  }

  /** A UTCTime or GeneralizedTime as certificates have it (RFC 5280 §4.1.2.5), in milliseconds since 1970. */
  timeMs(): number {
    const { tag, content } = this.any()
    const text = content.toString('latin1')
    if (tag === DerTag.generalizedTime) return readTimeMs(text)
    if (tag !== DerTag.utcTime) throw new DerError(`${describeTag(tag)} instead of a time`)
    return readTimeMs(`${text < '50' ? '20' : '19'}${text}`)
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset]
    if (byte === undefined) throw new DerError('ends too early')
    this.#offset++
    return byte
  }

  #length(): number {
    const first = this.#byte()
    if (first < 0x80) return first
    const count = first & 0x7f
    if (count === 0) throw new DerError('an indefinite length')
    if (count > 3) throw new DerError('a length beyond 16 MiB')
    let length = 0
    for (let index = 0; index < count; index++) length = length * 0x100 + this.#byte()
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new DerError('a length longer than needed')
    return length
  }
}

/** `YYYYMMDDHHMMSSZ` */
function readTimeMs(text: string): number {
  const [, date, hour, minute, second] = /^(\d{8})(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  if (date === undefined) throw new DerError('a time of no known form')
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`
  const ms = Date.parse(`${day}T${hour}:${minute}:${second}Z`)
  // A 30th of February is the 1st of March to Date.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(day)) throw new DerError('a time that never is')
  return ms
}

const longestIdentifierBytes = 64

function readObjectIdentifier(content: Buffer): string {
  if (content.length === 0 || content.length > longestIdentifierBytes)
    throw new DerError(`an OBJECT IDENTIFIER of ${content.length} bytes`)
  const arcs: number[] = []
  let arc = 0
  let isInside = false
  for (const byte of content) {
    if (!isInside && byte === 0x80) throw new DerError('an OBJECT IDENTIFIER longer than needed')
    arc = arc * 0x80 + (byte & 0x7f)
    if (arc > Number.MAX_SAFE_INTEGER) throw new DerError('an OBJECT IDENTIFIER with a huge number')
    isInside = byte >= 0x80
    if (isInside) continue
    arcs.push(arc)
    arc = 0
  }
  if (isInside) throw new DerError('an OBJECT IDENTIFIER that ends too early')
  const [head = 0, ...tail] = arcs
  const root = Math.min(2, Math.floor(head / 40))
  return [root, head - 40 * root, ...tail].join('.')
}

const tagNames: ReadonlyMap<number, string> = new Map(Object.entries(DerTag).map(([name, tag]) => [tag, name]))

/** `sequence`; `tag 0xa3` for one without a name. */
function describeTag(tag: number): string {
  return tagNames.get(tag) ?? `tag 0x${tag.toString(16).padStart(2, '0')}`
}
