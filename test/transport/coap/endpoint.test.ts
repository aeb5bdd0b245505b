import { describe, expect, test } from 'vitest'
import { CoapEndpoint } from '../../../transport/coap/endpoint.ts'
import { Code } from '../../../transport/coap/message.ts'
import type { ObserveRelation } from '../../../transport/coap/observe-relation.ts'
import { findUint, OptionNumber } from '../../../transport/coap/options.ts'
import { CoapPeer, type PeerRequest } from '../../../transport/coap/peer.ts'
import { MemoryNetwork } from '../../../transport/memory.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { content, get, notFound } from '../../helpers/coap-site.ts'
import { codeOf } from '../../helpers/coap-wire.ts'

const local = { host: '10.0.0.2', port: 5_683 }

/** An endpoint that answers with the port of the asking peer and lets itself be observed, and clients of it. */
async function listening(options: { maximumPeers?: number } = {}) {
  const clock = new SimulatedClock(0)
  const random = seededRandom(1)
  const network = new MemoryNetwork({ clock, random })
  const seen = new Set<CoapPeer>()
  const relations: ObserveRelation[] = []
  const handler = (asked: PeerRequest) => {
    seen.add(asked.peer)
    const answer = content(String(asked.peer.connection.remote.port))
    if (findUint(asked.message, OptionNumber.observe) !== 0) return answer
    const relation = asked.observe({ ended: () => undefined })
    relations.push(relation)
    return relation.accept(answer)
  }
  const endpoint = await CoapEndpoint.listen({ network, clock, random, local, handler, ...options })
  const connect = async () => {
    const connection = await network.connect(local)
    return { connection, peer: new CoapPeer(connection, { clock, random, handler: notFound }) }
  }
  const ask = async (peer: CoapPeer) => {
    const { payload } = await clock.until(peer.request(get('port')).response)
    return Number(Buffer.from(payload).toString())
  }
  const observe = (peer: CoapPeer) =>
    clock.until(peer.observe(get('observed'), { notification: () => undefined, ended: () => undefined }).response)
  return { clock, network, endpoint, seen, relations, connect, ask, observe }
}

test('each remote address is one peer, in both directions', async () => {
  const { endpoint, seen, connect, ask, clock } = await listening()
  const [a, b] = [await connect(), await connect()]
  expect(await ask(a.peer)).toBe(a.connection.local.port)
  expect(await ask(b.peer)).toBe(b.connection.local.port)
  expect(await ask(a.peer)).toBe(a.connection.local.port)
  expect(seen.size).toBe(2)
  expect(seen.has(endpoint.peer(a.connection.local))).toBe(true)
  const { code } = await clock.until(endpoint.peer(b.connection.local).request(get('x')).response)
  expect(code).toBe(Code.notFound)
})

test('another address is another peer', async () => {
  const { seen, connect, ask } = await listening()
  const { peer, connection } = await connect()
  const before = await ask(peer)
  connection.rebind()
  const after = await ask(peer)
  expect(after).not.toBe(before)
  expect(seen.size).toBe(2)
})

test('an idle peer is dropped once EXCHANGE_LIFETIME has passed; then no timer is left', async () => {
  const { clock, seen, connect, ask } = await listening()
  const { peer } = await connect()
  await ask(peer)
  expect(clock.pendingTimers).toBe(1)
  await clock.advance(2 * 247_000)
  expect(clock.pendingTimers).toBe(0)
  await ask(peer)
  expect(seen.size).toBe(2)
})

test('a busy peer is kept: it observes, or is asked', async () => {
  const { clock, endpoint, seen, connect, ask, observe } = await listening()
  const [observer, asked] = [await connect(), await connect()]
  await observe(observer.peer)
  await ask(asked.peer)
  asked.connection.close()
  const unanswered = codeOf(endpoint.peer(asked.connection.local).request(get('x'), false).response)
  await clock.advance(1_000_000)
  expect(await unanswered).toBe('NO_RESPONSE')
  await ask(observer.peer)
  expect(seen.size).toBe(2)
  expect([...seen].filter(({ busy }) => busy)).toHaveLength(1)
  await endpoint.close()
  expect(clock.pendingTimers).toBe(0)
})

describe('maximumPeers', () => {
  test('the oldest that is not busy makes room', async () => {
    const { endpoint, seen, connect, ask, observe } = await listening({ maximumPeers: 3 })
    const clients = await Promise.all([1, 2, 3, 4].map(connect))
    await observe(clients[0]?.peer as CoapPeer)
    for (const { peer } of clients.slice(1)) await ask(peer)
    expect(seen.size).toBe(4)
    await ask(clients[0]?.peer as CoapPeer)
    await ask(clients[2]?.peer as CoapPeer)
    await ask(clients[3]?.peer as CoapPeer)
    expect(seen.size).toBe(4)
    await ask(clients[1]?.peer as CoapPeer)
    expect(seen.size).toBe(5)
    await endpoint.close()
  })

  test('when all are busy a stranger is not heard, until there is room', async () => {
    const { clock, endpoint, relations, seen, connect, ask, observe } = await listening({ maximumPeers: 2 })
    for (let count = 0; count < 2; count++) await observe((await connect()).peer)
    const stranger = await connect()
    expect(await clock.until(codeOf(stranger.peer.request(get('x')).response))).toBe('TIMEOUT')
    expect(seen.size).toBe(2)
    expect(() => endpoint.peer(stranger.connection.local)).toThrow(expect.objectContaining({ code: 'QUEUE_FULL' }))
    relations[1]?.end('cancelled')
    expect(await ask(stranger.peer)).toBe(stranger.connection.local.port)
    await endpoint.close()
  })

  test('a flood of strangers finds each other out, and costs no more than that many peers', async () => {
    const { clock, network, endpoint, seen, connect, ask, observe } = await listening({ maximumPeers: 10 })
    const { peer } = await connect()
    await observe(peer)
    for (let port = 1_000; port < 6_000; port++) {
      network.send(Buffer.from([0x40, 0x01, 0, 1]), { host: '10.9.9.9', port }, local)
    }
    await clock.advance(1_000)
    expect(seen.size).toBe(5_001)
    await ask(peer)
    expect(seen.size).toBe(5_001)
    await endpoint.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

test('closing ends every peer, and what is asked of it afterwards', async () => {
  const { clock, endpoint, connect, observe } = await listening()
  const { peer, connection } = await connect()
  await observe(peer)
  const asked = codeOf(endpoint.peer(connection.local).request(get('x')).response)
  await endpoint.close()
  await endpoint.close()
  expect(await asked).toBe('CLOSED')
  expect(() => endpoint.peer(connection.local)).toThrow(expect.objectContaining({ code: 'CLOSED' }))
  await clock.advance(1_000)
  expect(clock.pendingTimers).toBe(0)
})

test('a port that is taken: ADDRESS_IN_USE', async () => {
  const { network, clock } = await listening()
  const second = CoapEndpoint.listen({ network, clock, random: seededRandom(1), local, handler: notFound })
  expect(await codeOf(second)).toBe('ADDRESS_IN_USE')
})
