import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HandshakeType } from '../../../transport/dtls/handshake-message.ts'
import { ContentType, ProtocolVersion, plainRecord } from '../../../transport/dtls/record.ts'
import { floodWithHellos, helloDatagram, openServer, spoofedAddress } from '../../helpers/spoofed-hellos.ts'

const bytes = (maximum: number, minimum = 0) =>
  fc.uint8Array({ minLength: minimum, maxLength: maximum }).map(array => Buffer.from(array))

/** A ClientHello that a client could send, with any cookie, or none. */
const hellos = fc
  .record({
    version: fc.constantFrom(0xfefd, 0xfefd, 0xfefd, 0xfeff, 0xfefc, 0xfeff, 0x0303),
    random: bytes(32, 32),
    sessionId: bytes(32),
    cookie: fc.oneof(fc.constant(Buffer.alloc(0)), bytes(255)),
    suites: fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 8 }),
    compressions: fc.constantFrom([0], [1], [1, 0]),
    extensions: fc.record(
      {
        serverName: fc.constantFrom('', 'a', 'a.example'),
        sessionTicket: bytes(64),
        connectionId: bytes(16),
        groups: fc.constant([29]),
        extendedMasterSecret: fc.constant(true as const),
      },
      { requiredKeys: [] },
    ),
  })
  .chain(fields => fc.integer({ min: 0, max: 3 }).map(sequence => helloDatagram(fields, sequence)))

/** The same, cut off or changed in a few places. */
const damaged = fc
  .tuple(hellos, fc.nat(), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.boolean())
  .map(([datagram, cut, changes, isAdjusted]) => {
    const kept = Buffer.from(datagram.subarray(0, 14 + (cut % (datagram.length - 13))))
    for (const [place, value] of changes) kept[place % kept.length] = value
    if (isAdjusted) kept.writeUInt16BE(kept.length - 13, 11)
    return kept
  })

const records = fc
  .tuple(
    fc.constantFrom(...Object.values(ContentType)),
    fc.constantFrom(...Object.values(ProtocolVersion)),
    bytes(80),
    fc.integer({ min: 0, max: 2 }),
  )
  .map(([type, version, fragment, epoch]) => {
    const record = plainRecord(type, 0, fragment, version)
    record.writeUInt16BE(epoch, 3)
    return record
  })

const datagrams = fc.oneof(
  hellos,
  damaged,
  records,
  bytes(200),
  fc.array(fc.oneof(hellos, damaged, records), { minLength: 2, maxLength: 5 }).map(parts => Buffer.concat(parts)),
)

describe('an address that has not shown that it is one (RFC 6347 §4.2.1)', () => {
  test('gets no more bytes than it sent, whatever it was, and leaves nothing behind', async () => {
    const { clock, network, accepted } = await openServer()
    let index = 0
    fc.assert(
      fc.property(fc.array(datagrams, { minLength: 1, maxLength: 4 }), sent => {
        const from = spoofedAddress(index++ % 1_000)
        for (const datagram of sent) {
          expect(network.send(datagram, from)).toBeLessThanOrEqual(datagram.length)
          expect(network.open).toBe(0)
        }
      }),
      { seed: 1, numRuns: 3_000 },
    )
    expect(accepted).toEqual([])
    expect(clock.pendingTimers).toBe(0)
    expect(network.answered.datagrams).toBeGreaterThan(1_000)
  })

  test('the smallest of all: a ClientHello record of one byte is not worth an alert', async () => {
    const { network } = await openServer()
    const tiny = plainRecord(ContentType.handshake, 0, Buffer.of(HandshakeType.clientHello))
    expect(network.send(tiny, spoofedAddress(1))).toBe(0)
    const cutOff = plainRecord(ContentType.handshake, 0, Buffer.of(HandshakeType.clientHello, 0))
    expect(network.send(cutOff, spoofedAddress(1))).toBe(cutOff.length)
  })

  test('a cookie is good for its address and its ClientHello alone', async () => {
    const { network, clock } = await openServer()
    network.send(helloDatagram(), spoofedAddress(1))
    const cookie = network.lastAnswer.subarray(28)
    expect(cookie).toHaveLength(32)
    const same = helloDatagram({ cookie }, 1)
    for (const [datagram, from] of [
      [same, spoofedAddress(2)],
      [same, { ...spoofedAddress(1), port: 9 }],
      [helloDatagram({ cookie, random: Buffer.alloc(32, 2) }, 1), spoofedAddress(1)],
      [helloDatagram({ cookie, suites: [0xc0a8, 0x00a8] }, 1), spoofedAddress(1)],
      [helloDatagram({ cookie, sessionId: Buffer.of(1) }, 1), spoofedAddress(1)],
      [helloDatagram({ cookie: cookie.subarray(1) }, 1), spoofedAddress(1)],
    ] as const) {
      expect(network.send(datagram, from)).toBeLessThanOrEqual(datagram.length)
      expect(network.open).toBe(0)
    }
    network.send(same, spoofedAddress(1))
    expect(network.open).toBe(1)
    clock.advanceSync(120_000)
    expect(network.open).toBe(0)
  })

  test('many handshakes that begin and come to nothing: no more than allowed at once, and none is left', async () => {
    const { network, clock, failures } = await openServer({ maximumHandshakes: 50 })
    for (let index = 0; index < 200; index++) {
      network.send(helloDatagram(), spoofedAddress(index))
      network.send(helloDatagram({ cookie: network.lastAnswer.subarray(28) }, 1), spoofedAddress(index))
    }
    expect(network.open).toBe(50)
    clock.advanceSync(120_000)
    expect(network.open).toBe(0)
    expect(failures).toHaveLength(50)
    network.send(helloDatagram(), spoofedAddress(0))
    network.send(helloDatagram({ cookie: network.lastAnswer.subarray(28) }, 1), spoofedAddress(0))
    expect(network.open).toBe(1)
  })

  test('20,000 ClientHellos from as many addresses leave no state', async () => {
    const { sentBytes, answeredBytes, grownBytes } = await floodWithHellos(20_000)
    expect(answeredBytes).toBeLessThanOrEqual(sentBytes)
    expect(grownBytes).toBeLessThan(2_000_000)
  })
})
