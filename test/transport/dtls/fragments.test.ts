import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlertDescription } from '../../../transport/dtls/alert.ts'
import { ByteReader } from '../../../transport/dtls/bytes.ts'
import { type FragmentOutcome, Reassembly } from '../../../transport/dtls/fragments.ts'
import {
  encodeFragment,
  encodeHandshake,
  type HandshakeFragment,
  type HandshakeMessage,
  HandshakeType,
  readFragment,
} from '../../../transport/dtls/handshake-message.ts'
import { alertOf, buffers, uint16s } from '../../helpers/dtls-decoders.ts'

const messages: fc.Arbitrary<HandshakeMessage> = fc.record({
  type: fc.constantFrom(...Object.values(HandshakeType)),
  sequence: uint16s,
  body: buffers(0, 300),
})

/** A message of `length` bytes that all differ from their neighbours. */
function messageOf(sequence: number, length: number, type: number = HandshakeType.certificate): HandshakeMessage {
  return { type, sequence, body: Buffer.from(Array.from({ length }, (_, index) => (index + 7 * sequence) & 0xff)) }
}

function fragmentOf(message: HandshakeMessage, offset = 0, length = message.body.length - offset): HandshakeFragment {
  return readFragment(new ByteReader(encodeFragment(message, offset, length)))
}

function taken(reassembly: Reassembly): HandshakeMessage[] {
  const list: HandshakeMessage[] = []
  for (let next = reassembly.next(); next !== undefined; next = reassembly.next()) list.push(next)
  return list
}

describe('the header of a fragment (RFC 6347 §4.2.2)', () => {
  test('has 12 bytes: type, length, message_seq, fragment_offset, fragment_length', () => {
    const message = { type: HandshakeType.clientKeyExchange, sequence: 2, body: Buffer.from('abcdef') }
    expect(encodeHandshake(message).toString('hex')).toBe('100000060002000000000006616263646566')
    expect(encodeFragment(message, 4, 2).toString('hex')).toBe('1000000600020000040000026566')
  })

  test('is read as it was written, several to a record', () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 4 }), list => {
        const reader = new ByteReader(Buffer.concat(list.map(encodeHandshake)))
        for (const { type, sequence, body } of list)
          expect(readFragment(reader)).toEqual({ type, length: body.length, sequence, offset: 0, bytes: body })
        reader.end()
      }),
      { seed: 3 },
    )
  })

  test('cut off at any byte is refused: decode_error', () => {
    const bytes = encodeHandshake(messageOf(1, 20))
    for (let length = 0; length < bytes.length; length++)
      expect(alertOf(() => readFragment(new ByteReader(bytes.subarray(0, length))))).toBe(AlertDescription.decodeError)
  })

  test('that reaches beyond its message is refused: decode_error', () => {
    const bytes = encodeFragment(messageOf(1, 20), 10, 10)
    bytes.writeUIntBE(19, 1, 3)
    expect(alertOf(() => readFragment(new ByteReader(bytes)))).toBe(AlertDescription.decodeError)
  })
})

describe('reassembly (RFC 6347 §4.2.3)', () => {
  test('of any cuts, overlapping, repeated and in any order, gives the messages as they were, in order', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 6 })
    const cuts = fc.array(fc.tuple(fc.nat(5), fc.nat(199), fc.integer({ min: 0, max: 80 })), { maxLength: 40 })
    fc.assert(
      fc.property(lengths, cuts, fc.integer(), (sizes, extra, order) => {
        const sent = sizes.map((size, sequence) => messageOf(sequence, size))
        const fragments: HandshakeFragment[] = []
        for (const message of sent)
          for (let offset = 0; offset === 0 || offset < message.body.length; offset += 50)
            fragments.push(fragmentOf(message, offset, Math.min(50, message.body.length - offset)))
        for (const [index, start, size] of extra) {
          const message = sent[index % sent.length] as HandshakeMessage
          const offset = Math.min(start, message.body.length)
          fragments.push(fragmentOf(message, offset, Math.min(size, message.body.length - offset)))
        }
        const reassembly = new Reassembly()
        const received: HandshakeMessage[] = []
        for (const fragment of shuffled(fragments, order)) {
          expect(reassembly.receive(fragment)).toBe<FragmentOutcome>(
            fragment.sequence < received.length ? 'old' : 'new',
          )
          received.push(...taken(reassembly))
        }
        expect(received).toEqual(sent)
        expect(reassembly.nextSequence).toBe(sent.length)
      }),
      { seed: 4, numRuns: 300 },
    )
  })

  test('of random fragments throws nothing but DtlsError illegal_parameter', () => {
    const fragments = fc
      .tuple(fc.nat(2), fc.nat(5), fc.integer({ min: 0, max: 20 }), fc.nat(20), buffers(0, 20))
      .map(([type, sequence, length, offset, bytes]) => {
        const start = Math.min(offset, length)
        return { type, sequence, length, offset: start, bytes: bytes.subarray(0, length - start) }
      })
    fc.assert(
      fc.property(fc.array(fragments, { maxLength: 40 }), list => {
        const reassembly = new Reassembly()
        for (const fragment of list)
          expect([undefined, AlertDescription.illegalParameter]).toContain(alertOf(() => reassembly.receive(fragment)))
        for (const [sequence, message] of taken(reassembly).entries()) expect(message.sequence).toBe(sequence)
      }),
      { seed: 5, numRuns: 500 },
    )
  })

  test('keeps no view of the record: its buffer may be used again', () => {
    const reassembly = new Reassembly()
    const message = messageOf(0, 10)
    const fragment = fragmentOf(message)
    reassembly.receive(fragment)
    fragment.bytes.fill(0xee)
    expect(reassembly.next()).toEqual(message)
  })

  test('a message without a body is whole at once', () => {
    const reassembly = new Reassembly()
    const done = messageOf(0, 0, HandshakeType.serverHelloDone)
    reassembly.receive(fragmentOf(done))
    expect(reassembly.next()).toEqual(done)
  })

  test('a fragment without bytes adds nothing', () => {
    const reassembly = new Reassembly()
    expect(reassembly.receive(fragmentOf(messageOf(0, 10), 5, 0))).toBe('new')
    expect(reassembly.next()).toBeUndefined()
  })

  test.each<[string, (message: HandshakeMessage) => HandshakeFragment]>([
    ['length', message => ({ ...fragmentOf(message, 5, 2), length: 11 })],
    ['type', message => ({ ...fragmentOf(message, 5, 2), type: HandshakeType.finished })],
    ['bytes', message => ({ ...fragmentOf(message, 3, 4), bytes: Buffer.from([3, 4, 0xff, 6]) })],
  ])('fragments that contradict each other in their %s are refused: illegal_parameter', (_what, contradiction) => {
    const reassembly = new Reassembly()
    const message = messageOf(0, 10)
    reassembly.receive(fragmentOf(message, 0, 6))
    expect(alertOf(() => reassembly.receive(contradiction(message)))).toBe(AlertDescription.illegalParameter)
    reassembly.receive(fragmentOf(message, 6))
    expect(reassembly.next()).toEqual(message)
  })

  test('a fragment of a message taken before is old, whatever it holds', () => {
    const reassembly = new Reassembly()
    reassembly.receive(fragmentOf(messageOf(0, 10)))
    reassembly.next()
    expect(reassembly.receive(fragmentOf(messageOf(0, 90_000), 0, 10))).toBe('old')
  })

  test('skipping to a message makes those before it old and never goes back', () => {
    const reassembly = new Reassembly()
    for (const sequence of [1, 2, 3]) reassembly.receive(fragmentOf(messageOf(sequence, 10)))
    reassembly.skipTo(2)
    reassembly.skipTo(1)
    expect(reassembly.nextSequence).toBe(2)
    expect(reassembly.receive(fragmentOf(messageOf(1, 10)))).toBe('old')
    expect(taken(reassembly)).toEqual([messageOf(2, 10), messageOf(3, 10)])
  })
})

describe('the memory of a reassembly', () => {
  test('a message larger than allowed is refused: illegal_parameter', () => {
    const reassembly = new Reassembly({ maximumMessageBytes: 100 })
    expect(reassembly.receive(fragmentOf(messageOf(0, 100), 0, 1))).toBe('new')
    const tooLarge = fragmentOf(messageOf(1, 101), 0, 1)
    expect(alertOf(() => reassembly.receive(tooLarge))).toBe(AlertDescription.illegalParameter)
  })

  test('messages too far ahead are dropped', () => {
    const reassembly = new Reassembly({ maximumAhead: 2 })
    const outcomes = [0, 1, 2, 3].map(sequence => reassembly.receive(fragmentOf(messageOf(sequence, 10), 0, 5)))
    expect(outcomes).toEqual(['new', 'new', 'new', 'dropped'])
  })

  test('what is kept ahead has a bound, and the message that is due is never in its way', () => {
    const reassembly = new Reassembly({ maximumMessageBytes: 100 })
    const receive = (sequence: number, length: number) => reassembly.receive(fragmentOf(messageOf(sequence, length)))
    expect([receive(1, 60), receive(2, 41), receive(2, 40), receive(3, 1)]).toEqual([
      'new',
      'dropped',
      'new',
      'dropped',
    ])
    expect(receive(0, 100)).toBe('new')
    expect(taken(reassembly).map(({ body }) => body.length)).toEqual([100, 60, 40])
    expect([receive(4, 100), receive(5, 1), receive(3, 100)]).toEqual(['new', 'dropped', 'new'])
    expect(taken(reassembly).map(({ sequence }) => sequence)).toEqual([3, 4])
  })

  test('the bound ahead holds for messages skipped, too', () => {
    const reassembly = new Reassembly({ maximumMessageBytes: 100 })
    for (const sequence of [1, 2]) reassembly.receive(fragmentOf(messageOf(sequence, 50)))
    reassembly.skipTo(5)
    expect(reassembly.receive(fragmentOf(messageOf(6, 100)))).toBe('new')
    expect(reassembly.receive(fragmentOf(messageOf(7, 1)))).toBe('dropped')
  })

  test('a message cut to crumbs is dropped before it costs time, and still arrives in proper pieces', () => {
    const reassembly = new Reassembly()
    const message = messageOf(0, 10_000)
    const outcomes = new Set<FragmentOutcome>()
    for (let offset = 0; offset < message.body.length; offset += 2)
      outcomes.add(reassembly.receive(fragmentOf(message, offset, 1)))
    expect([...outcomes]).toEqual(['new', 'dropped'])
    for (let offset = 0; offset < message.body.length; offset += 1_000)
      expect(reassembly.receive(fragmentOf(message, offset, 1_000))).toBe('new')
    expect(reassembly.next()).toEqual(message)
  })
})

/** The same order for the same seed. */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  return fc.sample(fc.shuffledSubarray([...list], { minLength: list.length }), { seed, numRuns: 1 })[0] ?? []
}
