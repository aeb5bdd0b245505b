import { expect } from 'vitest'
import type { Clock } from '../../transport/clock.ts'
import { type CoapFrame, Code, isResponse } from '../../transport/coap/message.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import { CoapStreamEndpoint } from '../../transport/coap/stream-endpoint.ts'
import type { MemoryStream } from '../../transport/memory-stream-end.ts'
import { seededRandom } from '../../transport/random.ts'
import type { Stream, StreamNetwork } from '../../transport/stream.ts'
import { notFound } from './coap-site.ts'
import { openCoapStream } from './coap-stream.ts'
import { simulatedWorld } from './simulated-world.ts'
import { framesIn, type HostileScript, type Owed, StreamFuzz } from './stream-fuzz.ts'

const address = { host: '10.0.0.2', port: 5683 }
/** Bytes that a peer may leave unread before the endpoint is told to wait. */
const windowBytes = 2_000
/** Of an answer of the handler, with its head. */
const longestAnswerBytes = 1_500
/** Until a stream whose peer does nothing any more has been found dead: the settings' timeout or the idle sweep, and a Ping. */
const patienceMs = 2 * 247_000 + 100_000

/** Both ends of a stream, and what went over it. */
interface Watched {
  sentBytes: number
  isClosed: boolean
}

/** Fails when an endpoint does with so many streams at once anything but what RFC 8323 says; the same seed repeats it. */
export async function runHostileStreams(seed: number, streams: number): Promise<void> {
  const world = simulatedWorld({ seed })
  const { clock, random, network } = world
  const fuzz = new StreamFuzz(seededRandom(seed))
  network.streams.windowBytes = windowBytes
  const isCrowded = fuzz.below(4) === 0
  const maximumPeers = isCrowded ? Math.ceil(streams / 2) : streams + 1
  const accepted: Watched[] = []
  const faults: unknown[] = []
  const server = await CoapStreamEndpoint.listen({
    network: watchedNetwork(network.streams, accepted),
    clock,
    random,
    local: address,
    maximumPeers,
    handler: ({ message }) => {
      const answer = { code: Code.content, options: [], payload: Buffer.alloc(message.payload.length % 1_000) }
      return message.code === Code.post ? slowly(clock, answer) : answer
    },
    onHandlerError: error => faults.push(error),
  })
  const peers: HostilePeer[] = []
  for (let index = 0; index < streams; index++) {
    const script = fuzz.script()
    const opening = network.streams.connect(address)
    const stream = await clock.until(opening)
    const watched = accepted.at(-1)
    if (watched === undefined) throw new Error('the stream was not accepted')
    peers.push(new HostilePeer(stream, script, watched))
  }
  const longest = Math.max(...peers.map(({ script }) => script.pieces.length))
  for (let step = 0; step < longest; step++) {
    for (const peer of peers) peer.step(step)
    await clock.advance(fuzz.pick([0, 1, 20]))
    for (const peer of peers) peer.expectBounded()
    const open = accepted.filter(({ isClosed }) => !isClosed).length
    expect(open).toBeLessThanOrEqual(maximumPeers)
  }
  await clock.advance(1_000)
  for (const peer of peers) peer.expectAnswered(isCrowded)

  // The endpoint lives on.
  const honest = await openCoapStream(world, address)
  const peer = new CoapPeer(honest, { clock, random, handler: notFound, onClosed: error => peer.close(error) })
  const { response } = peer.request({ code: Code.get, options: [], payload: Buffer.alloc(0) })
  expect((await clock.until(response)).code).toBe(Code.content)
  peer.close()

  // Who is silent is found out; whoever answers Pings may stay, and these do not.
  await clock.advance(patienceMs)
  expect(accepted.filter(({ isClosed }) => !isClosed)).toEqual([])
  await server.close()
  for (const { stream } of peers) stream.close()
  network.clear()
  expect(faults).toEqual([])
  expect(clock.pendingTimers).toBe(0)
}

function slowly<T>(clock: Clock, answer: T): Promise<T> {
  return new Promise(resolve => void clock.setTimeout(() => resolve(answer), 20))
}

class HostilePeer {
  readonly stream: MemoryStream
  readonly script: HostileScript
  readonly #watched: Watched
  readonly #received: Buffer[] = []
  #readBytes = 0
  #isOver = false
  readonly #owed: Owed[] = []

  constructor(stream: MemoryStream, script: HostileScript, watched: Watched) {
    this.stream = stream
    this.script = script
    this.#watched = watched
    if (!script.reads) return
    stream.receive({
      bytes: bytes => {
        this.#received.push(bytes)
        this.#readBytes += bytes.length
      },
      drained: () => undefined,
      closed: () => {
        this.#isOver = true
      },
    })
  }

  step(index: number): void {
    const { pieces, closes } = this.script
    const piece = pieces[index]
    if (piece === undefined) {
      if (closes && index === pieces.length + 3) this.stream.close()
      return
    }
    this.stream.send(piece.bytes)
    this.#owed.push(...piece.owed)
  }

  /** What waits for a peer that does not read is not more than the network asks for, and one answer. */
  expectBounded(): void {
    expect(this.#watched.sentBytes - this.#readBytes, this.script.name).toBeLessThanOrEqual(
      this.script.reads ? Number.POSITIVE_INFINITY : windowBytes + longestAnswerBytes,
    )
  }

  expectAnswered(isCrowded: boolean): void {
    const { name, reads, closes } = this.script
    if (!reads || closes) return
    const frames = framesIn(Buffer.concat(this.#received))
    const [first, ...rest] = frames
    // One that found no room gets nothing at all, or has to make room for another.
    if (isCrowded && (first === undefined || rest.at(-1)?.code === Code.release)) return
    expect(first?.code, name).toBe(Code.csm)
    const surprise = this.#owed.findIndex(({ kind }) => kind === 'abort' || kind === 'unknown')
    const owed = surprise === -1 ? this.#owed : this.#owed.slice(0, surprise)
    const isAborted = this.#owed[surprise]?.kind === 'abort'
    const told = rest.map(describe)
    for (const kind of ['pong', 'response'] as const) {
      const tokens = owed.flatMap(each => (each.kind === kind ? [each.token] : []))
      const answers = told.filter(each => each.kind === kind).map(each => each.token)
      // After an Abort nothing is sent, though it was asked before.
      if (surprise === -1) expect(answers.toSorted(), name).toEqual(tokens.toSorted())
      else if (kind === 'pong') expect(answers.slice(0, tokens.length), name).toEqual(tokens)
      expect(new Set(answers).size, name).toBe(answers.length)
    }
    if (isAborted) expect(told.at(-1)?.kind, name).toBe('abort')
    if (surprise === -1 && this.script.pieces.length > 0) expect(this.#isOver, name).toBe(false)
    if (this.#isOver && !isCrowded)
      expect(['abort', 'other', 'pong', 'response', undefined], name).toContain(told.at(-1)?.kind)
  }
}

function describe({ code, token }: CoapFrame) {
  const kind =
    code === Code.pong ? 'pong' : code === Code.abort ? 'abort' : isResponse(code) ? 'response' : ('other' as const)
  return { kind, token: Buffer.from(token).toString('hex') }
}

function watchedNetwork(network: StreamNetwork, accepted: Watched[]): StreamNetwork {
  return {
    connect: (remote, options) => network.connect(remote, options),
    listen: (local, accept, options) =>
      network.listen(
        local,
        stream => {
          const watched: Watched = { sentBytes: 0, isClosed: false }
          accepted.push(watched)
          accept(watch(stream, watched))
        },
        options,
      ),
  }
}

function watch(stream: Stream, watched: Watched): Stream {
  return {
    local: stream.local,
    remote: stream.remote,
    send: bytes => {
      watched.sentBytes += bytes.length
      return stream.send(bytes)
    },
    receive: receiver =>
      stream.receive({
        bytes: bytes => receiver.bytes(bytes),
        drained: () => receiver.drained(),
        closed: error => {
          watched.isClosed = true
          receiver.closed(error)
        },
      }),
    pause: () => stream.pause(),
    resume: () => stream.resume(),
    close: () => {
      watched.isClosed = true
      stream.close()
    },
  }
}
