import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ContentType, plainRecord, readRecord, writeRecordHeader } from '../../../transport/dtls/record.ts'

const none = Buffer.alloc(0)
const hello = Buffer.from('hello')

function recordOf(
  epoch: number,
  connectionId: Buffer,
  length: number,
  type: ContentType = ContentType.applicationData,
) {
  const bytes = Buffer.alloc(13 + connectionId.length + length, 7)
  writeRecordHeader(bytes, type, epoch, 5, connectionId, length)
  return bytes
}

describe('a record without connection ID', () => {
  test('is type, version, epoch, sequence number, length, fragment (RFC 6347 §4.1)', () => {
    const bytes = Buffer.from(`16fefd00010102030405ff0005${hello.toString('hex')}`, 'hex')
    expect(readRecord(bytes, 0, 8)).toEqual({
      record: {
        type: ContentType.handshake,
        version: 0xfefd,
        epoch: 1,
        sequence: 0x0102030405ff,
        connectionId: undefined,
        fragment: hello,
      },
      next: bytes.length,
    })
  })

  test('is written alike', () => {
    const header = Buffer.from('16fefd0000fffffffffffe0005', 'hex')
    expect(plainRecord(ContentType.handshake, 0xffff_ffff_fffe, hello)).toEqual(Buffer.concat([header, hello]))
    expect(plainRecord(ContentType.alert, 1, hello, 0xfeff).subarray(0, 3)).toEqual(Buffer.of(21, 0xfe, 0xff))
  })
})

describe('a record with connection ID', () => {
  const connectionId = Buffer.from('c1d2e3', 'hex')
  const bytes = Buffer.concat([Buffer.from('19fefd0001000000000009c1d2e30005', 'hex'), hello])

  test('has it between sequence number and length (RFC 9146 §4)', () => {
    expect(readRecord(bytes, 0, 3)?.record).toEqual({
      type: ContentType.tls12Cid,
      version: 0xfefd,
      epoch: 1,
      sequence: 9,
      connectionId,
      fragment: hello,
    })
    const header = Buffer.alloc(16)
    expect(writeRecordHeader(header, ContentType.tls12Cid, 1, 9, connectionId, 5)).toBe(16)
    expect(header).toEqual(bytes.subarray(0, 16))
  })

  test('is no record for an end that gave out none', () => {
    expect(readRecord(bytes, 0, 0)).toBeUndefined()
    expect(readRecord(recordOf(1, none, 5, ContentType.tls12Cid), 0, 0)).toBeUndefined()
  })
})

describe('a datagram', () => {
  test('holds several records', () => {
    const first = plainRecord(ContentType.handshake, 0, hello)
    const datagram = Buffer.concat([first, recordOf(1, Buffer.of(1, 2), 30, ContentType.tls12Cid)])
    expect(readRecord(datagram, 0, 2)?.next).toBe(first.length)
    expect(readRecord(datagram, first.length, 2)).toMatchObject({ record: { sequence: 5 }, next: datagram.length })
    expect(readRecord(datagram, datagram.length, 2)).toBeUndefined()
  })

  test.each([0, 1, 12, 13, 14, 17])('cut after %i bytes holds no record', length => {
    expect(readRecord(plainRecord(ContentType.handshake, 0, hello).subarray(0, length), 0, 0)).toBeUndefined()
  })

  test.each([0, 19, 24, 26, 32, 255])('with the type %i holds no record', type => {
    const bytes = recordOf(1, none, 3)
    bytes[0] = type
    expect(readRecord(bytes, 0, 0)).toBeUndefined()
  })

  test.each([0x0303, 0xfefc, 0xfefe, 0xfe00])('with the version %i holds no record', version => {
    const bytes = recordOf(1, none, 3)
    bytes.writeUInt16BE(version, 1)
    expect(readRecord(bytes, 0, 0)).toBeUndefined()
  })
})

describe('a fragment', () => {
  test('has up to 2^14 bytes, protected 2048 more (RFC 5246 §6.2.3)', () => {
    expect(readRecord(recordOf(0, none, 16_384), 0, 0)).toBeDefined()
    expect(readRecord(recordOf(0, none, 16_385), 0, 0)).toBeUndefined()
    expect(readRecord(recordOf(1, none, 18_432), 0, 0)).toBeDefined()
    expect(readRecord(recordOf(1, none, 18_433), 0, 0)).toBeUndefined()
  })
})

test.each([2 ** 48, -1])('a sequence number %i is refused', sequence => {
  expect(() => plainRecord(ContentType.alert, sequence, none)).toThrow(RangeError)
})

test('whatever comes, reading ends, goes forward and stays in the datagram', () => {
  const recordish = fc
    .tuple(fc.constantFrom(20, 21, 22, 23, 25), fc.uint8Array({ maxLength: 60 }), fc.nat(70))
    .map(([type, rest, length]) =>
      Buffer.concat([Buffer.of(type, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, length), rest]),
    )
  const datagrams = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.array(recordish, { maxLength: 4 }).map(records => Buffer.concat(records)),
  )
  fc.assert(
    fc.property(datagrams, fc.nat(20), (bytes, connectionIdLength) => {
      const datagram = Buffer.from(bytes)
      let offset = 0
      for (;;) {
        const read = readRecord(datagram, offset, connectionIdLength)
        if (read === undefined) break
        expect(read.next).toBeGreaterThanOrEqual(offset + 13)
        expect(read.next).toBeLessThanOrEqual(datagram.length)
        expect(read.record.fragment).toEqual(datagram.subarray(read.next - read.record.fragment.length, read.next))
        offset = read.next
      }
    }),
    { seed: 3, numRuns: 1000 },
  )
})
