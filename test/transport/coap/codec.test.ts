import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeDatagram, encodeDatagram, encodeEmpty, peekHeader } from '../../../transport/coap/codec.ts'
import { type CoapDatagram, Code, isRequest, isResponse, MessageType } from '../../../transport/coap/message.ts'
import { MessageFormatError } from '../../../transport/errors.ts'
import { datagramOf } from '../../helpers/coap-wire.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const plain = ({ options, token, payload, ...rest }: CoapDatagram) => ({
  ...rest,
  token: Buffer.from(token).toString('hex'),
  options: options.map(({ number, value }) => [number, Buffer.from(value).toString('hex')]),
  payload: Buffer.from(payload).toString('hex'),
})

describe('RFC 7252 Appendix A', () => {
  const vectors: [name: string, bytes: string, datagram: Partial<CoapDatagram>][] = [
    [
      'figure 16, request: CON GET /temperature',
      '40 01 7d34 bb 74656d7065726174757265',
      {
        messageId: 0x7d34,
        token: Buffer.alloc(0),
        options: [{ number: 11, value: Buffer.from('temperature') }],
      },
    ],
    [
      'figure 16, response: piggybacked 2.05 "22.3 C"',
      '60 45 7d34 ff 32322e332043',
      {
        type: MessageType.acknowledgement,
        code: Code.content,
        messageId: 0x7d34,
        token: Buffer.alloc(0),
        payload: Buffer.from('22.3 C'),
      },
    ],
    [
      'figure 17: the same with a token',
      '41 01 7d35 20 bb 74656d7065726174757265',
      {
        messageId: 0x7d35,
        token: hex('20'),
        options: [{ number: 11, value: Buffer.from('temperature') }],
      },
    ],
  ]
  for (const [name, bytes, partial] of vectors) {
    test(name, () => {
      const datagram = datagramOf(partial)
      expect(encodeDatagram(datagram).toString('hex')).toBe(hex(bytes).toString('hex'))
      expect(plain(decodeDatagram(hex(bytes)))).toEqual(plain(datagram))
    })
  }
})

test('extended option deltas and lengths of one and two bytes (RFC 7252 §3.1)', () => {
  const options = [
    { number: 12, value: Buffer.alloc(12) },
    { number: 25, value: Buffer.alloc(13) },
    { number: 293, value: Buffer.alloc(268) },
    { number: 563, value: Buffer.alloc(269) },
    { number: 65_535, value: Buffer.alloc(1_000) },
  ]
  const datagram = datagramOf({ options, payload: Buffer.from([0]) })
  expect(plain(decodeDatagram(encodeDatagram(datagram)))).toEqual(plain(datagram))
})

test('every option number of RFC 7252 and beyond keeps its number', () => {
  const wrong: number[] = []
  for (let number = 0; number <= 65_535; number += number < 3_000 ? 1 : 97) {
    const decoded = decodeDatagram(encodeDatagram(datagramOf({ options: [{ number, value: Buffer.from([7]) }] })))
    if (decoded.options[0]?.number !== number) wrong.push(number)
  }
  expect(wrong).toEqual([])
})

test('any code byte of a request or response survives', () => {
  for (let code = 1; code < 256; code++) {
    const codeClass = code >> 5
    if (codeClass !== 0 && codeClass !== 2 && codeClass !== 4 && codeClass !== 5) continue
    expect(decodeDatagram(encodeDatagram(datagramOf({ code }))).code).toBe(code)
  }
})

test('a payload that is no UTF-8, or starts with the payload marker, survives', () => {
  for (const payload of ['ff', 'ffff', 'fffe00', '00', 'c3']) {
    expect(plain(decodeDatagram(encodeDatagram(datagramOf({ payload: hex(payload) })))).payload).toBe(payload)
  }
})

const bytesUpTo = (maxLength: number) => fc.uint8Array({ maxLength })
const datagrams = fc
  .record({
    type: fc.constantFrom<MessageType[]>(0, 1, 2),
    code: fc.constantFrom<number>(...Object.values(Code).filter(code => isRequest(code) || isResponse(code))),
    messageId: fc.integer({ min: 0, max: 65_535 }),
    token: bytesUpTo(8),
    options: fc.array(fc.record({ number: fc.integer({ min: 0, max: 65_535 }), value: bytesUpTo(300) }), {
      maxLength: 8,
    }),
    payload: bytesUpTo(400),
  })
  .map(datagram => ({ ...datagram, options: datagram.options.sort((a, b) => a.number - b.number) }))

test('decoding what was encoded gives the same message', () => {
  fc.assert(
    fc.property(datagrams, datagram => {
      expect(plain(decodeDatagram(encodeDatagram(datagram)))).toEqual(plain(datagram))
    }),
    { seed: 1, numRuns: 1_000 },
  )
})

test('encoding leaves its input as it was', () => {
  const options = [
    { number: 11, value: Buffer.from('a') },
    { number: 11, value: Buffer.from('b') },
  ]
  const datagram = datagramOf({ options, payload: new Uint8Array([1, 2]) })
  const before = plain(datagram)
  encodeDatagram(datagram)
  expect(plain(datagram)).toEqual(before)
  expect(plain(decodeDatagram(encodeDatagram(datagram))).options).toEqual([
    [11, '61'],
    [11, '62'],
  ])
})

describe('a message format error (RFC 7252 §3)', () => {
  const malformed: [name: string, bytes: string][] = [
    ['no byte at all', ''],
    ['three bytes', '40 01 00'],
    ['version 0', '00 01 0001'],
    ['version 2', '80 01 0001'],
    ['a token of nine bytes', '49 01 0001 010203040506070809'],
    ['a token length of 13, which extends elsewhere', '4d 01 0001 00 0102030405060708090a0b0c0d'],
    ['a token cut short', '44 01 0001 010203'],
    ['an Empty message with a token', '41 00 0001 01'],
    ['an Empty message with bytes after its id', '40 00 0001 00'],
    ['a Reset that is not Empty', '70 45 0001'],
    ['a code of reserved class 1', '40 20 0001'],
    ['a code of reserved class 6', '40 c0 0001'],
    ['a code of reserved class 7', '40 e1 0001'],
    ['an option delta of 15', '40 01 0001 f1 00'],
    ['an option length of 15', '40 01 0001 1f 00'],
    ['the payload marker without payload', '40 01 0001 ff'],
    ['the same after an option', '40 01 0001 b1 61 ff'],
    ['an option value cut short', '40 01 0001 b3 6161'],
    ['an extended delta cut short', '40 01 0001 d0'],
    ['an extended delta of two bytes cut short', '40 01 0001 e0 00'],
    ['an extended length cut short', '40 01 0001 0d'],
    ['an extended length of two bytes cut short', '40 01 0001 0e 00'],
    ['an option number above 65535', '40 01 0001 e0 ffff e0 ffff'],
  ]
  for (const [name, bytes] of malformed) {
    test(name, () => expect(() => decodeDatagram(hex(bytes))).toThrow(MessageFormatError))
  }
})

test('a datagram cut at any byte is malformed, or a shorter message: never anything else', () => {
  const whole = encodeDatagram(
    datagramOf({
      token: Buffer.from([1, 2, 3, 4]),
      options: [
        { number: 11, value: Buffer.from('rd') },
        { number: 12, value: Buffer.from([40]) },
        { number: 300, value: Buffer.alloc(20) },
      ],
      payload: Buffer.from('</1/0>,</3/0>'),
    }),
  )
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.subarray(0, length)
    try {
      expect(encodeDatagram(decodeDatagram(cut)).toString('hex')).toBe(cut.toString('hex'))
    } catch (error) {
      expect(error).toBeInstanceOf(MessageFormatError)
    }
  }
})

test('random bytes are malformed or a message that encodes to itself', () => {
  let wellFormed = 0
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 60 }), fc.boolean(), (bytes, version1) => {
      if (version1) bytes[0] = 0x40 | ((bytes[0] as number) & 0x33)
      let message: CoapDatagram
      try {
        message = decodeDatagram(Buffer.from(bytes))
      } catch (error) {
        expect(error).toBeInstanceOf(MessageFormatError)
        return
      }
      wellFormed++
      // The wire allows longer forms of deltas and lengths, so only the meaning must stay.
      expect(plain(decodeDatagram(encodeDatagram(message)))).toEqual(plain(message))
    }),
    { seed: 2, numRuns: 5_000 },
  )
  expect(wellFormed).toBeGreaterThan(100)
})

test('an Empty message is four bytes', () => {
  expect(encodeEmpty(MessageType.reset, 0xabcd).toString('hex')).toBe('7000abcd')
  expect(plain(decodeDatagram(encodeEmpty(MessageType.acknowledgement, 7)))).toEqual(
    plain(datagramOf({ type: MessageType.acknowledgement, code: Code.empty, messageId: 7, token: Buffer.alloc(0) })),
  )
})

test('the header of a malformed message tells how to reject it', () => {
  expect(peekHeader(hex('49 01 1234'))).toEqual({ type: MessageType.confirmable, messageId: 0x1234 })
  expect(peekHeader(hex('80 01 1234'))).toBeUndefined()
  expect(peekHeader(hex('40 01 12'))).toBeUndefined()
})
