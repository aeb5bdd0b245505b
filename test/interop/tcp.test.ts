import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, test } from 'vitest'
import type { Address } from '../../transport/connection.ts'
import type { Stream, StreamListener } from '../../transport/stream.ts'
import { systemNetwork } from '../../transport/system-network.ts'
import { tcpNetwork } from '../../transport/tcp.ts'
import { codeOf } from '../helpers/coap-wire.ts'
import { Events, receiving } from '../helpers/tls-site.ts'

const loopback = '127.0.0.1'
const hasIPv6 = Object.values(networkInterfaces()).some(addresses =>
  addresses?.some(({ address }) => address === '::1'),
)
const megabyte = 1_048_576
const closing: (() => unknown)[] = []

afterEach(async () => {
  // What was opened last is closed first: a listener waits for its clients.
  for (const close of closing.splice(0).reverse()) await close()
})

async function listening(host = loopback) {
  const accepted = new Events<Stream>()
  const listener = await tcpNetwork.listen({ host, port: 0 }, accepted.add)
  closing.push(() => listener.close())
  return { listener, accepted }
}

async function connected(local: Address): Promise<Stream> {
  const stream = await tcpNetwork.connect(local)
  closing.push(() => stream.close())
  return stream
}

async function pair(host = loopback) {
  const { listener, accepted } = await listening(host)
  return { near: await connected(listener.local), far: await accepted.next(), listener }
}

/** A socket that a test plays the peer with. */
async function rawPair(): Promise<[stream: Stream, socket: Socket]> {
  const { listener, accepted } = await listening()
  const socket = connect({ host: loopback, port: listener.local.port, allowHalfOpen: true }).on(
    'error',
    () => undefined,
  )
  closing.push(() => socket.destroy())
  await once(socket, 'connect')
  return [await accepted.next(), socket]
}

function closedSocket(socket: Socket): Promise<void> {
  return new Promise(resolve => (socket.closed ? resolve() : socket.once('close', () => resolve())))
}

/** Reads whole megabytes, and compares. */
async function reads(stream: Stream, expected: Buffer): Promise<void> {
  const { bytes } = receiving(stream)
  const chunks: Buffer[] = []
  for (let length = 0; length < expected.length; ) {
    const chunk = await bytes.next()
    chunks.push(chunk)
    length += chunk.length
  }
  expect(Buffer.concat(chunks).equals(expected)).toBe(true)
}

const numbered = (length: number) => Buffer.from(Uint32Array.from({ length: length / 4 }, (_, index) => index).buffer)

for (const [family, host, available] of [
  ['IPv4', loopback, true],
  ['IPv6', '::1', hasIPv6],
] as const) {
  test.skipIf(!available)(`bytes both ways over ${family}`, async () => {
    const { near, far, listener } = await pair(host)
    expect(near.remote).toEqual(listener.local)
    expect(far.remote).toEqual(near.local)
    expect(far.local).toEqual(listener.local)
    const [atNear, atFar] = [receiving(near), receiving(far)]
    near.send(Buffer.from('ping'))
    expect((await atFar.bytes.next()).toString()).toBe('ping')
    far.send(Buffer.from('pong'))
    expect((await atNear.bytes.next()).toString()).toBe('pong')
  })
}

test('a name is resolved, and each of its addresses is tried', async () => {
  const { listener } = await listening()
  for (const attempt of [0, 1, 2]) {
    const stream = await tcpNetwork.connect({ host: 'localhost', port: listener.local.port }, { attempt })
    expect(stream.remote.host).toBe(loopback)
    stream.close()
  }
})

test('what one turn of the event loop sends arrives together', async () => {
  const { near, far } = await pair()
  const { bytes } = receiving(far)
  for (const letter of 'together') near.send(Buffer.from(letter))
  expect((await bytes.next()).toString()).toBe('together')
})

describe('back-pressure', () => {
  test('a peer that does not read makes the sender wait; nothing is lost', async () => {
    const { near, far } = await pair()
    const { drained } = receiving(near)
    const expected = numbered(16 * megabyte)
    let sent = 0
    while (sent < expected.length && near.send(expected.subarray(sent, sent + megabyte))) sent += megabyte
    sent += megabyte
    expect(sent).toBeLessThan(expected.length)
    const reading = reads(far, expected)
    for (; sent < expected.length; sent += megabyte) {
      await drained.next()
      near.send(expected.subarray(sent, sent + megabyte))
    }
    await reading
  })

  test('a stream that pauses makes its peer wait', async () => {
    const [stream, socket] = await rawPair()
    const { bytes } = receiving(stream)
    stream.pause()
    const expected = numbered(16 * megabyte)
    expect(socket.write(expected)).toBe(false)
    // There and back: what the kernel was ready to take is taken.
    stream.send(Buffer.from('paused'))
    await once(socket, 'data')
    expect(bytes.all).toEqual([])
    expect(socket.writableLength).toBeGreaterThan(0)
    stream.resume()
    for (let length = 0; length < expected.length; ) length += (await bytes.next()).length
    expect(Buffer.concat(bytes.all).equals(expected)).toBe(true)
  })

  test('a stream that was paused before anybody received', async () => {
    const [stream, socket] = await rawPair()
    stream.pause()
    const { bytes } = receiving(stream)
    socket.write('early')
    stream.send(Buffer.from('go'))
    await once(socket, 'data')
    expect(bytes.all).toEqual([])
    stream.resume()
    expect((await bytes.next()).toString()).toBe('early')
  })
})

describe('the end of a stream', () => {
  test('by the peer (FIN), after what it has sent', async () => {
    const [stream, socket] = await rawPair()
    socket.end('last words')
    const { bytes, closed } = receiving(stream)
    expect((await bytes.next()).toString()).toBe('last words')
    expect(await closed.next()).toMatchObject({ code: 'CLOSED', message: 'the peer has closed the connection' })
    // This end closes as well.
    if (!socket.readableEnded) {
      socket.resume()
      await once(socket, 'end')
    }
  })

  test('by the peer (RST)', async () => {
    const [stream, socket] = await rawPair()
    const { closed } = receiving(stream)
    socket.resetAndDestroy()
    expect(await closed.next()).toMatchObject({ code: 'CLOSED', message: 'the peer has closed the connection' })
    expect(stream.send(Buffer.from('too late'))).toBe(true)
    expect(closed.all).toHaveLength(1)
  })

  test('by the peer, before anybody receives', async () => {
    const [stream, socket] = await rawPair()
    socket.resetAndDestroy()
    await once(socket, 'close')
    expect(await receiving(stream).closed.next()).toMatchObject({ code: 'CLOSED' })
  })

  test('by its owner, after all that was sent', async () => {
    const { near, far } = await pair()
    const atNear = receiving(near)
    const expected = numbered(4 * megabyte)
    near.send(expected)
    near.close()
    near.close()
    const { bytes, closed } = receiving(far)
    await closed.next()
    expect(Buffer.concat(bytes.all).equals(expected)).toBe(true)
    expect(atNear.closed.all).toEqual([])
  })

  test('a peer that never reads is not waited for', async () => {
    const { listener, accepted } = await listening()
    const socket = connect(listener.local).pause()
    closing.push(() => socket.destroy())
    const stream = await accepted.next()
    stream.send(Buffer.alloc(16 * megabyte))
    stream.close()
    // After 5 s the rest is given up.
    await listener.close()
    expect(socket.destroyed).toBe(false)
  })
})

describe('connecting', () => {
  test('where nothing listens', async () => {
    const { listener } = await listening()
    const { local } = listener
    await listener.close()
    await expect(tcpNetwork.connect(local)).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: `${loopback} port ${local.port} cannot be reached (nothing listens there)`,
    })
  })

  test('to a host that does not exist', async () => {
    expect(await codeOf(tcpNetwork.connect({ host: 'no-such-host.invalid', port: 5_683 }))).toBe('HOST_NOT_FOUND')
  })

  test('that is given up', async () => {
    const { listener } = await listening()
    const abort = new AbortController()
    const opening = tcpNetwork.connect(listener.local, { signal: abort.signal })
    abort.abort()
    expect(await codeOf(opening)).toBe('CLOSED')
    expect(await codeOf(tcpNetwork.connect(listener.local, { signal: abort.signal }))).toBe('CLOSED')
  })

  test('that is given up in the TLS handshake', async () => {
    const silent = createServer()
    silent.listen(0, loopback)
    closing.push(() => silent.close())
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    const abort = new AbortController()
    const tls = { credentials: { kind: 'psk', identity: Buffer.from('a'), key: Buffer.from('b') } } as const
    const opening = tcpNetwork.connect({ host: loopback, port }, { signal: abort.signal, tls })
    const [socket] = (await once(silent, 'connection')) as [Socket]
    await once(socket, 'readable')
    abort.abort()
    expect(await codeOf(opening)).toBe('CLOSED')
    socket.resume()
    await closedSocket(socket)
  })
})

describe('listening', () => {
  test('on an address in use, or one of another machine', async () => {
    const { listener } = await listening()
    expect(await codeOf(tcpNetwork.listen(listener.local, () => undefined))).toBe('ADDRESS_IN_USE')
    const foreign = tcpNetwork.listen({ host: '192.0.2.1', port: 0 }, () => undefined)
    expect(await codeOf(foreign)).toBe('NETWORK_UNREACHABLE')
  })

  test('many streams at once, each with its own bytes', async () => {
    const listener: StreamListener = await tcpNetwork.listen({ host: loopback, port: 0 }, stream => {
      stream.receive({ bytes: bytes => stream.send(bytes), drained: () => undefined, closed: () => undefined })
    })
    closing.push(() => listener.close())
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const stream = await connected(listener.local)
        const { bytes } = receiving(stream)
        stream.send(Buffer.from(`stream ${index}`))
        expect((await bytes.next()).toString()).toBe(`stream ${index}`)
      }),
    )
  })

  test('to close it closes what was accepted', async () => {
    const { near, listener } = await pair()
    const { closed } = receiving(near)
    const closes = listener.close()
    expect(await closed.next()).toMatchObject({ code: 'CLOSED' })
    await closes
  })

  test('to close it ends handshakes under way', async () => {
    const listener = await tcpNetwork.listen({ host: loopback, port: 0 }, () => undefined, {
      tls: { psk: () => undefined },
    })
    const socket = connect(listener.local).on('error', () => undefined)
    closing.push(() => socket.destroy())
    await once(socket, 'connect')
    socket.write(Buffer.from([22]))
    await new Promise(resolve => setImmediate(resolve))
    await listener.close()
    await closedSocket(socket.resume())
  })
})

test('the network of the machine carries datagrams and streams', () => {
  expect(systemNetwork.streams).toBe(tcpNetwork)
})
