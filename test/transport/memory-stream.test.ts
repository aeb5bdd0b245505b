import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../../transport/connection.ts'
import type { TransportError } from '../../transport/errors.ts'
import type { MemoryStreamNetwork } from '../../transport/memory-stream.ts'
import type { Stream, StreamReceiver } from '../../transport/stream.ts'
import { codeOf } from '../helpers/coap-wire.ts'
import { type SimulatedWorld, type SimulatedWorldOptions, simulatedWorld } from '../helpers/simulated-world.ts'

const server: Address = { host: '10.0.0.2', port: 5_683 }

let world: SimulatedWorld
let streams: MemoryStreamNetwork

function begin(options?: SimulatedWorldOptions): void {
  world = simulatedWorld(options)
  streams = world.network.streams
}

beforeEach(() => begin())

/** Keeps what it is told, with the time. */
class Witness implements StreamReceiver {
  readonly pieces: Buffer[] = []
  readonly timesMs: number[] = []
  readonly ends: TransportError[] = []
  drains = 0

  constructor(stream?: Stream) {
    stream?.receive(this)
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString()
  }

  bytes(bytes: Buffer): void {
    this.pieces.push(bytes)
    this.timesMs.push(world.clock.now())
  }

  drained(): void {
    this.drains++
  }

  closed(error: TransportError): void {
    this.ends.push(error)
  }
}

/** A stream and its other end, which are open; nobody receives yet. */
async function opened() {
  const accepted: Stream[] = []
  const listener = await streams.listen(server, stream => accepted.push(stream))
  const near = await world.clock.until(streams.connect(server))
  return { near, far: accepted[0] as Stream, accepted, listener }
}

const pass = (durationMs = 10) => world.clock.advanceSync(durationMs)

describe('connecting', () => {
  test('takes a round trip; the ends have each other for their remote', async () => {
    begin({ conditions: { delayMs: [100, 100] } })
    const startMs = world.clock.now()
    const { near, far, accepted } = await opened()
    expect(world.clock.now() - startMs).toBe(200)
    expect(accepted).toHaveLength(1)
    expect([near.remote, far.local, far.remote]).toEqual([server, server, near.local])
    expect((await world.clock.until(streams.connect(server))).local).not.toEqual(near.local)
  })

  test('to where nobody listens', async () => {
    await world.network.listen(server, () => undefined)
    expect(await world.clock.until(codeOf(streams.connect(server)))).toBe('NETWORK_UNREACHABLE')
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('while the network is down', async () => {
    begin({ conditions: { loss: 1 } })
    await streams.listen(server, () => undefined)
    expect(await world.clock.until(codeOf(streams.connect(server)))).toBe('TIMEOUT')
  })

  test('ends when its owner gives up: at once, and at the other end later', async () => {
    begin({ conditions: { delayMs: [100, 100] } })
    const accepted: Witness[] = []
    await streams.listen(server, stream => accepted.push(new Witness(stream)))
    const attempt = new AbortController()
    const code = codeOf(streams.connect(server, { signal: attempt.signal }))
    pass(150)
    attempt.abort()
    expect(await code).toBe('CLOSED')
    pass(200)
    expect(accepted.map(({ ends }) => ends.map(({ code: end }) => end))).toEqual([['CLOSED']])
    expect(await codeOf(streams.connect(server, { signal: attempt.signal }))).toBe('CLOSED')
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('is done: a late signal ends nothing', async () => {
    const attempt = new AbortController()
    await streams.listen(server, stream => stream.send(Buffer.from('hello')))
    const near = new Witness(await world.clock.until(streams.connect(server, { signal: attempt.signal })))
    attempt.abort()
    pass()
    expect([near.text, near.ends]).toEqual(['hello', []])
  })

  test('with TLS', async () => {
    const tls = { credentials: { kind: 'psk' as const, identity: Buffer.from('me'), key: Buffer.alloc(16) } }
    expect(await codeOf(streams.connect(server, { tls }))).toBe('NOT_SUPPORTED')
    expect(await codeOf(streams.listen(server, () => undefined, { tls: {} }))).toBe('NOT_SUPPORTED')
  })
})

describe('a listener', () => {
  test('has its address for itself, beside one for datagrams', async () => {
    await world.network.listen(server, () => undefined)
    const listener = await streams.listen(server, () => undefined)
    expect(await codeOf(streams.listen(server, () => undefined))).toBe('ADDRESS_IN_USE')
    const others = await Promise.all([0, 0].map(port => streams.listen({ ...server, port }, () => undefined)))
    expect(new Set([listener, ...others].map(({ local }) => local.port)).size).toBe(3)
  })

  test('closes what was accepted and accepts no more; then its address is free', async () => {
    const { near, listener } = await opened()
    const witness = new Witness(near)
    await listener.close()
    pass()
    expect(witness.ends).toHaveLength(1)
    expect(await world.clock.until(codeOf(streams.connect(server)))).toBe('NETWORK_UNREACHABLE')
    const { near: next } = await opened()
    const other = new Witness(next)
    await listener.close()
    pass()
    expect(other.ends).toEqual([])
  })
})

describe('bytes', () => {
  test('arrive both ways, a delay later, as they were when they were sent', async () => {
    begin({ conditions: { delayMs: [250, 250] } })
    const { near, far } = await opened()
    const [here, there] = [new Witness(near), new Witness(far)]
    const startMs = world.clock.now()
    const bytes = Buffer.from('ping')
    near.send(bytes)
    bytes.fill(0)
    far.send(Buffer.from('pong'))
    pass(1_000)
    expect([there.text, here.text]).toEqual(['ping', 'pong'])
    expect([...there.timesMs, ...here.timesMs]).toEqual([startMs + 250, startMs + 250])
  })

  test('wait until somebody receives, and go to who does so last', async () => {
    const { near, far } = await opened()
    near.send(Buffer.from('one'))
    pass()
    const first = new Witness(far)
    expect(first.text).toBe('')
    pass()
    const second = new Witness(far)
    near.send(Buffer.from('two'))
    pass()
    expect([first.text, second.text]).toEqual(['one', 'two'])
  })

  test('keep their order whatever the delays', async () => {
    begin({ conditions: { delayMs: [0, 3_000.3] } })
    const { near, far } = await opened()
    const witness = new Witness(far)
    const sent = Array.from({ length: 500 }, (_, index) => `${index} `)
    for (const text of sent) {
      near.send(Buffer.from(text))
      pass(7.1)
    }
    pass(5_000)
    expect(witness.text).toBe(sent.join(''))
    expect(new Set(witness.timesMs).size).toBeGreaterThan(10)
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('are lost by no losses; while everything is lost they stall', async () => {
    const { near, far } = await opened()
    const witness = new Witness(far)
    world.network.conditions = { ...world.network.conditions, loss: 0.99, duplication: 1 }
    near.send(Buffer.from('one '))
    pass()
    expect(witness.text).toBe('one ')
    world.network.conditions = { ...world.network.conditions, loss: 1 }
    near.send(Buffer.from('two '))
    near.send(Buffer.from('three'))
    pass(60_000)
    expect(witness.text).toBe('one ')
    world.network.conditions = { ...world.network.conditions, loss: 0 }
    pass(1_000)
    expect(witness.text).toBe('one two three')
  })

  test('none are none', async () => {
    const { near, far } = await opened()
    const witness = new Witness(far)
    expect(near.send(Buffer.alloc(0))).toBe(true)
    pass()
    expect(witness.pieces).toEqual([])
  })
})

describe('in pieces', () => {
  const texts = fc.array(fc.string({ maxLength: 40 }), { maxLength: 30 })
  const sizes = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 30 }))

  test('bytes arrive equal and in order, whatever the pieces, pauses and delays', async () => {
    await fc.assert(
      fc.asyncProperty(
        texts,
        texts,
        sizes,
        fc.integer(),
        fc.integer({ min: 0, max: 50 }),
        async (there, back, [min, span], seed, spread) => {
          begin({ seed, conditions: { delayMs: [5, 5 + spread] } })
          const { near, far } = await opened()
          streams.fragmentBytes = [min, min + span]
          streams.windowBytes = 100
          const [here, yonder] = [new Witness(near), new Witness(far)]
          for (let index = 0; index < Math.max(there.length, back.length); index++) {
            near.send(Buffer.from(there[index] ?? ''))
            far.send(Buffer.from(back[index] ?? ''))
            if (index % 3 === 0) pass(spread / 3)
            if (index % 4 === 1) far.pause()
            if (index % 4 === 3) far.resume()
          }
          far.resume()
          near.close()
          pass(1_000)
          expect(yonder.text).toBe(Buffer.from(there.join('')).toString())
          expect(yonder.ends).toHaveLength(1)
          expect(Buffer.from(back.join('')).toString().startsWith(here.text)).toBe(true)
          for (const { length } of [...here.pieces, ...yonder.pieces]) expect(length).toBeLessThanOrEqual(min + span)
          expect(world.clock.pendingTimers).toBe(0)
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })

  async function run(seed: number) {
    begin({ seed, conditions: { delayMs: [5, 50] } })
    const { near, far } = await opened()
    streams.fragmentBytes = [2, 12]
    const witness = new Witness(far)
    for (let index = 0; index < 100; index++) near.send(Buffer.from('0123456789'))
    pass(1_000)
    return { lengths: witness.pieces.map(({ length }) => length), timesMs: witness.timesMs }
  }

  test('they are cut and merged, at many times, the same for the same seed', async () => {
    const first = await run(1)
    expect(await run(1)).toEqual(first)
    expect(await run(2)).not.toEqual(first)
    const { lengths, timesMs } = first
    expect(lengths.reduce((sum, length) => sum + length)).toBe(1_000)
    expect(Math.min(...lengths.slice(0, -1))).toBe(2)
    expect(Math.max(...lengths)).toBe(12)
    expect(new Set(timesMs).size).toBeGreaterThan(3)
  })
})

describe('back-pressure', () => {
  const kilobyte = Buffer.alloc(1_024)

  test('a receiver that pauses stalls the sender until it has read', async () => {
    begin({ conditions: { delayMs: [100, 100] } })
    const { near, far } = await opened()
    const [here, there] = [new Witness(near), new Witness(far)]
    pass()
    far.pause()
    for (let sent = 0; sent < 64; sent++) expect(near.send(kilobyte)).toBe(true)
    expect(near.send(Buffer.alloc(1))).toBe(false)
    pass(1_000)
    expect([there.pieces.length, here.drains]).toEqual([0, 0])
    far.resume()
    expect(there.pieces).toHaveLength(0)
    pass(99)
    expect([there.pieces.length, here.drains]).toEqual([65, 0])
    expect(near.send(Buffer.alloc(1))).toBe(false)
    pass(1)
    expect(here.drains).toBe(1)
    expect(near.send(kilobyte)).toBe(true)
    pass(1_000)
    expect([there.pieces.length, here.drains]).toEqual([67, 1])
  })

  test('what is read halfway is read: a pause amid the pieces holds the rest', async () => {
    const { near, far } = await opened()
    const there: string[] = []
    for (const text of ['a', 'b', 'c']) near.send(Buffer.from(text))
    pass()
    far.receive({
      bytes: bytes => {
        there.push(bytes.toString())
        if (there.length === 2) far.pause()
      },
      drained: () => undefined,
      closed: () => undefined,
    })
    pass()
    expect(there).toEqual(['a', 'b'])
    far.resume()
    pass()
    expect(there).toEqual(['a', 'b', 'c'])
  })

  test('one way does not stall the other', async () => {
    streams.windowBytes = 10
    const { near, far } = await opened()
    const [here, there] = [new Witness(near), new Witness(far)]
    far.pause()
    expect(near.send(kilobyte)).toBe(false)
    expect(far.send(Buffer.alloc(10))).toBe(true)
    pass()
    expect([here.pieces.length, there.pieces.length]).toEqual([1, 0])
    near.pause()
    far.resume()
    pass()
    expect([here.drains, there.pieces.length]).toEqual([1, 1])
  })

  test('a sender that waits comes to send all', async () => {
    begin({ conditions: { delayMs: [5, 40] } })
    streams.windowBytes = 3_000
    const { near, far } = await opened()
    const there = new Witness(far)
    let left = 200
    let longest = 0
    const fill = () => {
      let burst = 0
      do {
        left--
        burst++
      } while (near.send(kilobyte) && left > 0)
      longest = Math.max(longest, burst)
    }
    near.receive({ bytes: () => undefined, drained: () => left > 0 && fill(), closed: () => undefined })
    fill()
    pass(60_000)
    expect([left, there.text.length, longest]).toEqual([0, 200 * 1_024, 3])
  })

  test('a sender that is told only later is told all the same', async () => {
    streams.windowBytes = 0
    const { near, far } = await opened()
    far.receive(new Witness())
    expect(near.send(kilobyte)).toBe(false)
    pass()
    const here = new Witness(near)
    pass()
    expect(here.drains).toBe(1)
  })
})

describe('the end', () => {
  test('comes after what was sent; the one who closed hears nothing more', async () => {
    begin({ conditions: { delayMs: [1, 90] } })
    streams.fragmentBytes = [1, 5]
    const { near, far } = await opened()
    const [here, there] = [new Witness(near), new Witness(far)]
    far.send(Buffer.from('unheard'))
    near.send(Buffer.from('the last words'))
    near.close()
    near.close()
    expect(near.send(Buffer.from('too late'))).toBe(true)
    const late = new Witness(near)
    pass(1_000)
    expect(there.text).toBe('the last words')
    expect(there.ends.map(({ code, message }) => [code, message])).toEqual([
      ['CLOSED', 'the peer has closed the connection'],
    ])
    for (const { pieces, ends, drains } of [here, late]) expect([pieces, ends, drains]).toEqual([[], [], 0])
    far.close()
    pass()
    expect(here.ends).toEqual([])
  })

  test('waits for a receiver that has paused', async () => {
    const { near, far } = await opened()
    const there = new Witness(far)
    far.pause()
    near.send(Buffer.from('bye'))
    near.close()
    pass()
    expect([there.text, there.ends.length]).toEqual(['', 0])
    far.resume()
    pass()
    expect([there.text, there.ends.length]).toEqual(['bye', 1])
  })

  test('by both at once is heard by neither', async () => {
    const { near, far } = await opened()
    const [here, there] = [new Witness(near), new Witness(far)]
    near.close()
    far.close()
    pass()
    expect([...here.ends, ...there.ends]).toEqual([])
  })

  test('by a reset drops what is on its way, and both ends hear of it, be they paused or not', async () => {
    const { near, far } = await opened()
    const [here, there] = [new Witness(near), new Witness(far)]
    pass()
    far.pause()
    near.send(Buffer.from('lost'))
    near.reset()
    expect([...here.ends, ...there.ends]).toEqual([])
    pass()
    expect(there.text).toBe('')
    for (const { ends } of [here, there]) expect(ends.map(({ code }) => code)).toEqual(['CLOSED'])
    near.reset()
    pass()
    expect([here.ends.length, there.ends.length]).toEqual([1, 1])
  })
})

describe('half-open', () => {
  test('nothing arrives any more, and nobody is told', async () => {
    begin({ conditions: { delayMs: [10, 10] } })
    streams.windowBytes = 10
    const { near, far } = await opened()
    const [here, there] = [new Witness(near), new Witness(far)]
    near.send(Buffer.from('on its way'))
    near.cut()
    expect(near.send(Buffer.from('into the void'))).toBe(false)
    far.send(Buffer.from('hello?'))
    far.close()
    pass(100_000)
    for (const { pieces, ends, drains } of [here, there]) expect([pieces, ends, drains]).toEqual([[], [], 0])
    near.reset()
    pass()
    expect([here.ends.length, there.ends.length]).toEqual([1, 0])
  })

  test('are the streams of an address that has changed; others and new ones are whole', async () => {
    const accepted: Stream[] = []
    await streams.listen(server, stream => {
      accepted.push(stream)
      stream.receive(new Witness())
    })
    const [one, other] = [
      await world.clock.until(streams.connect(server)),
      await world.clock.until(streams.connect(server)),
    ]
    const [first, second] = [new Witness(one), new Witness(other)]
    const hail = () => {
      for (const stream of accepted) stream.send(Buffer.from('!'))
      pass()
      return [first.text, second.text]
    }
    expect(hail()).toEqual(['!', '!'])
    streams.cut(one.local)
    expect(hail()).toEqual(['!', '!!'])
    streams.cut(server)
    expect(hail()).toEqual(['!', '!!'])
    const third = new Witness(await world.clock.until(streams.connect(server)))
    hail()
    expect(third.text).toBe('!')
    streams.cut()
    hail()
    expect(third.text).toBe('!')
  })
})

test('a network that is cleared has nothing on its way, and its streams are half-open', async () => {
  begin({ conditions: { delayMs: [10, 10] } })
  const { near, far } = await opened()
  const there = new Witness(far)
  near.send(Buffer.from('lost'))
  void streams.connect(server)
  near.close()
  world.network.clear()
  expect(world.clock.pendingTimers).toBe(0)
  far.send(Buffer.from('lost'))
  pass(1_000)
  expect([there.text, there.ends]).toEqual(['', []])
})
