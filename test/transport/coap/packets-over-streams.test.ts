import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFrame } from '../../../transport/coap/frame.ts'
import { type CoapFrame, Code, formatCode, MessageType, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber, pathOptions } from '../../../transport/coap/options.ts'
import type { Packet, ReceivedPacket } from '../../../transport/coap/packet.ts'
import { PacketSession, type PacketSessionOptions } from '../../../transport/coap/packets.ts'
import { encodeAbort, encodeCsm, encodePing, encodeRelease } from '../../../transport/coap/signaling.ts'
import type { Stream } from '../../../transport/stream.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'

/** A packet session on a stream in memory, and the bare stream at its other end. */
async function openSession(options: Partial<PacketSessionOptions> = {}) {
  const { clock, network } = simulatedWorld()
  const accepted: Stream[] = []
  const local = { host: '10.0.0.2', port: 5683 }
  await network.streams.listen(local, stream => accepted.push(stream))
  const stream = await clock.until(network.streams.connect(local))
  const session = new PacketSession(stream, { clock, ...options })
  const peer = accepted[0] as Stream
  const arrived: Buffer[] = []
  const readAll = () => {
    peer.receive({ bytes: bytes => arrived.push(bytes), drained: () => undefined, closed: () => undefined })
  }
  return {
    clock,
    network,
    session,
    peer,
    readAll,
    arrivedHex: () => Buffer.concat(arrived).toString('hex'),
    receive: () => clock.until(session.receive(1_000)),
  }
}

const read: Packet = {
  type: MessageType.confirmable,
  code: Code.get,
  messageId: 0x1338,
  token: Buffer.from([1, 2]),
  options: pathOptions(OptionNumber.uriPath, [3]),
  payload: noPayload,
}

function frame(code: number, payload: Uint8Array = noPayload): CoapFrame {
  return { code, token: noPayload, options: [], payload }
}

function codeOf(received: ReceivedPacket): string {
  return received.kind === 'message' ? formatCode(received.packet.code) : received.reason
}

const csm = encodeFrame(encodeCsm({ maximumMessageBytes: 65_536, isBlockwise: true })).toString('hex')

test('the CSM goes out first and by itself, then packets without type and message id, and raw bytes', async () => {
  const { clock, session, readAll, arrivedHex } = await openSession()
  readAll()
  expect(session.send(read).toString('hex')).toBe('22010102b133')
  session.sendRaw(Buffer.from('ff', 'hex'))
  await clock.advance(300_000)
  expect(arrivedHex()).toBe(`${csm}22010102b133ff`)
})

test('the CSM tells the settings that were chosen', async () => {
  const settings = { maximumMessageBytes: 2_048, isBlockwise: false }
  const { clock, readAll, arrivedHex } = await openSession({ settings })
  readAll()
  await clock.advance(0)
  expect(arrivedHex()).toBe('30e1220800')
})

test('signals arrive as packets like all others, NON with message id 0, and nothing is answered', async () => {
  const { clock, peer, readAll, arrivedHex, receive } = await openSession()
  readAll()
  const frames = [
    encodeCsm({ maximumMessageBytes: 1_152, isBlockwise: false }),
    encodePing(Buffer.from([7]), true),
    frame(Code.get),
    encodeRelease(),
    encodeAbort('over'),
  ]
  const sent = frames.map(encodeFrame)
  peer.send(Buffer.concat(sent))
  const received: ReceivedPacket[] = []
  for (const _ of frames) received.push(await receive())
  expect(received.map(codeOf)).toEqual(['7.01', '7.02', '0.01', '7.04', '7.05'])
  expect(received.map(({ bytes }) => bytes)).toEqual(sent)
  expect(received[1]).toMatchObject({
    packet: { type: MessageType.nonConfirmable, messageId: 0, token: Buffer.from([7]), options: [{ number: 2 }] },
  })
  await clock.advance(300_000)
  expect(arrivedHex()).toBe(csm)
})

const anyFrame = fc.record({
  code: fc.constantFrom(Code.get, Code.post, Code.content, Code.notFound, Code.csm, Code.ping, 0xe9),
  token: fc.uint8Array({ maxLength: 8 }),
  options: fc.array(fc.record({ number: fc.nat(65_535), value: fc.uint8Array({ maxLength: 300 }) }), { maxLength: 4 }),
  payload: fc.uint8Array({ maxLength: 400 }),
})

test('messages arrive in order and with the bytes they came in, wherever the stream is split', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyFrame, { maxLength: 6 }),
      fc.integer({ min: 1, max: 500 }),
      async (frames, pieceBytes) => {
        const { network, peer, receive } = await openSession({ maximumWaiting: 2 })
        network.streams.fragmentBytes = [1, pieceBytes]
        const sent = frames.map(encodeFrame)
        for (const bytes of sent) peer.send(bytes)
        for (const bytes of sent) expect(await receive()).toMatchObject({ kind: 'message', bytes })
      },
    ),
    { seed: 1, numRuns: 200 },
  )
})

test('any bytes arrive, as messages or as none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 40 }), async random => {
      const { clock, peer, session } = await openSession({ maximumWaiting: 2 })
      // Empty messages are skipped, so that there would be a gap.
      const bytes = Buffer.from(random).map(byte => byte || 1)
      peer.send(bytes)
      peer.close()
      const parts: Buffer[] = []
      for (;;) {
        const received = await clock.until(session.receive(1_000).catch(() => undefined))
        if (received === undefined) break
        parts.push(received.bytes)
      }
      expect(Buffer.concat(parts)).toEqual(Buffer.from(bytes))
    }),
    { seed: 1, numRuns: 1_000 },
  )
})

test('a malformed message arrives with its bytes and the reason, and what follows it as bytes that nobody can read', async () => {
  const { clock, peer, session, readAll, arrivedHex, receive } = await openSession()
  readAll()
  peer.send(Buffer.from(`${encodeFrame(frame(Code.get)).toString('hex')}1001ff0001`, 'hex'))
  expect(codeOf(await receive())).toBe('0.01')
  expect(await receive()).toEqual({
    kind: 'malformed',
    reason: 'a payload marker without payload',
    bytes: Buffer.from('1001ff0001', 'hex'),
  })
  peer.send(encodeFrame(frame(Code.get)))
  expect(await receive()).toEqual({
    kind: 'malformed',
    reason: 'behind a malformed message',
    bytes: encodeFrame(frame(Code.get)),
  })
  session.send(read)
  await clock.advance(0)
  expect(arrivedHex()).toBe(`${csm}22010102b133`)
})

test('a message larger than the CSM allows is malformed as soon as its header says so', async () => {
  const { peer, receive } = await openSession({ settings: { maximumMessageBytes: 1_152, isBlockwise: false } })
  const header = encodeFrame(frame(Code.post, Buffer.alloc(2_000))).subarray(0, 4)
  peer.send(header)
  const received = await receive()
  expect([received.kind, codeOf(received)]).toEqual(['malformed', 'a message of 2005 bytes, where 1152 are accepted'])
  expect(received.bytes).toEqual(header)
})

test('half a message at the end of the stream is malformed; then the end is told', async () => {
  const { clock, peer, session, receive } = await openSession()
  peer.send(encodeFrame(frame(Code.get)))
  peer.send(Buffer.from('51', 'hex'))
  peer.close()
  await clock.advance(10)
  expect(codeOf(await receive())).toBe('0.01')
  expect(await receive()).toEqual({
    kind: 'malformed',
    reason: 'the stream ended within a message',
    bytes: Buffer.from('51', 'hex'),
  })
  await expect(session.receive()).rejects.toMatchObject({ code: 'CLOSED' })
  expect(() => session.send(read)).toThrow('the peer has closed the connection')
})

test('when nobody receives the peer has to wait, and no message is lost', async () => {
  const { clock, network, peer, session, receive } = await openSession({ maximumWaiting: 4 })
  network.streams.windowBytes = 100
  const count = 500
  let sent = 0
  let hasRoom = true
  const fill = () => {
    hasRoom = true
    while (hasRoom && sent < count) hasRoom = peer.send(encodeFrame(frame(Code.post, Buffer.from(`message ${sent++}`))))
  }
  peer.receive({ bytes: () => undefined, drained: fill, closed: () => undefined })
  fill()
  await clock.advance(60_000)
  expect(hasRoom).toBe(false)
  expect(sent).toBeLessThan(50)
  for (let index = 0; index < count; index++) {
    expect(await receive()).toMatchObject({ packet: { payload: Buffer.from(`message ${index}`) } })
  }
  expect(session.droppedPackets).toBe(0)
})

test('for a peer that does not read only so many packets wait; once it reads, more can be sent', async () => {
  const { clock, network, session, readAll } = await openSession({ maximumWaiting: 3 })
  network.streams.windowBytes = 20
  const sendUntilFull = () => {
    for (let count = 0; count < 100; count++) {
      try {
        session.send(read)
      } catch (error) {
        expect(error).toMatchObject({ code: 'QUEUE_FULL' })
        return count
      }
    }
    return Number.POSITIVE_INFINITY
  }
  const first = sendUntilFull()
  expect(first).toBeLessThan(10)
  await clock.advance(60_000)
  expect(sendUntilFull()).toBe(0)
  readAll()
  await clock.advance(10)
  expect(sendUntilFull()).toBeGreaterThan(0)
})

test('closing a session closes its stream', async () => {
  const { clock, peer, session } = await openSession()
  const ends: string[] = []
  peer.receive({ bytes: () => undefined, drained: () => undefined, closed: error => ends.push(error.code) })
  peer.send(encodeFrame(frame(Code.get)))
  await clock.advance(10)
  session.close()
  await clock.advance(10)
  expect(ends).toEqual(['CLOSED'])
  await expect(session.receive()).rejects.toMatchObject({ code: 'CLOSED' })
})
