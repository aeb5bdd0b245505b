import { expect } from 'vitest'
import type { Address } from '../../transport/connection.ts'
import { encodeHandshake, HandshakeType } from '../../transport/dtls/handshake-message.ts'
import { listenDtls } from '../../transport/dtls/listener.ts'
import { type ClientHello, encodeClientHello } from '../../transport/dtls/messages/client-hello.ts'
import type { DtlsServerOptions } from '../../transport/dtls/parameters.ts'
import { ContentType, ProtocolVersion, plainRecord } from '../../transport/dtls/record.ts'
import { seededRandom } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import { key } from './dtls-site.ts'
import { liveHeapBytes } from './live-heap.ts'
import { OpenNetwork } from './open-network.ts'

/** A server that everybody can reach, and nobody can receive from. */
export async function openServer(options: Partial<DtlsServerOptions> = {}) {
  const clock = new SimulatedClock()
  const network = new OpenNetwork()
  const accepted: string[] = []
  const failures: string[] = []
  await listenDtls(
    network,
    { host: '10.0.0.9', port: 5684 },
    {
      clock,
      random: seededRandom(1),
      psk: () => key,
      connectionIdLength: 4,
      onFailure: error => failures.push(error.message),
      ...options,
    },
    connection => accepted.push(connection.remote.host),
  )
  return { clock, network, accepted, failures }
}

/** Another address for each number. */
export function spoofedAddress(index: number): Address {
  return { host: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`, port: 1_024 + (index % 60_000) }
}

function hello(changes: Partial<ClientHello> = {}): ClientHello {
  return {
    version: ProtocolVersion.dtls12,
    random: Buffer.alloc(32, 1),
    sessionId: Buffer.alloc(0),
    cookie: Buffer.alloc(0),
    suites: [0xc0a8],
    compressions: [0],
    extensions: {},
    ...changes,
  }
}

/** A ClientHello as it goes on the wire. */
export function helloDatagram(changes: Partial<ClientHello> = {}, sequence = 0): Buffer {
  const body = encodeClientHello(hello(changes))
  return plainRecord(
    ContentType.handshake,
    sequence,
    encodeHandshake({ type: HandshakeType.clientHello, sequence, body }),
  )
}

/**
 * Has `count` clients with addresses that are not theirs say hello: nothing is kept of them, none gets more than it sent.
 * Returns the bytes sent and answered, and how much the heap has grown.
 */
export async function floodWithHellos(count: number) {
  const { clock, network, accepted } = await openServer()
  const timers = clock.pendingTimers
  const usual = helloDatagram({
    extensions: { extendedMasterSecret: true, sessionTicket: Buffer.alloc(0), connectionId: Buffer.alloc(0) },
  })
  const wrongCookie = helloDatagram({ cookie: Buffer.alloc(32, 3) }, 1)
  const randomOffset = 27
  let sentBytes = 0
  const flood = (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      const datagram = index % 4 === 0 ? wrongCookie : usual
      datagram.writeUInt32BE(index, randomOffset)
      const answered = network.send(datagram, spoofedAddress(index))
      sentBytes += datagram.length
      if (answered > datagram.length) expect.unreachable(`${datagram.length} bytes were answered by ${answered}`)
    }
  }
  const warmUp = Math.floor(count / 10)
  flood(0, warmUp)
  const before = liveHeapBytes()
  flood(warmUp, count)
  const grownBytes = liveHeapBytes() - before
  expect(network.open).toBe(0)
  expect(accepted).toEqual([])
  expect(clock.pendingTimers).toBe(timers)
  expect(network.answered.datagrams).toBe(count)
  return { sentBytes, answeredBytes: network.answered.bytes, grownBytes }
}
