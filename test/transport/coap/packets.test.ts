import { getEventListeners } from 'node:events'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeEmpty } from '../../../transport/coap/codec.ts'
import { Code, MessageType, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber, pathOptions } from '../../../transport/coap/options.ts'
import { type Packet, PacketNumbers, type ReceivedPacket } from '../../../transport/coap/packet.ts'
import { PacketSession } from '../../../transport/coap/packets.ts'
import type { Address, Connection, ConnectionReceiver } from '../../../transport/connection.ts'
import { TransportError } from '../../../transport/errors.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { coapSite, content, get } from '../../helpers/coap-site.ts'

/** A connection whose network is the test. */
class FakeConnection implements Connection {
  readonly local: Address = { host: '10.0.0.1', port: 5683 }
  readonly remote: Address = { host: '10.0.0.2', port: 5683 }
  readonly sent: Buffer[] = []
  isClosed = false
  peer!: ConnectionReceiver

  send(bytes: Uint8Array): void {
    this.sent.push(Buffer.from(bytes))
  }

  receive(receiver: ConnectionReceiver): void {
    this.peer = receiver
  }

  close(): void {
    this.isClosed = true
  }
}

function openSession(options: { maximumWaiting?: number } = {}) {
  const clock = new SimulatedClock()
  const connection = new FakeConnection()
  return { clock, connection, session: new PacketSession(connection, { clock, ...options }) }
}

const read: Packet = {
  type: MessageType.confirmable,
  code: Code.get,
  messageId: 0x1338,
  token: Buffer.from([1, 2]),
  options: pathOptions(OptionNumber.uriPath, [3]),
  payload: noPayload,
}

function empty(type: MessageType, messageId: number): Packet {
  return { type, code: Code.empty, messageId, token: Buffer.alloc(0), options: [], payload: noPayload }
}

function packetOf(received: ReceivedPacket): Packet {
  if (received.kind === 'malformed') throw new Error(received.reason)
  return received.packet
}

/** The message ids of everything that waits, in order. */
async function waitingIds(session: PacketSession, clock: SimulatedClock): Promise<number[]> {
  const ids: number[] = []
  for (;;) {
    try {
      ids.push(packetOf(await clock.until(session.receive(0))).messageId)
    } catch {
      return ids
    }
  }
}

const bytesOfRead = '420113380102b133'

test('a packet is sent once, with the message id and token that it names', async () => {
  const { clock, connection, session } = openSession()
  expect(session.send(read).toString('hex')).toBe(bytesOfRead)
  await clock.advance(300_000)
  expect(connection.sent.map(bytes => bytes.toString('hex'))).toEqual([bytesOfRead])
})

test('acknowledgements, resets and responses go out alone, and raw bytes as they are', () => {
  const { connection, session } = openSession()
  session.send(empty(MessageType.acknowledgement, 7))
  session.send(empty(MessageType.reset, 8))
  session.send({
    ...read,
    type: MessageType.acknowledgement,
    code: Code.content,
    options: [],
    payload: Buffer.from('a'),
  })
  // A signaling code has no meaning in a datagram, a test console may send it all the same.
  session.send({ ...read, code: Code.csm, options: [] })
  session.sendRaw(Buffer.from('no CoAP'))
  expect(connection.sent.map(bytes => bytes.toString('latin1'))).toEqual([
    '\x60\x00\x00\x07',
    '\x70\x00\x00\x08',
    '\x62\x45\x13\x38\x01\x02\xffa',
    '\x42\xe1\x13\x38\x01\x02',
    'no CoAP',
  ])
})

test('nothing that arrives is answered, and what comes twice arrives twice', async () => {
  const { clock, connection, session } = openSession()
  const arriving = [
    session.send(read),
    session.send(read),
    encodeEmpty(MessageType.confirmable, 9),
    session.send({ ...read, code: Code.content }),
    Buffer.from('41', 'hex'),
  ]
  connection.sent.length = 0
  for (const bytes of arriving) connection.peer.datagram(bytes)
  const received: ReceivedPacket[] = []
  for (const _ of arriving) received.push(await session.receive())
  await clock.advance(300_000)
  expect(connection.sent).toEqual([])
  expect(received.map(({ bytes }) => bytes)).toEqual(arriving)
  expect(received.slice(0, 3).map(packetOf)).toEqual([read, read, empty(MessageType.confirmable, 9)])
})

test('a malformed datagram arrives in its place, with its bytes and what is wrong with it', async () => {
  const { connection, session } = openSession()
  const malformed = Buffer.from('40011338ff', 'hex')
  connection.peer.datagram(encodeEmpty(MessageType.reset, 1))
  connection.peer.datagram(malformed)
  connection.peer.datagram(encodeEmpty(MessageType.reset, 2))
  expect(packetOf(await session.receive()).messageId).toBe(1)
  expect(await session.receive()).toEqual({
    kind: 'malformed',
    reason: 'a payload marker without payload',
    bytes: malformed,
  })
  expect(packetOf(await session.receive()).messageId).toBe(2)
})

test('any bytes arrive, as a message or as none', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async random => {
      const { connection, session } = openSession()
      const bytes = Buffer.from(random)
      connection.peer.datagram(bytes)
      const received = await session.receive()
      expect(received.bytes).toBe(bytes)
      if (received.kind === 'message') expect(session.send(received.packet)).toEqual(bytes)
      else expect(received.reason).not.toBe('')
    }),
    { seed: 1, numRuns: 2_000, examples: [[Buffer.from(bytesOfRead, 'hex')]] },
  )
})

test('who waits too long gets TIMEOUT, and who gives up CANCELLED; the next packet is for the next receiver', async () => {
  const { clock, connection, session } = openSession()
  const late = expect(session.receive(3_000)).rejects.toMatchObject({ code: 'TIMEOUT' })
  await clock.advance(3_000)
  await late
  const abort = new AbortController()
  const cancelled = expect(session.receive(undefined, abort.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  abort.abort()
  await cancelled
  await expect(session.receive(0, abort.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  const { signal } = new AbortController()
  const waiting = session.receive(3_000, signal)
  connection.peer.datagram(encodeEmpty(MessageType.reset, 1))
  expect(packetOf(await waiting).messageId).toBe(1)
  expect([clock.pendingTimers, getEventListeners(signal, 'abort').length]).toEqual([0, 0])
})

test('who waits first receives first', async () => {
  const { connection, session } = openSession()
  const both = Promise.all([session.receive(), session.receive()])
  connection.peer.datagram(encodeEmpty(MessageType.reset, 1))
  connection.peer.datagram(encodeEmpty(MessageType.reset, 2))
  expect((await both).map(received => packetOf(received).messageId)).toEqual([1, 2])
})

test('of more datagrams than may wait the oldest make room, and are counted', async () => {
  const { clock, connection, session } = openSession({ maximumWaiting: 3 })
  for (const id of [1, 2, 3, 4, 5]) connection.peer.datagram(encodeEmpty(MessageType.reset, id))
  expect(await waitingIds(session, clock)).toEqual([3, 4, 5])
  expect(session.droppedPackets).toBe(2)
})

test('a refusal of the network is told once, in its place, and the session goes on', async () => {
  const { clock, connection, session } = openSession()
  const refused = new TransportError('NETWORK_UNREACHABLE', 'nothing listens')
  connection.peer.datagram(encodeEmpty(MessageType.reset, 1))
  connection.peer.failed(refused)
  connection.peer.datagram(encodeEmpty(MessageType.reset, 2))
  expect(packetOf(await session.receive()).messageId).toBe(1)
  await expect(session.receive()).rejects.toBe(refused)
  expect(await waitingIds(session, clock)).toEqual([2])
  session.send(read)
  expect(connection.sent).toHaveLength(1)
})

test('a session that its peer ends: what came before it can be received, nothing more be sent', async () => {
  const { connection, session } = openSession()
  const over = new TransportError('CLOSED', 'the peer has ended the session')
  connection.peer.datagram(encodeEmpty(MessageType.reset, 1))
  connection.peer.closed?.(over)
  expect(packetOf(await session.receive()).messageId).toBe(1)
  await expect(session.receive()).rejects.toBe(over)
  await expect(session.receive(0)).rejects.toBe(over)
  expect(() => session.send(read)).toThrow(over)
  session.close()
  expect(connection.isClosed).toBe(true)
})

test('closing ends every wait and forgets what waits', async () => {
  const waiting = openSession()
  const ends = Promise.allSettled([waiting.session.receive(), waiting.session.receive(5_000)])
  waiting.session.close()
  waiting.session.close()
  for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'CLOSED' } })
  expect(waiting.clock.pendingTimers).toBe(0)
  const full = openSession()
  full.connection.peer.datagram(encodeEmpty(MessageType.reset, 1))
  full.session.close()
  await expect(full.session.receive()).rejects.toMatchObject({ code: 'CLOSED' })
  expect(() => full.session.sendRaw(Buffer.from('a'))).toThrow(TransportError)
  expect(full.connection.sent).toEqual([])
})

test('a packet that cannot be written down is refused, and nothing is sent', () => {
  const { connection, session } = openSession()
  const impossible: [Partial<Packet>, string][] = [
    [{ code: 256 }, 'a code is 0–255, not 256'],
    [{ messageId: 65_536 }, 'a message id is 0–65535, not 65536'],
    [{ messageId: 1.5 }, 'a message id is 0–65535, not 1.5'],
    [{ token: Buffer.alloc(9) }, 'the length of a token is 0–8, not 9'],
    [{ options: [{ number: -1, value: noPayload }] }, 'an option number is 0–65535, not -1'],
    [{ options: [{ number: 1, value: Buffer.alloc(65_805) }] }, 'the length of an option is 0–65804, not 65805'],
    [{ code: Code.empty }, 'an Empty message has no token'],
  ]
  for (const [field, message] of impossible) {
    const send = () => session.send({ ...read, ...field })
    expect(send).toThrow(RangeError)
    expect(send).toThrow(message)
  }
  expect(connection.sent).toEqual([])
  expect(session.send({ ...read, options: [{ number: 65_535, value: Buffer.alloc(65_804) }] })).toHaveLength(65_815)
})

test('by hand against a whole CoAP peer: a request of it is answered, and it answers one', async () => {
  const site = await coapSite({ serverHandler: () => content('21.5') })
  const connection = await site.network.connect(site.server.local)
  const session = new PacketSession(connection, { clock: site.clock })
  session.send(read)
  expect(packetOf(await site.clock.until(session.receive(3_000)))).toMatchObject({
    type: MessageType.acknowledgement,
    code: Code.content,
    messageId: 0x1338,
    token: read.token,
  })
  const response = site.server.peer(connection.local).request(get('3/0'))
  const asked = packetOf(await site.clock.until(session.receive(3_000)))
  session.send({
    ...asked,
    type: MessageType.acknowledgement,
    code: Code.content,
    options: [],
    payload: Buffer.from('a'),
  })
  expect(Buffer.from((await site.clock.until(response.response)).payload).toString()).toBe('a')
  session.close()
  await site.close()
})

test('message ids start with 4920 and come round after 65535; tokens are eight random bytes', () => {
  const numbers = new PacketNumbers(seededRandom(1))
  expect([numbers.nextMessageId(), numbers.nextMessageId(), numbers.nextMessageId()]).toEqual([4920, 4921, 4922])
  for (let id = 4923; id < 65_535; id++) numbers.nextMessageId()
  expect([numbers.nextMessageId(), numbers.nextMessageId()]).toEqual([65_535, 0])
  const tokens = [numbers.nextToken(), numbers.nextToken()] as const
  expect(tokens.map(token => token.length)).toEqual([8, 8])
  expect(tokens[0]).not.toEqual(tokens[1])
})
