import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockOption } from '../../../transport/coap/block.ts'
import { decodeDatagram, encodeDatagram, encodeEmpty } from '../../../transport/coap/codec.ts'
import { CoapEndpoint } from '../../../transport/coap/endpoint.ts'
import { type CoapDatagram, Code, isRequest, isResponse, MessageType } from '../../../transport/coap/message.ts'
import { findUint, OptionNumber, pathOptions } from '../../../transport/coap/options.ts'
import type { CoapPeer, PeerRequest } from '../../../transport/coap/peer.ts'
import type { Address } from '../../../transport/connection.ts'
import { MemoryNetwork } from '../../../transport/memory.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { content, get, patternBytes, request } from '../../helpers/coap-site.ts'
import { datagramOf } from '../../helpers/coap-wire.ts'
import { liveHeapBytes } from '../../helpers/live-heap.ts'

const runs = 100_000
const local: Address = { host: '10.0.0.2', port: 5_683 }
const honest: Address = { host: '10.0.0.3', port: 1_234 }

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const block = fc.record({
  number: fc.oneof(fc.nat(4), fc.nat(0xfffff)),
  more: fc.boolean(),
  bytes: fc.constantFrom(16, 32, 64, 1_024),
})

/** Options that lead deep into the endpoint, right or slightly wrong. */
const option = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('large', 'slow', 'observed', 'none').map(name => pathOptions(11, [name])) },
  { weight: 2, arbitrary: block.map(value => [blockOption(OptionNumber.block1, value)]) },
  { weight: 2, arbitrary: block.map(value => [blockOption(OptionNumber.block2, value)]) },
  { weight: 2, arbitrary: bytes(4).map(value => [{ number: OptionNumber.observe, value }]) },
  { weight: 1, arbitrary: fc.record({ number: fc.nat(70), value: bytes(10) }).map(one => [one]) },
  { weight: 1, arbitrary: fc.record({ number: fc.nat(65_535), value: bytes(300) }).map(one => [one]) },
)

const codes = Object.values(Code)

/** Tokens and message ids often repeat, so that they meet each other, and what the endpoint itself sends. */
const wellFormed = fc
  .record({
    type: fc.nat(2) as fc.Arbitrary<MessageType>,
    code: fc.oneof(
      fc.constantFrom<number>(...codes.filter(isRequest)),
      fc.constantFrom<number>(...codes.filter(isResponse)),
    ),
    messageId: fc.oneof(fc.nat(40), fc.nat(0xffff)),
    token: fc.oneof(
      fc.nat(7).map(value => Uint8Array.of(value)),
      bytes(8),
    ),
    options: fc.array(option, { maxLength: 4 }),
    payload: fc.oneof(
      fc.constantFrom(0, 16, 64).map(length => new Uint8Array(length)),
      bytes(70),
    ),
  })
  .map(({ options, ...rest }) =>
    encodeDatagram({ ...rest, options: options.flat().sort((a, b) => a.number - b.number) }),
  )

const mutated = fc
  .record({
    datagram: wellFormed,
    at: fc.nat(1_000),
    value: fc.nat(255),
    cut: fc.option(fc.nat(1_000), { nil: undefined }),
    tail: bytes(4),
  })
  .map(({ datagram, at, value, cut, tail }) => {
    const changed = Buffer.concat([datagram, tail])
    changed[at % changed.length] = value
    return cut === undefined ? changed : changed.subarray(0, cut % changed.length)
  })

const empties = fc
  .tuple(fc.nat(3), fc.nat(0xffff))
  .map(([type, id]) => Buffer.from([0x40 | (type << 4), 0, id >> 8, id & 0xff]))

const datagram = fc.oneof(
  { weight: 4, arbitrary: wellFormed },
  { weight: 4, arbitrary: mutated },
  { weight: 1, arbitrary: empties },
  { weight: 1, arbitrary: bytes(80).map(raw => Buffer.from(raw)) },
)

/** What the endpoint asks of its attackers, whose answers are as hostile. */
function askBack(peer: CoapPeer, clock: SimulatedClock): void {
  const ignore = () => undefined
  peer.request(request(Code.put, 'asked/back', patternBytes(200))).response.catch(ignore)
  peer.request(get('asked/back'), false).response.catch(ignore)
  const observation = peer.observe(get('asked/back'), { notification: ignore, ended: ignore })
  observation.response.catch(ignore)
  clock.setTimeout(() => observation.cancel(), 60_000)
}

/** An endpoint that reads, is slow, is observed, and asks those who ask it; nothing of that may break it. */
async function attacked() {
  const clock = new SimulatedClock(0)
  const random = seededRandom(1)
  const network = new MemoryNetwork({ clock, random })
  const peers = new Set<CoapPeer>()
  const faults: unknown[] = []
  const open = new Map<CoapPeer, number>()
  const handler = (asked: PeerRequest) => {
    const { message, peer, observe } = asked
    peers.add(peer)
    if (!peer.busy) askBack(peer, clock)
    const path = message.options.find(({ number }) => number === OptionNumber.uriPath)
    switch (Buffer.from(path?.value ?? []).toString()) {
      case 'large':
        return content(patternBytes(300))
      case 'slow':
        return new Promise<ReturnType<typeof content>>(resolve => {
          clock.setTimeout(() => resolve(content('slow')), 200)
        })
      case 'observed': {
        if (findUint(message, OptionNumber.observe) !== 0 || (open.get(peer) ?? 0) >= 8) return content('plain')
        open.set(peer, (open.get(peer) ?? 0) + 1)
        const relation = observe({ ended: () => open.set(peer, (open.get(peer) ?? 0) - 1) })
        clock.setTimeout(() => relation.notify(content(patternBytes(200)), true), 100)
        clock.setTimeout(() => relation.notify(content('b'), false), 300)
        clock.setTimeout(() => relation.notify({ ...content(''), code: Code.notFound }, true), 20_000)
        return relation.accept(content(patternBytes(200)))
      }
      default:
        return content('')
    }
  }
  const endpoint = await CoapEndpoint.listen({
    network,
    clock,
    random,
    local,
    handler,
    parameters: { blockBytes: 64, maximumBodyBytes: 2_000 },
    maximumPeers: 101,
    onHandlerError: fault => faults.push(fault),
  })
  return { clock, network, endpoint, peers, faults }
}

function decoded(received: Buffer): CoapDatagram | undefined {
  try {
    const message = decodeDatagram(received)
    return message.code === Code.empty ? undefined : message
  } catch {
    return undefined
  }
}

test(`${runs} random and mutated datagrams: nothing is thrown, nothing is left, a good request is still answered`, async () => {
  const { clock, network, endpoint, peers, faults } = await attacked()
  const answers: CoapDatagram[] = []
  network.attach(honest, received => answers.push(decodeDatagram(received)))
  const random = seededRandom(2)
  const tally = { answered: 0, asked: 0, rejected: 0 }
  /** The datagram that answers next: with it the ids and the token of what the endpoint sent. */
  let next: CoapDatagram | undefined
  for (let port = 1; port <= 100; port++) {
    const attacker = { host: '10.9.9.9', port }
    network.attach(attacker, received => {
      // Whatever the endpoint sends must itself be well formed.
      const { type, code, messageId, token } = decodeDatagram(received)
      if (type === MessageType.reset) tally.rejected++
      else if (isResponse(code)) tally.answered++
      if (type > MessageType.nonConfirmable || next === undefined || random.fraction() < 0.3) return
      tally.asked++
      const piggybacked = random.fraction() < 0.5
      const answer = piggybacked ? { type: MessageType.acknowledgement, messageId } : {}
      if (random.fraction() < 0.2) network.send(encodeEmpty(MessageType.reset, messageId), attacker, local)
      else network.send(encodeDatagram({ ...next, ...answer, token }), attacker, local)
    })
  }
  const heapBefore = liveHeapBytes()
  let count = 0
  fc.assert(
    fc.property(datagram, received => {
      count++
      next = decoded(received) ?? next
      network.send(received, { host: '10.9.9.9', port: 1 + ((count >> 6) % 100) }, local)
      if ((count & 63) === 0) clock.advanceSync(1_000)
    }),
    { seed: 20_250_101, numRuns: runs, endOnFailure: true },
  )
  expect(count).toBe(runs)
  // It was attacked in both its roles, or the rest of this test says little.
  expect(tally.answered).toBeGreaterThan(10_000)
  expect(tally.asked).toBeGreaterThan(2_000)
  expect(tally.rejected).toBeGreaterThan(5_000)
  expect(liveHeapBytes() - heapBefore).toBeLessThan(40_000_000)
  network.send(encodeDatagram(datagramOf({ options: pathOptions(11, ['fine']), messageId: 4_711 })), honest, local)
  await clock.advance(1_000)
  expect(answers.filter(({ messageId }) => messageId === 4_711).map(({ code }) => code)).toEqual([Code.content])
  // Time for every timeout, then for the sweep of idle peers.
  await clock.advance(2_000_000)
  expect(peers.size).toBeGreaterThan(50)
  expect([...peers].filter(({ busy }) => busy)).toEqual([])
  expect(clock.pendingTimers).toBe(0)
  expect(faults).toEqual([])
  await endpoint.close()
})
