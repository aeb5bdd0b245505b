import { describe, expect, test } from 'vitest'
import type { Address, Connection } from '../../transport/connection.ts'
import { MemoryNetwork, type NetworkConditions } from '../../transport/memory.ts'
import { seededRandom } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { codeOf } from '../helpers/coap-wire.ts'

const server: Address = { host: '10.0.0.2', port: 5_683 }

function networkOf(conditions: Partial<NetworkConditions> = {}, seed = 1) {
  const clock = new SimulatedClock(0)
  return { clock, network: new MemoryNetwork({ clock, random: seededRandom(seed), conditions }) }
}

/** Keeps what arrives, as numbers, with the time. */
function recorder(clock: SimulatedClock) {
  const arrived: [atMs: number, value: number][] = []
  return {
    arrived,
    receiver: {
      datagram: (bytes: Buffer) => arrived.push([clock.now(), bytes.readUInt32BE()]),
      failed: () => undefined,
    },
  }
}

const numbered = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

async function run(conditions: Partial<NetworkConditions>, count: number, seed = 1) {
  const { clock, network } = networkOf(conditions, seed)
  const { arrived, receiver } = recorder(clock)
  await network.listen(server, connection => connection.receive(receiver))
  const connection = await network.connect(server)
  for (let value = 0; value < count; value++) connection.send(numbered(value))
  clock.advanceSync(10_000)
  expect(clock.pendingTimers).toBe(0)
  return arrived
}

test('a perfect network delivers everything, in order', async () => {
  expect(await run({}, 100)).toEqual(Array.from({ length: 100 }, (_, value) => [0, value]))
})

test('the same seed gives the same losses, duplicates, delays and order; another seed others', async () => {
  const conditions = { loss: 0.3, duplication: 0.3, delayMs: [10, 3_000] as const }
  const first = await run(conditions, 200, 7)
  expect(await run(conditions, 200, 7)).toEqual(first)
  expect(await run(conditions, 200, 8)).not.toEqual(first)
})

test('loss, duplication and reordering are as asked for', async () => {
  const count = 20_000
  const lost = await run({ loss: 0.3 }, count)
  expect(1 - lost.length / count).toBeCloseTo(0.3, 1)
  const doubled = await run({ duplication: 0.2 }, count)
  expect(doubled.length / count - 1).toBeCloseTo(0.2, 1)
  const delayed = await run({ delayMs: [100, 900] }, count)
  const delays = delayed.map(([atMs]) => atMs)
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(100)
  expect(Math.max(...delays)).toBeLessThanOrEqual(900)
  expect(delays.reduce((sum, delay) => sum + delay, 0) / count).toBeCloseTo(500, -1)
  expect(delayed.some(([, value], index) => index > 0 && value < (delayed[index - 1]?.[1] ?? 0))).toBe(true)
})

test('everything lost', async () => {
  expect(await run({ loss: 1 }, 100)).toEqual([])
})

test('what is sent is a copy', async () => {
  const { clock, network } = networkOf()
  const { arrived, receiver } = recorder(clock)
  await network.listen(server, accepted => accepted.receive(receiver))
  const connection = await network.connect(server)
  const bytes = numbered(1)
  connection.send(bytes)
  bytes.writeUInt32BE(2)
  clock.advanceSync(0)
  expect(arrived).toEqual([[0, 1]])
})

describe('addresses', () => {
  async function echoing() {
    const { clock, network } = networkOf()
    const accepted: Connection[] = []
    const listener = await network.listen(server, connection => {
      accepted.push(connection)
      connection.receive({ datagram: bytes => connection.send(bytes), failed: () => undefined })
    })
    return { clock, network, accepted, listener }
  }

  test('a listener has one connection for each remote address, and answers there', async () => {
    const { clock, network, accepted, listener } = await echoing()
    const [a, b] = [await network.connect(server), await network.connect(server)]
    const records = [recorder(clock), recorder(clock)]
    a.receive(records[0]?.receiver as never)
    b.receive(records[1]?.receiver as never)
    for (const value of [1, 2]) {
      a.send(numbered(value))
      b.send(numbered(value + 10))
    }
    clock.advanceSync(0)
    expect(accepted.map(({ remote }) => remote)).toEqual([a.local, b.local])
    expect(records.map(({ arrived }) => arrived.map(([, value]) => value))).toEqual([
      [1, 2],
      [11, 12],
    ])
    expect(listener.connection(a.local)).toBe(accepted[0])
  })

  test('a connection drops what strangers send', async () => {
    const { clock, network } = await echoing()
    const connection = await network.connect(server)
    const { arrived, receiver } = recorder(clock)
    connection.receive(receiver)
    network.send(numbered(1), { host: '10.6.6.6', port: 5_683 }, connection.local)
    network.send(numbered(2), { host: server.host, port: 5_684 }, connection.local)
    network.send(numbered(3), server, connection.local)
    clock.advanceSync(0)
    expect(arrived).toEqual([[0, 3]])
  })

  test('behind another address a connection is another one to the listener, and the old address is dead', async () => {
    const { clock, network, accepted } = await echoing()
    const connection = await network.connect(server)
    const { arrived, receiver } = recorder(clock)
    connection.receive(receiver)
    connection.send(numbered(1))
    clock.advanceSync(0)
    const before = connection.local
    connection.rebind()
    expect(connection.local).not.toEqual(before)
    accepted[0]?.send(numbered(9))
    connection.send(numbered(2))
    clock.advanceSync(0)
    expect(accepted.map(({ remote }) => remote)).toEqual([before, connection.local])
    expect(arrived.map(([, value]) => value)).toEqual([1, 2])
  })

  test('a local port that is asked for, or taken', async () => {
    const { network, listener } = await echoing()
    const connection = await network.connect(server, { localPort: 49_153 })
    expect(connection.local.port).toBe(49_153)
    expect(await codeOf(network.connect(server, { localPort: 49_153 }))).toBe('ADDRESS_IN_USE')
    expect(await codeOf(network.listen(server, () => undefined))).toBe('ADDRESS_IN_USE')
    const ports = await Promise.all([1, 2, 3].map(async () => (await network.connect(server)).local.port))
    expect(new Set([...ports, 49_153]).size).toBe(4)
    connection.close()
    expect((await network.connect(server, { localPort: 49_153 })).local.port).toBe(49_153)
    await listener.close()
    expect((await network.listen({ ...server, port: 0 }, () => undefined)).local.port).toBeGreaterThan(0)
    await network.listen(server, () => undefined)
  })

  test('closed: nothing is received or sent, and closing again takes the port from nobody', async () => {
    const { clock, network, accepted, listener } = await echoing()
    const connection = await network.connect(server, { localPort: 50_000 })
    const { arrived, receiver } = recorder(clock)
    connection.receive(receiver)
    connection.send(numbered(1))
    connection.close()
    connection.send(numbered(2))
    connection.rebind()
    clock.advanceSync(0)
    expect(arrived).toEqual([])
    const next = await network.connect(server, { localPort: 50_000 })
    next.receive(receiver)
    connection.close()
    next.send(numbered(3))
    clock.advanceSync(0)
    expect(arrived.map(([, value]) => value)).toEqual([3])
    await listener.close()
    next.send(numbered(4))
    accepted[0]?.send(numbered(5))
    clock.advanceSync(0)
    expect(arrived).toHaveLength(1)
    expect(accepted).toHaveLength(1)
  })
})
