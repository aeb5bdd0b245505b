import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeDatagram, encodeDatagram } from '../../../transport/coap/codec.ts'
import { encodeFrame, FrameReader, FrameTooLargeError } from '../../../transport/coap/frame.ts'
import { type CoapFrame, Code, isRequest, isResponse, MessageType } from '../../../transport/coap/message.ts'
import { MessageFormatError } from '../../../transport/errors.ts'
import { frameOf, hex, plainFrame, readAll } from '../../helpers/coap-frames.ts'

const codes = Object.values(Code).filter(code => code !== Code.empty)
const option = fc.record({
  number: fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 65_535 })),
  value: fc.uint8Array({ maxLength: 20 }),
})
const frame: fc.Arbitrary<CoapFrame> = fc.record({
  code: fc.constantFrom<number>(...codes),
  token: fc.uint8Array({ maxLength: 8 }),
  options: fc.array(option, { maxLength: 5 }).map(some => some.toSorted((a, b) => a.number - b.number)),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.constantFrom(240, 268, 269, 3_000).map(length => new Uint8Array(length).fill(0x61)),
  ),
})
const empty = fc.constantFrom(hex('00 00'), hex('11 00 07 ff'))

/** Messages, with Empty ones among them, and their bytes. */
const stream = fc
  .array(fc.oneof({ weight: 4, arbitrary: frame }, { weight: 1, arbitrary: empty }), { maxLength: 8 })
  .map(parts => ({
    frames: parts.filter((part): part is CoapFrame => !Buffer.isBuffer(part)),
    bytes: Buffer.concat(parts.map(part => (Buffer.isBuffer(part) ? part : encodeFrame(part)))),
  }))

/** How long the chunks are, again and again. */
const chunkLengths = fc.array(fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 2_000 })), {
  minLength: 1,
  maxLength: 10,
})

function chunksOf(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  let start = 0
  for (let index = 0; start < bytes.length; index++) {
    // Not all may be empty.
    const length = (lengths[index % lengths.length] as number) + (index % lengths.length === 0 ? 1 : 0)
    chunks.push(bytes.subarray(start, start + length))
    start += length
  }
  return chunks
}

/** What a reader makes of these chunks: the messages, and the error that ended them. */
function outcomeOf(chunks: readonly Buffer[], maximumMessageBytes: number) {
  const reader = new FrameReader(maximumMessageBytes)
  const frames: ReturnType<typeof plainFrame>[] = []
  let mostPending = 0
  try {
    for (const chunk of chunks) {
      reader.push(chunk)
      for (let next = reader.next(); next !== undefined; next = reader.next()) frames.push(plainFrame(next))
      mostPending = Math.max(mostPending, reader.pendingBytes)
    }
  } catch (error) {
    if (!(error instanceof MessageFormatError || error instanceof FrameTooLargeError)) throw error
    expect(reader.pendingBytes).toBe(0)
    expect(() => reader.next()).toThrow(error)
    return { frames, mostPending, failure: error.message }
  }
  return { frames, mostPending, failure: undefined }
}

test('a stream split at any two positions gives the same messages', () => {
  const frames = [
    frameOf({ code: Code.csm, token: hex(''), options: [{ number: 2, value: hex('0480') }] }),
    frameOf({ options: [{ number: 11, value: Buffer.from('rd') }] }),
    frameOf({ code: Code.content, token: hex('0102030405060708'), payload: Buffer.alloc(300, 0x62) }),
    frameOf({ code: Code.changed, token: hex(''), payload: Buffer.alloc(13, 0x63) }),
  ]
  const parts = frames.map(encodeFrame)
  const bytes = Buffer.concat([...parts.slice(0, 2), hex('00 00'), ...parts.slice(2)])
  const whole = readAll([bytes]).map(plainFrame)
  expect(whole).toEqual(frames.map(plainFrame))
  const expected = JSON.stringify(whole)
  const different: [number, number][] = []
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second += second < first + 20 ? 1 : 37) {
      const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)]
      if (JSON.stringify(readAll(chunks).map(plainFrame)) !== expected) different.push([first, second])
    }
  }
  expect(different).toEqual([])
  expect(readAll([...bytes].map(byte => Buffer.from([byte]))).map(plainFrame)).toEqual(whole)
})

test('messages are read as they were written, however their bytes are split and merged', () => {
  fc.assert(
    fc.property(stream, chunkLengths, ({ frames, bytes }, lengths) => {
      expect(readAll(chunksOf(bytes, lengths)).map(plainFrame)).toEqual(frames.map(plainFrame))
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('a message that is read before more is pushed, or after, is the same', () => {
  fc.assert(
    fc.property(
      stream,
      chunkLengths,
      fc.array(fc.nat(3), { minLength: 1, maxLength: 10 }),
      ({ frames, bytes }, lengths, reads) => {
        const reader = new FrameReader(65_536)
        const read: CoapFrame[] = []
        const readUpTo = (count: number) => {
          for (let left = count; left > 0; left--) {
            const next = reader.next()
            if (next === undefined) return
            read.push(next)
          }
        }
        for (const [index, chunk] of chunksOf(bytes, lengths).entries()) {
          reader.push(chunk)
          readUpTo(reads[index % reads.length] as number)
        }
        readUpTo(frames.length + 1)
        expect(read.map(plainFrame)).toEqual(frames.map(plainFrame))
        expect(reader.pendingBytes).toBe(0)
      },
    ),
    { seed: 2, numRuns: 300 },
  )
})

test('after the token a message has the same bytes as in a datagram (RFC 8323 §3.2)', () => {
  fc.assert(
    fc.property(frame, message => {
      const datagram = encodeDatagram({ type: MessageType.confirmable, messageId: 0, ...message })
      const rest = datagram.subarray(4)
      const bytes = encodeFrame(message)
      expect(bytes.subarray(bytes.length - rest.length).toString('hex')).toBe(rest.toString('hex'))
      if (!isRequest(message.code) && !isResponse(message.code)) return
      expect(plainFrame(readAll([bytes])[0] as CoapFrame)).toEqual(plainFrame(decodeDatagram(datagram)))
    }),
    { seed: 3, numRuns: 300 },
  )
})

test('any bytes are messages or one of two errors, the same however they are split, and little of them is kept', () => {
  const damaged = fc
    .tuple(stream, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }))
    .map(([{ bytes }, changes]) => {
      for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
      return bytes
    })
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map(some => Buffer.from(some)),
    damaged,
  )
  const seen = { whole: 0, format: 0, tooLarge: 0 }
  fc.assert(
    fc.property(bytes, chunkLengths, fc.constantFrom(20, 1_152), (some, lengths, maximumMessageBytes) => {
      const split = outcomeOf(chunksOf(some, lengths), maximumMessageBytes)
      const merged = outcomeOf([some], maximumMessageBytes)
      expect([split.frames, split.failure]).toEqual([merged.frames, merged.failure])
      expect(Math.max(split.mostPending, merged.mostPending)).toBeLessThan(maximumMessageBytes)
      if (split.failure === undefined) seen.whole++
      else if (split.failure.includes('accepted')) seen.tooLarge++
      else seen.format++
    }),
    { seed: 4, numRuns: 2_000 },
  )
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(100)
})
