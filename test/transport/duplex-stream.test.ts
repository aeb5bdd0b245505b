import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { attempt } from '../../transport/attempt.ts'
import { DuplexStream } from '../../transport/duplex-stream.ts'
import { TransportError } from '../../transport/errors.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { streamError } from '../../transport/stream-error.ts'
import { connectTls, tlsClient } from '../../transport/tls/connect.ts'
import { ends, linkedPair, receiving } from '../helpers/tls-site.ts'

/** A socket whose kernel a test plays. */
class FakeSocket extends Duplex {
  readonly writes: string[] = []
  ended = false
  /** Takes what was written; nothing more is taken before. */
  written: () => void = () => undefined

  constructor() {
    super({ highWaterMark: 8, allowHalfOpen: false })
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    this.writes.push(chunk.toString())
    this.written = done
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString()).join('+'))
    this.written = done
  }

  override _final(done: () => void): void {
    this.ended = true
    done()
  }
}

function site() {
  const clock = new SimulatedClock()
  const socket = new FakeSocket()
  const stream = new DuplexStream(socket, ends, streamError, clock)
  return { clock, socket, stream }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

test('what one turn sends is written at once', async () => {
  const { socket, stream } = site()
  stream.send(Buffer.from('a'))
  stream.send(Buffer.from('b'))
  expect(socket.writes).toEqual([])
  await turn()
  expect(socket.writes).toEqual(['a+b'])
  socket.written()
  stream.send(Buffer.from('c'))
  await turn()
  expect(socket.writes).toEqual(['a+b', 'c'])
})

test('more than the socket takes: false, and drained once it has left, not before and not twice', async () => {
  const { socket, stream } = site()
  const { drained } = receiving(stream)
  expect(stream.send(Buffer.from('1234'))).toBe(true)
  expect(stream.send(Buffer.from('5678'))).toBe(false)
  await turn()
  expect(drained.all).toHaveLength(0)
  socket.written()
  await turn()
  expect(drained.all).toHaveLength(1)
  stream.send(Buffer.from('9'))
  await turn()
  socket.written()
  await turn()
  expect(drained.all).toHaveLength(1)
})

test('nothing is read before somebody receives, or while it is paused', async () => {
  const { socket, stream } = site()
  socket.push('early')
  stream.pause()
  const { bytes } = receiving(stream)
  await turn()
  expect(bytes.all).toEqual([])
  stream.resume()
  expect((await bytes.next()).toString()).toBe('early')
  stream.pause()
  socket.push('later')
  await turn()
  expect(bytes.all).toHaveLength(1)
  stream.resume()
  expect((await bytes.next()).toString()).toBe('later')
})

test('resumed before somebody receives: nothing is lost', async () => {
  const { socket, stream } = site()
  socket.push('early')
  stream.pause()
  stream.resume()
  await turn()
  expect((await receiving(stream).bytes.next()).toString()).toBe('early')
})

test('the next receiver takes the place of the one before', async () => {
  const { socket, stream } = site()
  const [first, second] = [receiving(stream), receiving(stream)]
  socket.push('bytes')
  await second.bytes.next()
  expect(first.bytes.all).toEqual([])
  expect(second.bytes.all).toHaveLength(1)
})

test('to close sends what waits, then ends; what still arrives is thrown away', async () => {
  const { clock, socket, stream } = site()
  const { bytes, closed } = receiving(stream)
  stream.send(Buffer.from('last'))
  stream.close()
  stream.send(Buffer.from('never'))
  await turn()
  expect(socket.writes).toEqual(['last'])
  expect(socket.ended).toBe(false)
  socket.written()
  socket.push('ignored')
  socket.push(null)
  await turn()
  expect(socket.ended).toBe(true)
  expect(socket.destroyed).toBe(true)
  expect([bytes.all, closed.all]).toEqual([[], []])
  expect(clock.pendingTimers).toBe(0)
})

test('a peer that does not take what is left is waited for 5 s', async () => {
  const { clock, socket, stream } = site()
  stream.send(Buffer.from('last'))
  stream.close()
  await clock.advance(4_999)
  expect(socket.destroyed).toBe(false)
  await clock.advance(1)
  expect(socket.destroyed).toBe(true)
})

test('the end of the peer is told once, and ends this end, too', async () => {
  const { socket, stream } = site()
  const { closed } = receiving(stream)
  socket.push(null)
  expect(await closed.next()).toMatchObject({ code: 'CLOSED', message: 'the peer has closed the connection' })
  await turn()
  expect(socket.ended).toBe(true)
  expect(closed.all).toHaveLength(1)
  expect(stream.send(Buffer.from('too late'))).toBe(true)
  expect(socket.writes).toEqual([])
})

test.each([
  ['ECONNRESET', 'CLOSED', 'the peer has closed the connection'],
  ['EPIPE', 'CLOSED', 'the peer has closed the connection'],
  ['ETIMEDOUT', 'NETWORK_UNREACHABLE', '10.0.0.2 port 2 cannot be reached (ETIMEDOUT)'],
])('%s', async (code, its, message) => {
  const { socket, stream } = site()
  const { closed } = receiving(stream)
  socket.destroy(Object.assign(new Error('of the kernel'), { code }))
  expect(await closed.next()).toMatchObject({ code: its, message })
})

test('that it is over is told to who receives afterwards, unless it was closed', async () => {
  const { socket, stream } = site()
  socket.destroy(Object.assign(new Error('of the kernel'), { code: 'ECONNRESET' }))
  await turn()
  const { closed } = receiving(stream)
  expect(closed.all).toEqual([])
  await turn()
  expect(closed.all).toHaveLength(1)

  const other = site()
  other.socket.destroy()
  await turn()
  other.stream.close()
  const late = receiving(other.stream)
  await turn()
  expect(late.closed.all).toEqual([])
})

test('an attempt that takes too long is given up', async () => {
  const clock = new SimulatedClock()
  let isReleased = false
  const late = () => new TransportError('TIMEOUT', 'too late')
  const outcome = attempt({ timeoutMs: 1_000, late, signal: undefined, clock }, () => () => {
    isReleased = true
  }).catch((error: unknown) => error)
  await clock.advance(999)
  expect(isReleased).toBe(false)
  await clock.advance(1)
  expect(await outcome).toMatchObject({ code: 'TIMEOUT', message: 'too late' })
  expect(isReleased).toBe(true)
})

test('an attempt that is over holds no timer, and a signal ends it no more', async () => {
  const clock = new SimulatedClock()
  const owner = new AbortController()
  let isReleased = false
  const late = () => new TransportError('TIMEOUT', 'too late')
  const value = await attempt<string>({ timeoutMs: 1_000, late, signal: owner.signal, clock }, done => {
    queueMicrotask(() => done('there'))
    return () => {
      isReleased = true
    }
  })
  expect(value).toBe('there')
  expect(clock.pendingTimers).toBe(0)
  owner.abort()
  expect(isReleased).toBe(false)
})

test('a server that falls silent in the TLS handshake is waited for 30 s', async () => {
  const clock = new SimulatedClock()
  const [near, far] = linkedPair()
  far.resume()
  const client = await tlsClient({ credentials: { kind: 'psk', identity: Buffer.from('a'), key: Buffer.from('b') } })
  const outcome = connectTls(near, client, ends, { clock }).catch((error: unknown) => error)
  await clock.advance(30_000)
  expect(await outcome).toMatchObject({
    code: 'TIMEOUT',
    message: '10.0.0.2:2 does not finish the TLS handshake',
  })
  expect(near.destroyed).toBe(true)
})
