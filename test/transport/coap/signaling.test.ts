import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeFrame } from '../../../transport/coap/frame.ts'
import { type CoapFrame, type CoapOption, Code } from '../../../transport/coap/message.ts'
import {
  baseSettings,
  decodeSignal,
  encodeAbort,
  encodeCsm,
  encodePing,
  encodePong,
  encodeRelease,
  type Signal,
  SignalError,
} from '../../../transport/coap/signaling.ts'
import { frameOf, hex, readAll } from '../../helpers/coap-frames.ts'

const signalOf = (bytes: string) => decodeSignal(readAll([hex(bytes)])[0] as CoapFrame)
const plain = (signal: Signal) =>
  'token' in signal ? { ...signal, token: Buffer.from(signal.token).toString('hex') } : signal

describe('signals and their bytes (RFC 8323 §5)', () => {
  const vectors: [name: string, frame: CoapFrame, bytes: string, signal: object][] = [
    [
      'a CSM of the base settings',
      encodeCsm(baseSettings),
      '30 e1 22 0480',
      { kind: 'csm', settings: { maximumMessageBytes: 1_152 } },
    ],
    [
      'a CSM with Block-Wise-Transfer',
      encodeCsm({ maximumMessageBytes: 65_536, isBlockwise: true }),
      '50 e1 23 010000 20',
      { kind: 'csm', settings: { maximumMessageBytes: 65_536, isBlockwise: true } },
    ],
    ['a Ping', encodePing(hex('42')), '01 e2 42', { kind: 'ping', token: '42', custody: false }],
    ['a Ping without a token', encodePing(hex('')), '00 e2', { kind: 'ping', token: '', custody: false }],
    ['a Ping with Custody', encodePing(hex('42'), true), '11 e2 42 20', { kind: 'ping', token: '42', custody: true }],
    ['a Pong', encodePong(hex('42'), false), '01 e3 42', { kind: 'pong', token: '42', custody: false }],
    ['a Pong with Custody', encodePong(hex('42'), true), '11 e3 42 20', { kind: 'pong', token: '42', custody: true }],
    ['a Release', encodeRelease(), '00 e4', { kind: 'release' }],
    ['an Abort', encodeAbort('bye'), '40 e5 ff 627965', { kind: 'abort', text: 'bye' }],
    ['an Abort without a text', encodeAbort(''), '00 e5', { kind: 'abort', text: '' }],
    [
      'an Abort with Bad-CSM-Option',
      encodeAbort('bye', 17),
      '60 e5 21 11 ff 627965',
      { kind: 'abort', text: 'bye', badCsmOption: 17 },
    ],
  ]
  for (const [name, frame, bytes, signal] of vectors) {
    test(name, () => {
      expect(encodeFrame(frame).toString('hex')).toBe(hex(bytes).toString('hex'))
      expect(plain(signalOf(bytes))).toEqual(signal)
    })
  }
})

describe('what only the other end sends', () => {
  const vectors: [name: string, bytes: string, signal: object][] = [
    ['a CSM that says nothing', '00 e1', { kind: 'csm', settings: {} }],
    ['a CSM with Block-Wise-Transfer alone', '10 e1 40', { kind: 'csm', settings: { isBlockwise: true } }],
    [
      'the largest Max-Message-Size',
      '50 e1 24 ffffffff',
      { kind: 'csm', settings: { maximumMessageBytes: 0xff_ff_ff_ff } },
    ],
    [
      'a Release to another address, not before a minute',
      '60 e4 23 6f3a31 21 3c',
      { kind: 'release', alternativeAddress: 'o:1', holdOffSeconds: 60 },
    ],
    [
      'a Release with two addresses: the first counts',
      '40 e4 21 61 01 62',
      { kind: 'release', alternativeAddress: 'a' },
    ],
    ['a Release that may be followed at once', '10 e4 40', { kind: 'release', holdOffSeconds: 0 }],
    ['an Abort because of option 0', '10 e5 20', { kind: 'abort', text: '', badCsmOption: 0 }],
    ['a code that is not known', '01 e6 42', { kind: 'unknown', code: 0xe6 }],
    ['the code 7.00', '00 e0', { kind: 'unknown', code: 0xe0 }],
  ]
  for (const [name, bytes, signal] of vectors) {
    test(name, () => expect(plain(signalOf(bytes))).toEqual(signal))
  }
})

describe('options that cannot be processed (RFC 8323 §5.2, RFC 7252 §5.4)', () => {
  const codes = {
    CSM: Code.csm,
    Ping: Code.ping,
    Pong: Code.pong,
    Release: Code.release,
    Abort: Code.abort,
    '7.06': 0xe6,
  }
  for (const [name, code] of Object.entries(codes)) {
    test(`a critical one is an error in a ${name}`, () => {
      const options = [
        { number: 2, value: hex('') },
        { number: 2_049, value: hex('') },
        { number: 4_097, value: hex('') },
      ]
      const decode = () => decodeSignal(frameOf({ code, options }))
      expect(decode).toThrow(SignalError)
      expect(decode).toThrow(expect.objectContaining({ code: 'SIGNAL_OPTION', option: 2_049 }))
    })
  }

  const ignored: [name: string, code: number, options: CoapOption[], signal: object][] = [
    ['an unknown elective one', Code.csm, [{ number: 6, value: hex('01') }], { kind: 'csm', settings: {} }],
    [
      'a Max-Message-Size below the base value',
      Code.csm,
      [{ number: 2, value: hex('047f') }],
      { kind: 'csm', settings: {} },
    ],
    ['a Max-Message-Size of no bytes', Code.csm, [{ number: 2, value: hex('') }], { kind: 'csm', settings: {} }],
    [
      'a Max-Message-Size of five bytes',
      Code.csm,
      [{ number: 2, value: hex('0000010000') }],
      { kind: 'csm', settings: {} },
    ],
    [
      'a second Max-Message-Size',
      Code.csm,
      [
        { number: 2, value: hex('2000') },
        { number: 2, value: hex('4000') },
      ],
      { kind: 'csm', settings: { maximumMessageBytes: 0x2000 } },
    ],
    ['a Block-Wise-Transfer with a value', Code.csm, [{ number: 4, value: hex('00') }], { kind: 'csm', settings: {} }],
    [
      'a Custody with a value',
      Code.ping,
      [{ number: 2, value: hex('01') }],
      { kind: 'ping', token: '01', custody: false },
    ],
    ['an Alternative-Address of no bytes', Code.release, [{ number: 2, value: hex('') }], { kind: 'release' }],
    [
      'an Alternative-Address of 256 bytes',
      Code.release,
      [{ number: 2, value: Buffer.alloc(256, 0x61) }],
      { kind: 'release' },
    ],
    ['a Hold-Off of four bytes', Code.release, [{ number: 4, value: hex('00000001') }], { kind: 'release' }],
    ['a Bad-CSM-Option of three bytes', Code.abort, [{ number: 2, value: hex('000001') }], { kind: 'abort', text: '' }],
  ]
  for (const [name, code, options, signal] of ignored) {
    test(`${name} counts as absent`, () => expect(plain(decodeSignal(frameOf({ code, options })))).toEqual(signal))
  }
})

describe('the text of a stranger', () => {
  const abortText = (payload: Buffer) => {
    const signal = decodeSignal(frameOf({ code: Code.abort, payload }))
    return signal.kind === 'abort' ? signal.text : undefined
  }

  test('has no control characters', () => {
    expect(abortText(Buffer.from('a\u001b[2J\u202eb\nc'))).toBe('a?[2J?b?c')
  })

  test('that is not UTF-8 is text all the same', () => expect(abortText(hex('61 ff 62'))).toBe('a\ufffdb'))

  test('of 200 characters stays as it is', () => {
    expect(abortText(Buffer.from('a'.repeat(200)))).toBe('a'.repeat(200))
  })

  test('that is longer is cut after 200 characters, and says so', () => {
    for (const letter of ['a', 'ä', '雪', '😀']) {
      const text = abortText(Buffer.from(letter.repeat(60_000))) as string
      expect(text).toHaveLength(201)
      expect(text.startsWith(letter.repeat(99))).toBe(true)
      expect(text.endsWith('…')).toBe(true)
    }
  })

  test('is an address, too', () => {
    expect(signalOf('30 e4 22 611b')).toEqual({ kind: 'release', alternativeAddress: 'a?' })
  })
})

test('any message of class 7 is a signal or a SignalError', () => {
  const option = fc.record({ number: fc.integer({ min: 0, max: 8 }), value: fc.uint8Array({ maxLength: 6 }) })
  const frame = fc.record({
    code: fc.integer({ min: 0xe0, max: 0xff }),
    token: fc.uint8Array({ maxLength: 8 }),
    options: fc.array(option, { maxLength: 4 }),
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  fc.assert(
    fc.property(frame, signal => {
      const critical = signal.options.find(({ number }) => number % 2 === 1)
      if (critical === undefined) expect(decodeSignal(signal).kind).toBeTypeOf('string')
      else expect(() => decodeSignal(signal)).toThrow(SignalError)
    }),
    { seed: 1, numRuns: 1_000 },
  )
})
