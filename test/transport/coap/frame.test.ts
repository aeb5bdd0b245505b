import { afterEach, describe, expect, test, vi } from 'vitest'
import { encodeFrame, FrameReader, FrameTooLargeError } from '../../../transport/coap/frame.ts'
import { type CoapFrame, Code, noPayload } from '../../../transport/coap/message.ts'
import { MessageFormatError } from '../../../transport/errors.ts'
import { frameOf, hex, plainFrame, readAll } from '../../helpers/coap-frames.ts'

/** Options and payload of exactly so many bytes. */
function contentOf(bytes: number): Partial<CoapFrame> {
  if (bytes === 1) return { options: [{ number: 1, value: noPayload }] }
  return { payload: bytes === 0 ? noPayload : Buffer.alloc(bytes - 1, 0x61) }
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** How many bytes of memory were taken, from now on. */
function countAllocations(): () => number {
  const allocations = vi.spyOn(Buffer, 'allocUnsafeSlow')
  return () => allocations.mock.calls.reduce((sum, [size]) => sum + size, 0)
}

describe('messages and their bytes (RFC 8323 §3.2)', () => {
  const vectors: [name: string, bytes: string, frame: Partial<CoapFrame>][] = [
    ['2.03 with a token, nothing else', '01 43 7f', { code: Code.valid, token: hex('7f') }],
    ['GET of the root without a token', '00 01', { token: hex('') }],
    [
      'GET /temperature with a token',
      'c1 01 20 bb 74656d7065726174757265',
      { token: hex('20'), options: [{ number: 11, value: Buffer.from('temperature') }] },
    ],
    ['2.05 "22.3 C"', '70 45 ff 32322e332043', { code: Code.content, token: hex(''), payload: Buffer.from('22.3 C') }],
    [
      'a registration: the longest token, repeated options, a payload',
      'd8 0b 02 0102030405060708 b2 7264 11 28 37 65703d6465766c 03 62 3d54 ff 3c2f332f303e',
      {
        code: Code.post,
        token: hex('0102030405060708'),
        options: [
          { number: 11, value: Buffer.from('rd') },
          { number: 12, value: Buffer.from([40]) },
          { number: 15, value: Buffer.from('ep=devl') },
          { number: 15, value: Buffer.from('b=T') },
        ],
        payload: Buffer.from('</3/0>'),
      },
    ],
  ]
  for (const [name, bytes, partial] of vectors) {
    test(name, () => {
      const frame = frameOf(partial)
      expect(encodeFrame(frame).toString('hex')).toBe(hex(bytes).toString('hex'))
      expect(readAll([hex(bytes)]).map(plainFrame)).toEqual([plainFrame(frame)])
    })
  }

  test('options are written in ascending order', () => {
    const options = [
      { number: 15, value: Buffer.from('a') },
      { number: 11, value: Buffer.from('b') },
    ]
    expect(encodeFrame(frameOf({ token: hex(''), options })).toString('hex')).toBe(
      hex('40 01 b162 4161').toString('hex'),
    )
  })
})

describe('the forms of a length, at their borders', () => {
  const borders: [length: number, header: string][] = [
    [0, '00 45'],
    [1, '10 45'],
    [12, 'c0 45'],
    [13, 'd0 00 45'],
    [268, 'd0 ff 45'],
    [269, 'e0 0000 45'],
    [65_804, 'e0 ffff 45'],
    [65_805, 'f0 00000000 45'],
    [65_806, 'f0 00000001 45'],
  ]
  for (const [length, header] of borders) {
    test(`${length} bytes after the token`, () => {
      const frame = frameOf({ code: Code.content, token: hex(''), ...contentOf(length) })
      const bytes = encodeFrame(frame)
      const headerLength = hex(header).length
      expect(bytes.subarray(0, headerLength).toString('hex')).toBe(hex(header).toString('hex'))
      expect(bytes.length).toBe(headerLength + length)
      expect(readAll([bytes], bytes.length).map(plainFrame)).toEqual([plainFrame(frame)])
    })
  }
})

describe('a message that is too large is refused by its header (RFC 8323 §5.3.1)', () => {
  const tooLarge: [name: string, header: string, announcedBytes: number][] = [
    ['one byte more than accepted', 'e0 0370 01', 1_153],
    ['the same with a token', 'e8 0368 01', 1_153],
    ['the same in an Empty message', 'e8 0368 00', 1_153],
    ['the most that can be announced', 'f8 ffffffff 01', 6 + 8 + 65_805 + 0xff_ff_ff_ff],
  ]
  for (const [name, header, announcedBytes] of tooLarge) {
    test(name, () => {
      const taken = countAllocations()
      const reader = new FrameReader(1_152)
      reader.push(hex(header))
      expect(() => reader.next()).toThrow(FrameTooLargeError)
      expect(() => reader.next()).toThrow(expect.objectContaining({ code: 'MESSAGE_TOO_LARGE', announcedBytes }))
      expect(taken()).toBe(0)
    })
  }

  test('one of exactly the accepted size is read', () => {
    const frame = frameOf({ token: Buffer.alloc(8, 7), ...contentOf(1_152 - 4 - 8) })
    const bytes = encodeFrame(frame)
    expect(bytes.length).toBe(1_152)
    expect(readAll([bytes], 1_152).map(plainFrame)).toEqual([plainFrame(frame)])
    expect(() => readAll([bytes], 1_151)).toThrow(FrameTooLargeError)
  })

  test('its error says both sizes', () => {
    expect(() => readAll([hex('e0 0370 01')], 1_152)).toThrow('a message of 1153 bytes, where 1152 are accepted')
  })
})

describe('a malformed message', () => {
  const malformed: [name: string, bytes: string][] = [
    ...Array.from({ length: 7 }, (_, index): [string, string] => [
      `a token length of ${index + 9}, known by the first byte`,
      `0${(index + 9).toString(16)}`,
    ]),
    ['a code of reserved class 1, known by the header', 'c0 20'],
    ['a code of reserved class 3, known by the header', 'c0 60'],
    ['a code of reserved class 6, known by the header', 'c0 c0'],
    ['an option delta of 15', '20 01 f1 00'],
    ['an option length of 15', '20 01 1f 00'],
    ['the payload marker without payload', '10 01 ff'],
    ['the same after an option', '30 01 b1 61 ff'],
    ['an option value cut short', '30 01 b3 6161'],
    ['an extended delta cut short', '10 01 d0'],
    ['an extended length cut short', '10 01 0d'],
    ['an option number above 65535', '60 01 e0 ffff e0 ffff'],
    ['in a signal', '10 e1 ff'],
  ]
  for (const [name, bytes] of malformed) {
    test(name, () => expect(() => readAll([hex(bytes)])).toThrow(MessageFormatError))
  }

  test('is no part of the one after it: its options end where its length says', () => {
    expect(() => readAll([hex('20 01 b361 20 01 6161')])).toThrow(MessageFormatError)
  })

  test('cut at any byte is malformed, or a shorter message', () => {
    const whole = encodeFrame(
      frameOf({
        token: hex('01020304'),
        options: [
          { number: 11, value: Buffer.from('rd') },
          { number: 12, value: Buffer.from([40]) },
          { number: 300, value: Buffer.alloc(20) },
          { number: 600, value: Buffer.alloc(270) },
        ],
        payload: Buffer.from('</1/0>'),
      }),
    )
    const content = whole.subarray(4 + 4)
    let shorter = 0
    for (let length = 0; length < content.length; length++) {
      const bytes = Buffer.concat([headerOf(length), content.subarray(0, length)])
      try {
        expect(readAll([bytes]).map(frame => encodeFrame(frame).toString('hex'))).toEqual([bytes.toString('hex')])
        shorter++
      } catch (error) {
        expect(error).toBeInstanceOf(MessageFormatError)
      }
    }
    // After the token, after each of the four options, and after all but the first byte of the payload.
    expect(shorter).toBe(1 + 4 + 5)
  })

  test('ends the reading: the messages before it are read, none after it, and memory is given back', () => {
    const reader = new FrameReader(1_152)
    reader.push(hex('00 01  09  00 02'))
    expect(reader.next()?.code).toBe(Code.get)
    let first: unknown
    try {
      reader.next()
    } catch (error) {
      first = error
    }
    expect(first).toBeInstanceOf(MessageFormatError)
    expect(reader.pendingBytes).toBe(0)
    reader.push(hex('00 03'))
    expect(reader.pendingBytes).toBe(0)
    expect(() => reader.next()).toThrow(first)
  })
})

/** A POST with a token of four bytes, of whose content so many bytes follow. */
function headerOf(length: number): Buffer {
  const token = hex('01020304')
  if (length < 13) return Buffer.concat([Buffer.from([(length << 4) | 4, Code.post]), token])
  if (length < 269) return Buffer.concat([Buffer.from([0xd4, length - 13, Code.post]), token])
  return Buffer.concat([Buffer.from([0xe4, (length - 269) >> 8, (length - 269) & 0xff, Code.post]), token])
}

describe('Empty messages are skipped (RFC 8323 §3.4)', () => {
  const get = '00 01'
  const empties: [name: string, bytes: string][] = [
    ['as they are', '00 00'],
    ['with a token', '02 00 abcd'],
    ['with what would be no option', '30 00 ff ff ff'],
    ['many of them', '00 00 '.repeat(30_000)],
  ]
  for (const [name, bytes] of empties) {
    test(name, () => {
      expect(readAll([hex(bytes + get + bytes)]).map(({ code }) => code)).toEqual([Code.get])
    })
  }

  test('one of them is written as two bytes', () => {
    expect(encodeFrame(frameOf({ code: Code.empty, token: hex('') })).toString('hex')).toBe('0000')
  })
})

describe('half a message', () => {
  test('waits, and only what has arrived of it is kept', () => {
    const taken = countAllocations()
    const reader = new FrameReader(65_536)
    reader.push(hex('e4 f000 02 0102'))
    for (let look = 0; look < 3; look++) expect(reader.next()).toBeUndefined()
    expect(reader.pendingBytes).toBe(6)
    reader.push(hex('0304 b1'))
    expect(reader.next()).toBeUndefined()
    expect(reader.pendingBytes).toBe(9)
    expect(taken()).toBeLessThan(20)
  })

  test('does not keep the chunk that it came in, with the messages before it', () => {
    const reader = new FrameReader(65_536)
    const chunk = Buffer.concat([encodeFrame(frameOf({ payload: Buffer.alloc(1_000) })), hex('11 45 aa')])
    reader.push(chunk)
    expect(reader.next()?.payload.length).toBe(1_000)
    expect(reader.next()).toBeUndefined()
    expect(reader.pendingBytes).toBe(3)
    chunk.fill(0xee)
    reader.push(hex('10'))
    expect(plainFrame(reader.next() as CoapFrame)).toEqual(
      plainFrame(frameOf({ code: Code.content, token: hex('aa'), options: [{ number: 1, value: noPayload }] })),
    )
    expect(reader.pendingBytes).toBe(0)
  })

  test('byte by byte a million times is copied a few times in all', () => {
    const bytes = encodeFrame(frameOf({ payload: Buffer.alloc(1_000_000, 0x61) }))
    const taken = countAllocations()
    const reader = new FrameReader(2_000_000)
    const frames: CoapFrame[] = []
    for (let index = 0; index < bytes.length; index++) {
      reader.push(bytes.subarray(index, index + 1))
      const frame = reader.next()
      if (frame !== undefined) frames.push(frame)
    }
    expect(frames.map(({ payload }) => payload.length)).toEqual([1_000_000])
    expect(taken()).toBeLessThan(5 * bytes.length)
  })

  test('a million bytes in pushes of one, which nobody reads in between, are copied a few times in all', () => {
    const taken = countAllocations()
    const reader = new FrameReader(65_536)
    const halfOfEmpty = Buffer.from([0])
    for (let index = 0; index < 1_000_000; index++) reader.push(halfOfEmpty)
    reader.push(hex('00 01'))
    expect(reader.pendingBytes).toBe(1_000_002)
    expect(reader.next()?.code).toBe(Code.get)
    expect(reader.next()).toBeUndefined()
    expect(reader.pendingBytes).toBe(0)
    expect(taken()).toBeLessThan(5_000_000)
  })
})

test('a message aliases nothing that was pushed, and keeps at most a pool of Buffer in memory', () => {
  const frame = frameOf({
    token: hex('0102'),
    options: [{ number: 11, value: Buffer.from('rd') }],
    payload: hex('aabb'),
  })
  const bytes = encodeFrame(frame)
  const chunk = Buffer.concat([bytes, Buffer.alloc(60_000)])
  const [read] = readAll([chunk]) as [CoapFrame]
  chunk.fill(0xee)
  expect(plainFrame(read)).toEqual(plainFrame(frame))
  for (const part of [read.token, read.payload, ...read.options.map(({ value }) => value)]) {
    expect(part.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize)
  }
})
