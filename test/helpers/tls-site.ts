import { type Duplex, duplexPair } from 'node:stream'
import { connect as connectNode } from 'node:tls'
import { verifyCertificates } from '../../transport/dtls/certificate/verify.ts'
import type { VerifyPeer } from '../../transport/dtls/credentials.ts'
import { x509 } from '../../transport/dtls/key-pair.ts'
import type { TestCertificate } from '../../transport/dtls/test-certificates.ts'
import type { TransportError } from '../../transport/errors.ts'
import type { Stream } from '../../transport/stream.ts'
import { connectTls, tlsClient } from '../../transport/tls/connect.ts'
import { TlsAcceptor } from '../../transport/tls/server.ts'
import type { TlsClientOptions, TlsServerOptions } from '../../transport/tls-options.ts'
import { nowMs } from './certificates.ts'

export const ends = { local: { host: '10.0.0.1', port: 1 }, remote: { host: '10.0.0.2', port: 2 } }

/** Two ends in memory; where one is destroyed, the other one is, too, as with sockets. */
export function linkedPair(): [Duplex, Duplex] {
  const [a, b] = duplexPair()
  a.on('close', () => b.destroy())
  b.on('close', () => a.destroy())
  return [a, b]
}

/** A certificate with those that certify it. */
export function shown(own: TestCertificate, ...authorities: readonly TestCertificate[]) {
  return x509({ chain: [own, ...authorities].map(({ der }) => der), key: own.privateKey })
}

export function trusting(purpose: 'server' | 'client', ...trustStore: readonly TestCertificate[]): VerifyPeer {
  const options = { purpose, nowMs, trustStore: trustStore.map(({ der }) => der) }
  return peer => verifyCertificates(peer.kind === 'x509' ? peer.chain : [], options)
}

/** What has happened, for tests to await. */
export class Events<T> {
  readonly all: T[] = []
  readonly #waiting: ((event: T) => void)[] = []
  #taken = 0
  readonly add = (event: T): void => {
    this.all.push(event)
    this.#waiting.shift()?.(event)
  }

  /** The next one that nobody has taken yet. */
  next(): Promise<T> {
    const index = this.#taken++
    return index < this.all.length
      ? Promise.resolve(this.all[index] as T)
      : new Promise(resolve => this.#waiting.push(resolve))
  }
}

/** What a stream receives. */
export function receiving(stream: Stream) {
  const [bytes, closed, drained] = [new Events<Buffer>(), new Events<TransportError>(), new Events<void>()]
  stream.receive({ bytes: bytes.add, closed: closed.add, drained: () => drained.add() })
  return { bytes, closed, drained }
}

/** A server of TLS in memory, and clients of it. */
export function tlsSite(serverOptions: TlsServerOptions) {
  const accepted = new Events<Stream>()
  const failures = new Events<TransportError>()
  const acceptor = new TlsAcceptor({ onFailure: failures.add, ...serverOptions }, {}, accepted.add)
  return {
    accepted,
    failures,
    async connect(options: TlsClientOptions, signal?: AbortSignal): Promise<Stream> {
      const [near, far] = linkedPair()
      acceptor.server.emit('connection', far)
      return connectTls(near, await tlsClient(options), ends, { signal })
    },
    /** A client that shows nothing and believes everything. */
    plainClient(): void {
      const [near, far] = linkedPair()
      acceptor.server.emit('connection', far)
      connectNode({ socket: near, rejectUnauthorized: false }).on('error', () => undefined)
    },
    /** Both ends of a session. */
    async session(options: TlsClientOptions): Promise<[client: Stream, server: Stream]> {
      const client = await this.connect(options)
      return [client, await accepted.next()]
    },
  }
}

/** Sends there and back. */
export async function greet([client, server]: readonly [Stream, Stream]): Promise<void> {
  const [atClient, atServer] = [receiving(client), receiving(server)]
  client.send(Buffer.from('hello'))
  const there = await atServer.bytes.next()
  server.send(there)
  const back = await atClient.bytes.next()
  if (back.toString() !== 'hello') throw new Error(`"${back.toString()}" came back`)
}
