import { EventEmitter } from 'node:events'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { assign, createActor, fromCallback, type InspectionEvent, setup, spawnChild, stopChild } from 'xstate'
import { Lwm2mClient } from '../../client/client.ts'
import { inspectWith } from '../../client/inspector.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { liveThrough, secretSite, secretTexts } from '../helpers/inspected-life.ts'

/** The WebSockets that were opened, and whether the optional packages are there. */
const world = vi.hoisted(() => ({ sockets: [] as FakeSocket[], isInstalled: true }))

vi.mock('ws', () => ({ WebSocket: FakeSocket }))
vi.mock('node:module', () => {
  const resolve = (name: string) => {
    if (world.isInstalled) return name
    throw new Error(`Cannot find module '${name}'`)
  }
  return { createRequire: () => ({ resolve }) }
})

interface Message {
  readonly type: string
  readonly name?: string
  readonly event?: { readonly type: string; readonly n?: number }
  readonly snapshot?: { readonly status: string; readonly context?: { readonly count: number } }
}

/** A WebSocket as its user sees it. */
class FakeSocket extends EventEmitter {
  readonly url: string
  readonly received: Message[] = []
  readonly unref = vi.fn<() => void>()
  bufferedAmount = 0

  constructor(url: string) {
    super()
    this.url = url
    world.sockets.push(this)
  }

  send(text: string): void {
    this.received.push(JSON.parse(text) as Message)
  }

  terminate(): void {
    queueMicrotask(() => this.emit('close'))
  }

  /** The inspector accepts. */
  open(): void {
    this.emit('upgrade', { socket: { unref: this.unref } })
    this.emit('open')
  }

  /** Nothing listens there. */
  refuse(): void {
    this.emit('error', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))
    this.emit('close')
  }

  /** What the messages tell, a word or two each. */
  get story(): string[] {
    return this.received.map(({ type, name, event, snapshot }) => {
      if (type === '@xstate.actor') return `actor ${name}`
      return type === '@xstate.event' ? `event ${event?.type}` : `${snapshot?.status} after ${event?.type}`
    })
  }
}

/** Counts, and has children that come and go. */
const parent = setup({
  types: { context: {} as { count: number }, events: {} as { type: 'count'; n: number } | { type: 'open' | 'close' } },
  actors: { child: fromCallback(() => undefined) },
}).createMachine({
  context: { count: 0 },
  on: {
    count: { actions: assign({ count: ({ event }) => event.n }) },
    open: { actions: spawnChild('child', { id: 'child' }) },
    close: { actions: stopChild('child') },
  },
})

const retryMs = 5_000

/** A started actor with an inspector that is being connected to. */
async function inspected(url = 'ws://inspector.example') {
  const clock = new SimulatedClock()
  const errors: unknown[] = []
  const inspect = inspectWith(url, error => errors.push(error), clock)
  const actor = createActor(parent, { id: 'parent', inspect }).start()
  await vi.waitFor(() => expect(world.sockets).toHaveLength(1))
  return {
    actor,
    clock,
    errors,
    count: (n: number) => actor.send({ type: 'count', n }),
    /** The socket of the newest attempt. */
    socket: () => world.sockets.at(-1) as FakeSocket,
    /** Everything that happened so far was handed on: the package does so in a timer of its own, in order. */
    settled: async () => {
      for (let turn = 0; turn < 2; turn++) await new Promise(resolve => setTimeout(resolve, 1))
    },
  }
}

const firstStory = ['actor parent', 'event xstate.init', 'active after xstate.init']

beforeEach(() => {
  world.sockets.length = 0
  world.isInstalled = true
})

describe('the option `inspect`', () => {
  test('as a function it is told what XState tells', () => {
    const told: InspectionEvent[] = []
    const client = new Lwm2mClient({ endpoint: 'a', servers: [], inspect: event => told.push(event) })
    expect(told[0]).toMatchObject({ type: '@xstate.actor', actorRef: client.actor })
  })

  test.each(['', 'inspector', 'http://h', 'ws://h#part', 'ws://'])('as the URL %o it is refused', inspect => {
    expect(() => new Lwm2mClient({ endpoint: 'a', servers: [], inspect })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringMatching(/must be ws:\/\/HOST/) }),
    )
  })

  test('the message about a URL does not repeat it, since it may hold a password', () => {
    const inspect = 'wsx://me:secret@h'
    expect(() => new Lwm2mClient({ endpoint: 'a', servers: [], inspect })).toThrow(/^(?!.*secret).*$/)
  })

  test.each([
    [true, 'ws://localhost:8080'],
    ['wss://h:1/path', 'wss://h:1/path'],
  ])('%o connects to %s', async (inspect, url) => {
    expect(new Lwm2mClient({ endpoint: 'a', servers: [], inspect }).actor.id).toBe('client')
    await vi.waitFor(() => expect(world.sockets.map(socket => socket.url)).toEqual([url]))
  })

  test('false connects to nothing', async () => {
    new Lwm2mClient({ endpoint: 'a', servers: [], inspect: false }).start()
    const { socket } = await inspected('ws://other')
    expect(socket().url).toBe('ws://other')
  })

  test('without its packages it is refused in a line that says how to install them', () => {
    world.isInstalled = false
    expect(() => new Lwm2mClient({ endpoint: 'a', servers: [], inspect: true })).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        message: 'to inspect the statecharts, run: npm install @statelyai/inspect ws',
      }),
    )
    expect(new Lwm2mClient({ endpoint: 'a', servers: [], inspect: () => undefined }).actor.id).toBe('client')
  })
})

describe('the way to the inspector', () => {
  test('what happened before it was there is told in order, and then what happens', async () => {
    const { actor, socket, settled } = await inspected()
    actor.send({ type: 'open' })
    await settled()
    socket().open()
    const opened = ['event open', 'actor child', 'event xstate.init', 'active after xstate.init', 'active after open']
    expect(socket().story).toEqual([...firstStory, ...opened])
    actor.send({ type: 'close' })
    await settled()
    expect(socket().story.slice(-3)).toEqual(['event close', 'stopped after xstate.stop', 'active after close'])
  })

  test('a listening inspector does not keep the process alive', async () => {
    const { socket } = await inspected()
    socket().open()
    expect(socket().unref).toHaveBeenCalledTimes(1)
  })

  test('an inspector that does not listen is told once, without the password, and tried again', async () => {
    const { clock, errors, socket, settled } = await inspected('ws://me:secret@inspector.example/path?token=secret')
    for (const attempts of [1, 2, 3]) {
      expect(world.sockets).toHaveLength(attempts)
      socket().refuse()
      await clock.advance(retryMs)
    }
    expect(errors).toEqual([
      expect.objectContaining({
        code: 'NETWORK_UNREACHABLE',
        message: 'no inspector at ws://inspector.example (ECONNREFUSED); trying again every 5 s',
      }),
    ])
    socket().open()
    await settled()
    expect(socket().story).toEqual(firstStory)
    // Once for each time that it is gone.
    socket().emit('close')
    for (let attempt = 1; attempt <= 2; attempt++) {
      await clock.advance(retryMs)
      socket().refuse()
    }
    expect(errors).toHaveLength(2)
  })

  test('a restarted inspector is told of the living actors as they were, and of what they did since', async () => {
    const { actor, clock, count, errors, socket, settled } = await inspected()
    socket().open()
    actor.send({ type: 'open' })
    count(7)
    actor.send({ type: 'close' })
    actor.send({ type: 'open' })
    await settled()
    socket().emit('close')
    count(8)
    await settled()
    await clock.advance(retryMs)
    socket().open()
    expect(socket().story).toEqual(['actor parent', 'actor child', 'event count', 'active after count'])
    expect(socket().received[0]?.snapshot?.context?.count).toBe(7)
    expect(socket().received[3]?.snapshot?.context?.count).toBe(8)
    expect(errors).toEqual([])
  })

  test('an inspector that comes late is told the newest thousand messages, after the actors as they were before', async () => {
    const { actor, count, socket, settled } = await inspected()
    for (let n = 1; n <= 600; n++) {
      actor.send({ type: 'open' })
      count(n)
      actor.send({ type: 'close' })
      if (n % 100 === 0) await settled()
    }
    socket().open()
    const [first, ...others] = socket().received
    expect(first).toMatchObject({ type: '@xstate.actor', name: 'parent' })
    expect(others).toHaveLength(1_000)
    const counted = others.flatMap(({ event }) => event?.n ?? [])
    expect(counted.at(-1)).toBe(600)
    expect((counted[0] as number) - (first?.snapshot?.context?.count as number)).toBe(1)
  })

  test('a burst of events loses those beyond a bound, but no beginning and no end of an actor', async () => {
    const { actor, count, socket, settled } = await inspected()
    socket().open()
    await settled()
    for (let n = 1; n <= 10_000; n++) count(n)
    actor.send({ type: 'open' })
    actor.send({ type: 'close' })
    await settled()
    const { story, received } = socket()
    expect(received.length).toBeGreaterThan(1_900)
    expect(received.length).toBeLessThan(2_100)
    expect(story.slice(-2)).toEqual(['actor child', 'stopped after xstate.stop'])
    count(1)
    await settled()
    expect(socket().story.slice(-2)).toEqual(['event count', 'active after count'])
  })

  test('an inspector that does not read is left, and told anew later', async () => {
    const { clock, count, errors, socket, settled } = await inspected()
    socket().open()
    await settled()
    socket().bufferedAmount = 9 * 1024 * 1024
    count(1)
    await settled()
    expect(socket().story).toEqual([...firstStory, 'event count'])
    await clock.advance(retryMs)
    expect(world.sockets).toHaveLength(2)
    socket().open()
    expect(socket().story).toEqual(['actor parent', 'active after count'])
    expect(errors).toEqual([])
  })

  test('an event that is no JSON is reported and left out', async () => {
    const { actor, errors, socket, settled } = await inspected()
    socket().open()
    actor.send({ type: 'count', n: 1, big: 1n } as never)
    await settled()
    // The snapshot names its event, too.
    expect(errors).toEqual([expect.any(TypeError), expect.any(TypeError)])
    expect(socket().story).toEqual(firstStory)
  })
})

/** Where a value is not plain JSON: bytes, functions, instances of classes. */
function foreignParts(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => foreignParts(item, `${path}.${index}`))
  if (typeof value !== 'object' || value === null) {
    return ['string', 'number', 'boolean', 'undefined', 'object'].includes(typeof value) ? [] : [path]
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return [path]
  return Object.entries(value).flatMap(([key, item]) => foreignParts(item, `${path}.${key}`))
}

test('contexts, events, inputs and outputs are plain JSON and hold no secret key', async () => {
  const parts: unknown[] = []
  const site = await secretSite(event => {
    if (event.type === '@xstate.event') parts.push(event.event)
    if (event.type !== '@xstate.snapshot') return
    const { context, input, output } = event.snapshot as { context?: unknown; input?: unknown; output?: unknown }
    parts.push({ context, input, output })
  })
  await liveThrough(site)
  const foreign = parts.flatMap((part, index) => foreignParts(part, `${index}`))
  expect(foreign).toEqual([])
  expect(parts.length).toBeGreaterThan(50)
  const text = JSON.stringify(parts)
  expect(secretTexts.filter(secret => text.includes(secret))).toEqual([])
})
