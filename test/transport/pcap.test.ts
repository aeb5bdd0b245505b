import { beforeEach, describe, expect, test } from 'vitest'
import type { Address, Connection, ConnectionReceiver, Network } from '../../transport/connection.ts'
import { TransportError } from '../../transport/errors.ts'
import { recordedNetwork } from '../../transport/pcap.ts'
import { ipPacketOf, onesComplementSum } from '../helpers/ip-packets.ts'
import { type SimulatedWorld, simulatedWorld } from '../helpers/simulated-world.ts'

const fileHeader = 'a1b2c3d40002000400000000000000000000ffff00000065'
const server: Address = { host: '10.0.0.2', port: 5684 }
const silent = { datagram: () => undefined, failed: () => undefined }

let world: SimulatedWorld
let written: Buffer[]
let network: Network

beforeEach(() => {
  world = simulatedWorld()
  written = []
  network = recordedNetwork(world.network, bytes => written.push(bytes), world.clock)
})

function packetOf(bytes: Buffer) {
  const { timeMs, version, protocol, from, to, segment } = ipPacketOf(bytes)
  expect([protocol, segment.readUInt16BE(4)]).toEqual([17, segment.length])
  return { timeMs, version, from, to, payload: segment.toString('latin1', 8) }
}

/** What is written of a datagram between two hosts that only seem to be there. */
async function packetBetween(local: string, remote: string, payload = 'x') {
  const sent: string[] = []
  const connection: Connection = {
    local: { host: local, port: 1000 },
    remote: { host: remote, port: 2000 },
    send: bytes => sent.push(Buffer.from(bytes).toString('latin1')),
    receive: () => undefined,
    close: () => undefined,
  }
  const inner: Network = { connect: () => Promise.resolve(connection), listen: () => Promise.reject(new Error()) }
  const recorded = await recordedNetwork(inner, bytes => written.push(bytes), world.clock).connect(connection.remote)
  recorded.send(Buffer.from(payload, 'latin1'))
  expect(sent).toEqual([payload])
  return written.at(-1) as Buffer
}

test('the file begins with its header: version 2.4, LINKTYPE_RAW', () => {
  expect(written.map(bytes => bytes.toString('hex'))).toEqual([fileHeader])
})

describe('an exchange', () => {
  test('is written as each end sends and receives it', async () => {
    const accepted: Connection[] = []
    const answers: string[] = []
    await network.listen(server, connection => {
      accepted.push(connection)
      connection.receive({ ...silent, datagram: bytes => connection.send(Buffer.from(`re: ${bytes.toString()}`)) })
    })
    const client = await network.connect(server)
    client.receive({ ...silent, datagram: bytes => answers.push(bytes.toString()) })
    const startMs = world.clock.now()
    world.network.conditions = { ...world.network.conditions, delayMs: [250, 250] }
    client.send(Buffer.from('hello'))
    await world.clock.advance(1000)

    expect(answers).toEqual(['re: hello'])
    const here = `0a000001 ${client.local.port}`
    const there = '0a000002 5684'
    const hello = { version: 4, from: here, to: there, payload: 'hello' }
    const answer = { version: 4, from: there, to: here, payload: 're: hello' }
    expect(written.slice(1).map(packetOf)).toEqual([
      { ...hello, timeMs: startMs },
      { ...hello, timeMs: startMs + 250 },
      { ...answer, timeMs: startMs + 250 },
      { ...answer, timeMs: startMs + 500 },
    ])
  })
})

describe('the recorded network', () => {
  test('gives a listener the connection that was accepted', async () => {
    const accepted: Connection[] = []
    const listener = await network.listen(server, connection => accepted.push(connection))
    expect(listener.local).toEqual(server)
    const connection = listener.connection({ host: '10.0.0.9', port: 9 })
    expect(accepted).toEqual([connection])
    expect(accepted[0]).toBe(connection)
    expect(listener.connection({ host: '10.0.0.9', port: 9 })).toBe(connection)
    connection.send(Buffer.from('first'))
    expect(packetOf(written[1] as Buffer)).toMatchObject({ from: '0a000002 5684', to: '0a000009 9', payload: 'first' })
    await listener.close()
  })

  test('hands on failures and the end', async () => {
    let inside: ConnectionReceiver | undefined
    const connection = { local: server, remote: server, send: () => undefined, close: () => undefined }
    const inner: Network = {
      connect: () => Promise.resolve({ ...connection, receive: receiver => (inside = receiver) }),
      listen: () => Promise.reject(new Error()),
    }
    const failures: Error[] = []
    const recorded = await recordedNetwork(inner, () => undefined, world.clock).connect(server)
    const failed = (error: Error) => failures.push(error)
    recorded.receive({ ...silent, failed, closed: failed })
    const failure = new TransportError('NETWORK_UNREACHABLE', 'nothing listens there')
    const end = new TransportError('CLOSED', 'the path is over')
    inside?.failed(failure)
    inside?.closed?.(end)
    expect(failures).toEqual([failure, end])
  })

  test('hands on its options and closes', async () => {
    await network.listen(server, connection => connection.receive(silent))
    const connection = await network.connect(server, { localPort: 4444 })
    expect([connection.local.port, connection.remote]).toEqual([4444, server])
    await expect(network.connect(server, { localPort: 4444 })).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    connection.close()
    await expect(network.connect(server, { localPort: 4444 })).resolves.toBeDefined()
  })
})

describe('the headers of a packet', () => {
  test('are IPv4 and UDP, byte for byte', async () => {
    const packet = await packetBetween('192.0.2.1', '198.51.100.2', 'abc')
    const ip = '4500001f0000000040118e97c0000201c6336402'
    const udp = '03e807d0000b4386'
    expect(packet.toString('hex', 16)).toBe(`${ip}${udp}616263`)
    expect(onesComplementSum(packet.subarray(16, 36))).toBe(0xffff)
    expect(packetOf(packet)).toMatchObject({ version: 4, payload: 'abc' })
  })

  test.each([
    ['2001:db8::1', '20010db8000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['fe80::', 'fe800000000000000000000000000000'],
    ['fe80::1:2%eth0', 'fe800000000000000000000000010002'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['::ffff:192.0.2.7', '00000000000000000000ffffc0000207'],
  ])('are IPv6 and UDP for %s', async (host, hex) => {
    const packet = packetOf(await packetBetween('2001:db8::2', host, 'odd'))
    expect(packet).toMatchObject({
      version: 6,
      from: '20010db8000000000000000000000002 1000',
      to: `${hex} 2000`,
      payload: 'odd',
    })
  })

  test('are IPv6 for an IPv4 host beside one of IPv6', async () => {
    const packet = packetOf(await packetBetween('::', '192.0.2.7'))
    expect(packet).toMatchObject({ version: 6, to: '00000000000000000000ffffc0000207 2000' })
  })

  test('have the checksum 0xffff where it would be 0, which says that there is none (RFC 768)', async () => {
    const checksumOf = (packet: Buffer) => packet.toString('latin1', 16 + 20 + 6, 16 + 20 + 8)
    const complement = checksumOf(await packetBetween('10.0.0.1', '10.0.0.2', '\0\0'))
    expect(checksumOf(await packetBetween('10.0.0.1', '10.0.0.2', complement))).toBe('\xff\xff')
  })

  test('have 0.0.0.0 for a host that is no address', async () => {
    expect(packetOf(await packetBetween('client', 'server'))).toMatchObject({
      from: '00000000 1000',
      to: '00000000 2000',
    })
  })
})

test('the largest datagram is written, one that no packet holds is left out', async () => {
  expect(packetOf(await packetBetween('::1', '::1', 'y'.repeat(65_487))).payload).toHaveLength(65_487)
  const count = written.length
  await packetBetween('::1', '::1', 'y'.repeat(65_488))
  expect(written.slice(count).map(bytes => bytes.toString('hex'))).toEqual([fileHeader])
})
