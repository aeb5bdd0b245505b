import { beforeEach, describe, expect, test } from 'vitest'
import type { Address, Network } from '../../transport/connection.ts'
import type { TransportError } from '../../transport/errors.ts'
import { recordedNetwork } from '../../transport/pcap.ts'
import type { Stream, StreamNetwork, StreamReceiver } from '../../transport/stream.ts'
import { codeOf } from '../helpers/coap-wire.ts'
import { ipPacketOf } from '../helpers/ip-packets.ts'
import { type SimulatedWorld, simulatedWorld } from '../helpers/simulated-world.ts'

const server: Address = { host: '10.0.0.2', port: 5683 }

let world: SimulatedWorld
let written: Buffer[]
let recorded: StreamNetwork

function recordingOf(network: Network): StreamNetwork {
  return recordedNetwork(network, bytes => written.push(bytes), world.clock).streams as StreamNetwork
}

beforeEach(() => {
  world = simulatedWorld({ conditions: { delayMs: [100, 100] } })
  written = []
  recorded = recordingOf(world.network)
})

const flagNames = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16 }

/** A segment taken apart; its checksum is proven. */
function segmentOf(bytes: Buffer) {
  const { protocol, timeMs, from, to, segment } = ipPacketOf(bytes)
  expect(protocol).toBe(6)
  const headerBytes = ((segment[12] as number) >> 4) * 4
  const flags = Object.entries(flagNames).filter(([, bit]) => ((segment[13] as number) & bit) !== 0)
  return {
    timeMs,
    from,
    to,
    flags: flags.map(([name]) => name).join(' '),
    sequence: segment.readUInt32BE(4),
    acknowledged: segment.readUInt32BE(8),
    windowBytes: segment.readUInt16BE(14),
    options: segment.toString('hex', 20, headerBytes),
    payload: segment.subarray(headerBytes),
  }
}

/** What was written but for headers of files. */
const segments = () => written.filter(bytes => bytes.length > 24).map(segmentOf)

/** `client SYN 0 0`: who, the flags, and both numbers from where the connection began. */
function described(): string[] {
  const all = segments()
  const first = all[0]?.sequence ?? 0
  return all.map(({ from, flags, sequence, acknowledged, payload }) => {
    const who = from === '0a000002 5683' ? 'server' : 'client'
    const counted = flags === 'SYN' ? acknowledged : acknowledged - first
    return [who, flags, sequence - first, counted, payload.toString('latin1').slice(0, 10)].join(' ').trim()
  })
}

/** A receiver that keeps what it hears. */
function listening(stream: Stream) {
  const heard = { text: '', drains: 0, ends: [] as TransportError[] }
  const receiver: StreamReceiver = {
    bytes: bytes => {
      heard.text += bytes.toString('latin1')
    },
    drained: () => heard.drains++,
    closed: error => heard.ends.push(error),
  }
  stream.receive(receiver)
  return heard
}

/** A stream whose `side` is recorded; the other end is as it is. */
async function opened(side: 'client' | 'server') {
  const accepted: Stream[] = []
  const plain = world.network.streams
  const connecting: StreamNetwork = side === 'client' ? recorded : plain
  const accepting: StreamNetwork = side === 'server' ? recorded : plain
  const listener = await accepting.listen(server, stream => accepted.push(stream))
  const near = await world.clock.until(connecting.connect(server))
  return { near, far: accepted[0] as Stream, listener }
}

const handshake = ['client SYN 0 0', 'server SYN ACK 0 1', 'client ACK 1 1']

describe.each(['client', 'server'] as const)('a stream, recorded by its %s', side => {
  test('begins with the handshake, counts what each end says, and ends', async () => {
    const { near, far } = await opened(side)
    const [here, there] = [listening(near), listening(far)]
    near.send(Buffer.from('hello'))
    world.clock.advanceSync(150)
    far.send(Buffer.from('hi'))
    world.clock.advanceSync(150)
    near.send(Buffer.from('bye'))
    near.close()
    near.send(Buffer.from('too late'))
    world.clock.advanceSync(150)
    expect(described()).toEqual([
      ...handshake,
      'client PSH ACK 1 1 hello',
      'server PSH ACK 1 6 hi',
      'client PSH ACK 6 3 bye',
      'client FIN ACK 9 3',
      'server FIN ACK 3 10',
      'client ACK 10 4',
    ])
    expect([here.text, there.text]).toEqual(['hi', 'hellobye'])
    expect(there.ends.map(({ code }) => code)).toEqual(['CLOSED'])
  })

  test('ends with the FIN of the server where that closes first', async () => {
    const { near, far } = await opened(side)
    const here = listening(near)
    listening(far)
    far.close()
    world.clock.advanceSync(150)
    near.close()
    expect(here.ends).toHaveLength(1)
    expect(described()).toEqual([...handshake, 'server FIN ACK 1 1', 'client FIN ACK 1 2', 'server ACK 2 2'])
  })
})

test('the addresses are those of the ends, the times those of its own end', async () => {
  const startMs = world.clock.now()
  const { near } = await opened('client')
  world.clock.advanceSync(1_000)
  near.send(Buffer.from('x'))
  const client = `0a000001 ${near.local.port}`
  const all = segments()
  expect(all.map(({ from, to }) => [from, to])).toEqual([
    [client, '0a000002 5683'],
    ['0a000002 5683', client],
    [client, '0a000002 5683'],
    [client, '0a000002 5683'],
  ])
  expect(all.map(({ timeMs }) => timeMs - startMs)).toEqual([200, 200, 200, 1_200])
})

test('both ends tell in the handshake how large a segment may be and how their windows are scaled', async () => {
  await opened('client')
  const all = segments()
  expect(all.map(({ options }) => options)).toEqual(['020405780103030e', '020405780103030e', ''])
  expect(new Set(all.map(({ windowBytes }) => windowBytes))).toEqual(new Set([0xffff]))
})

test('much is said in segments of 1,400 bytes, of which the numbers run on', async () => {
  const { near } = await opened('client')
  const said = Buffer.from(Array.from({ length: 70_001 }, (_, index) => index & 0xff))
  near.send(said.subarray(0, 2_800))
  near.send(said.subarray(2_800))
  const data = segments().slice(3)
  expect(data.map(({ payload }) => payload.length)).toEqual([...Array.from({ length: 50 }, () => 1_400), 1])
  expect(Buffer.concat(data.map(({ payload }) => payload)).equals(said)).toBe(true)
  const first = data[0]?.sequence ?? 0
  expect(data.map(({ sequence }) => sequence - first)).toEqual(data.map((_, index) => index * 1_400))
})

test('the numbers go on from 0 after 2^32 − 1', async () => {
  // The numbers count 4 µs: in so many milliseconds they come around.
  await world.clock.advance(Math.ceil(2 ** 32 / 250) - (world.clock.now() % (2 ** 32 / 250)) - 200 - 1)
  const { near } = await opened('client')
  for (let count = 0; count < 3; count++) near.send(Buffer.alloc(1_400))
  const data = segments().slice(3)
  const numbers = data.map(({ sequence }) => sequence)
  expect(numbers[0]).toBeGreaterThan(2 ** 32 - 1_400)
  expect(numbers.slice(1)).toEqual([1, 2].map(index => ((numbers[0] as number) + index * 1_400) % 2 ** 32))
})

test('a port that is used again begins with another number', async () => {
  const stream = { local: { host: '::1', port: 1 }, remote: { host: '::1', port: 2 } } as Stream
  const refuse = () => Promise.reject(new Error())
  const streams: StreamNetwork = { connect: () => Promise.resolve(stream), listen: refuse }
  const network = recordingOf({ connect: refuse, listen: refuse, streams })
  await network.connect(stream.remote)
  world.clock.advanceSync(1)
  await network.connect(stream.remote)
  const numbers = segments().filter(({ flags }) => flags === 'SYN')
  expect(numbers.map(({ from, sequence }) => [from, sequence - (numbers[0]?.sequence ?? 0)])).toEqual([
    ['00000000000000000000000000000001 1', 0],
    ['00000000000000000000000000000001 1', 250],
  ])
})

describe('the recorded streams', () => {
  test('hand on their options, and what fails is not written', async () => {
    expect(await world.clock.until(codeOf(recorded.connect(server)))).toBe('NETWORK_UNREACHABLE')
    expect(await codeOf(recorded.connect(server, { signal: AbortSignal.abort() }))).toBe('CLOSED')
    expect(await codeOf(recorded.listen(server, () => undefined, { tls: {} }))).toBe('NOT_SUPPORTED')
    expect(segments()).toEqual([])
  })

  test('hand on who the peer is', async () => {
    const stream = { local: server, remote: server, identity: 'dev1', proof: 'sharedKey' } as Stream
    const refuse = () => Promise.reject(new Error())
    const streams: StreamNetwork = { connect: () => Promise.resolve(stream), listen: refuse }
    const { identity, proof } = await recordingOf({ connect: refuse, listen: refuse, streams }).connect(server)
    expect([identity, proof]).toEqual(['dev1', 'sharedKey'])
  })

  test('hand on back-pressure, both ways', async () => {
    world.network.streams.windowBytes = 10
    const { near, far } = await opened('client')
    const [here, there] = [listening(near), listening(far)]
    far.pause()
    expect(near.send(Buffer.alloc(10))).toBe(true)
    expect(near.send(Buffer.alloc(1))).toBe(false)
    far.resume()
    world.clock.advanceSync(1_000)
    expect([there.text.length, here.drains]).toEqual([11, 1])
    near.pause()
    far.send(Buffer.from('hello'))
    world.clock.advanceSync(1_000)
    expect([here.text, described().at(-1)]).toEqual(['', 'client PSH ACK 11 1 \0'])
    near.resume()
    world.clock.advanceSync(1_000)
    expect([here.text, described().at(-1)]).toEqual(['hello', 'server PSH ACK 1 12 hello'])
  })

  test('close their listener', async () => {
    const { near, listener } = await opened('server')
    const here = listening(near)
    expect(listener.local).toEqual(server)
    await listener.close()
    world.clock.advanceSync(1_000)
    expect(here.ends).toHaveLength(1)
  })
})

test('a network without streams has none when it is recorded', () => {
  const refuse = () => Promise.reject(new Error())
  expect(recordingOf({ connect: refuse, listen: refuse })).toBeUndefined()
})
