import { createSocket, type Socket } from 'node:dgram'
import { networkInterfaces } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../transport/clock.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import type { Connection } from '../../transport/connection.ts'
import type { TransportError } from '../../transport/errors.ts'
import { systemRandom } from '../../transport/random.ts'
import { udpNetwork } from '../../transport/udp.ts'
import { content, get, notFound } from '../helpers/coap-site.ts'
import { codeOf } from '../helpers/coap-wire.ts'
import { freePort } from './free-port.ts'

/** Every socket that was made, so that a test can play the kernel. */
const sockets = vi.hoisted((): Socket[] => [])
vi.mock('node:dgram', async importOriginal => {
  const dgram = await importOriginal<typeof import('node:dgram')>()
  const counted = (...options: Parameters<typeof dgram.createSocket>) => {
    const socket = dgram.createSocket(...options)
    sockets.push(socket)
    return socket
  }
  return { ...dgram, createSocket: counted }
})

const loopback = '127.0.0.1'
const hasIPv6 = Object.values(networkInterfaces()).some(addresses =>
  addresses?.some(({ address }) => address === '::1'),
)
const closing: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** What a connection receives: the next datagram, the next failure. */
function receiving(connection: Connection) {
  const datagrams: string[] = []
  const failures: TransportError[] = []
  connection.receive({ datagram: bytes => datagrams.push(bytes.toString()), failed: error => failures.push(error) })
  return { datagrams, failures }
}

async function listening(host: string, accepted: Connection[] = []) {
  const listener = await udpNetwork.listen({ host, port: 0 }, connection => {
    accepted.push(connection)
    connection.receive({ datagram: bytes => connection.send(bytes), failed: () => undefined })
  })
  closing.push(() => listener.close())
  return listener
}

async function connected(remote: { host: string; port: number }, localPort = 0) {
  const connection = await udpNetwork.connect(remote, { localPort })
  closing.push(() => connection.close())
  return connection
}

for (const [family, host, available] of [
  ['IPv4', loopback, true],
  ['IPv6', '::1', hasIPv6],
] as const) {
  describe.skipIf(!available)(`over ${family}`, () => {
    test('datagrams both ways; each remote address is one connection of the listener', async () => {
      const accepted: Connection[] = []
      const { local } = await listening(host, accepted)
      const [a, b] = [await connected(local), await connected(local)]
      const [fromA, fromB] = [receiving(a), receiving(b)]
      a.send(Buffer.from('one'))
      await vi.waitFor(() => expect(fromA.datagrams).toEqual(['one']))
      b.send(Buffer.from('two'))
      await vi.waitFor(() => expect(fromB.datagrams).toEqual(['two']))
      a.send(Buffer.from('three'))
      await vi.waitFor(() => expect(fromA.datagrams).toEqual(['one', 'three']))
      expect(accepted.map(({ remote }) => remote)).toEqual([
        { host, port: a.local.port },
        { host, port: b.local.port },
      ])
      expect(a.remote).toEqual({ host, port: local.port })
    })

    test('a request and its response', async () => {
      const endpoint = await CoapEndpoint.listen({
        network: udpNetwork,
        clock: systemClock,
        random: systemRandom,
        local: { host, port: 0 },
        handler: ({ message }) => content(Buffer.from(message.options[0]?.value ?? [])),
      })
      const { local } = endpoint
      const connection = await udpNetwork.connect(local)
      const peer = new CoapPeer(connection, { clock: systemClock, random: systemRandom, handler: notFound })
      closing.push(
        () => peer.close(),
        () => endpoint.close(),
      )
      const { payload } = await peer.request(get('hello')).response
      expect(Buffer.from(payload).toString()).toBe('hello')
    })
  })
}

test('a connected socket drops what strangers send', async () => {
  const { local } = await listening(loopback)
  const connection = await connected(local)
  const { datagrams } = receiving(connection)
  const stranger = createSocket('udp4')
  closing.push(() => stranger.close())
  await new Promise(done => stranger.send('stranger', connection.local.port, loopback, done))
  connection.send(Buffer.from('friend'))
  await vi.waitFor(() => expect(datagrams).toEqual(['friend']))
  await wait(50)
  expect(datagrams).toEqual(['friend'])
})

test('nobody listens: the receiver is told, and the connection stays usable', async () => {
  const port = await freePort()
  const connection = await connected({ host: loopback, port })
  const { datagrams, failures } = receiving(connection)
  connection.send(Buffer.from('early'))
  await vi.waitFor(() => expect(failures).toHaveLength(1))
  expect(failures[0]).toMatchObject({ code: 'NETWORK_UNREACHABLE' })
  expect(failures[0]?.message).toContain('nothing listens')
  const listener = await udpNetwork.listen({ host: loopback, port }, accepted => {
    accepted.receive({ datagram: bytes => accepted.send(bytes), failed: () => undefined })
  })
  closing.push(() => listener.close())
  connection.send(Buffer.from('late'))
  await vi.waitFor(() => expect(datagrams).toEqual(['late']))
})

test('a datagram larger than UDP carries is a failure that is told', async () => {
  const { local } = await listening(loopback)
  const { failures } = await (async () => {
    const connection = await connected(local)
    const received = receiving(connection)
    connection.send(Buffer.alloc(70_000))
    return received
  })()
  await vi.waitFor(() => expect(failures.map(({ code }) => code)).toEqual(['NETWORK_UNREACHABLE']))
})

test('a name is resolved; an unknown one is HOST_NOT_FOUND', async () => {
  const { local } = await listening(loopback)
  const byName = await connected({ host: 'localhost', port: local.port })
  expect([loopback, '::1']).toContain(byName.remote.host)
  expect(await codeOf(udpNetwork.connect({ host: 'no-such-host.invalid', port: 5_683 }))).toBe('HOST_NOT_FOUND')
})

test('a port that is taken is ADDRESS_IN_USE; an address that is not ours NETWORK_UNREACHABLE', async () => {
  const { local } = await listening(loopback)
  expect(await codeOf(udpNetwork.listen(local, () => undefined))).toBe('ADDRESS_IN_USE')
  expect(await codeOf(udpNetwork.listen({ host: '192.0.2.1', port: 0 }, () => undefined))).toBe('NETWORK_UNREACHABLE')
  const connection = await connected(local)
  expect(await codeOf(udpNetwork.connect(local, { localPort: connection.local.port }))).toBe('ADDRESS_IN_USE')
})

test('a local port is kept when asked for', async () => {
  const { local } = await listening(loopback)
  const port = await freePort()
  expect((await connected(local, port)).local.port).toBe(port)
})

test('a listener that is closed when it has answered: the answer leaves before', async () => {
  const listener = await udpNetwork.listen({ host: loopback, port: 0 }, accepted => {
    accepted.receive({
      datagram: () =>
        queueMicrotask(() => {
          accepted.send(Buffer.from('last words'))
          void listener.close()
        }),
      failed: () => undefined,
    })
  })
  const connection = await connected(listener.local)
  const { datagrams } = receiving(connection)
  connection.send(Buffer.from('anything'))
  await vi.waitFor(() => expect(datagrams).toEqual(['last words']))
})

test('closed: nothing is received or sent any more, and closing again is fine', async () => {
  const accepted: Connection[] = []
  const listener = await listening(loopback, accepted)
  const connection = await connected(listener.local)
  const { datagrams, failures } = receiving(connection)
  connection.send(Buffer.from('one'))
  await vi.waitFor(() => expect(datagrams).toEqual(['one']))
  accepted[0]?.close()
  accepted[0]?.send(Buffer.from('from the closed'))
  connection.send(Buffer.from('two'))
  await vi.waitFor(() => expect(datagrams).toEqual(['one', 'two']))
  expect(accepted).toHaveLength(2)
  connection.close()
  connection.close()
  connection.send(Buffer.from('three'))
  accepted[1]?.send(Buffer.from('late'))
  await wait(50)
  expect(datagrams).toEqual(['one', 'two'])
  expect(failures).toEqual([])
})

test('a datagram from port 0, which nobody can answer, is dropped (RFC 768)', async () => {
  const accepted: Connection[] = []
  const { local } = await listening(loopback, accepted)
  const socket = sockets.find(made => {
    try {
      return made.address().port === local.port
    } catch {
      return false
    }
  })
  socket?.emit('message', Buffer.from([0x40, 0, 0, 1]), { address: loopback, family: 'IPv4', port: 0, size: 4 })
  expect(accepted).toEqual([])
  expect(socket?.emit('message', Buffer.from('x'), { address: loopback, family: 'IPv4', port: 9, size: 1 })).toBe(true)
  expect(accepted).toHaveLength(1)
})
