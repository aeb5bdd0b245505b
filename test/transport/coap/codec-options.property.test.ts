import { generate } from 'coap-packet'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeDatagram, encodeDatagram } from '../../../transport/coap/codec.ts'
import type { CoapOption } from '../../../transport/coap/message.ts'
import { datagramOf } from '../../helpers/coap-wire.ts'

/** Where a delta or a length takes another form (RFC 7252 §3.1), and the ends. */
const boundaries = [0, 1, 11, 12, 13, 14, 267, 268, 269, 270]

const lengths = fc.oneof(fc.constantFrom(...boundaries, 1_034), fc.integer({ min: 0, max: 1_034 }))
const someNumber = fc.oneof(fc.constantFrom(...boundaries, 65_535), fc.integer({ min: 0, max: 65_535 }))
const option: fc.Arbitrary<CoapOption> = fc
  .tuple(someNumber, lengths, fc.integer({ min: 0, max: 255 }))
  .map(([number, length, byte]) => ({ number, value: Buffer.alloc(length, byte) }))
/** Not in order, and the same number more than once. */
const options = fc
  .array(option, { maxLength: 8 })
  .chain(some => fc.shuffledSubarray([...some, ...some.slice(0, 2)], { minLength: some.length }))

const ascending = (list: readonly CoapOption[]) => list.toSorted((a, b) => a.number - b.number)
const plain = (list: readonly CoapOption[]) =>
  list.map(({ number, value }) => [number, Buffer.from(value).toString('hex')])

test('options are written as another writer does it, and read as they were, in ascending order (RFC 7252 §3.1)', () => {
  fc.assert(
    fc.property(options, fc.uint8Array({ maxLength: 20 }), (list, bytes) => {
      const datagram = datagramOf({ options: list, payload: Buffer.from(bytes) })
      const encoded = encodeDatagram(datagram)
      expect(plain(decodeDatagram(encoded).options)).toEqual(plain(ascending(list)))
      const other = generate(
        {
          code: `${datagram.code >> 5}.${String(datagram.code & 31).padStart(2, '0')}`,
          messageId: datagram.messageId,
          token: Buffer.from(datagram.token),
          confirmable: datagram.type === 0,
          ack: datagram.type === 2,
          options: ascending(list).map(({ number, value }) => ({ name: String(number), value: Buffer.from(value) })),
          payload: Buffer.from(bytes),
        },
        65_535,
      )
      expect(encoded.toString('hex')).toBe(other.toString('hex'))
    }),
    { seed: 1, numRuns: 300 },
  )
})
