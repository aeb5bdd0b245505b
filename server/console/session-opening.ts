import { attempt, unlessAborted } from '../../transport/attempt.ts'
import type { Clock } from '../../transport/clock.ts'
import type { Packet, ReceivedPacket } from '../../transport/coap/packet.ts'
import { PacketSession } from '../../transport/coap/packets.ts'
import type { Address, Connection, Listener, Network } from '../../transport/connection.ts'
import { closedError, TransportError } from '../../transport/errors.ts'
import type { Random } from '../../transport/random.ts'
import type { Stream, StreamListener } from '../../transport/stream.ts'
import { securedNetwork } from '../dtls.ts'
import type { Transport } from '../place.ts'
import type { ServerSecurity } from '../security.ts'
import { tlsOptions } from '../tls.ts'
import { notConnected } from './console-failure.ts'

/** Where and how a console waits for a client. */
export interface ConsoleListenOptions {
  /** Address to listen on; `::` for IPv6. Default `0.0.0.0`. */
  readonly host?: string | undefined
  /** Default 5683, with `security` 5684; 0 takes any free one. */
  readonly port?: number | undefined
  /** Default `udp`. */
  readonly transport?: Transport | undefined
  /** Default: none. */
  readonly security?: ServerSecurity | undefined
}

export interface SessionOptions {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  /** A handshake of somebody has failed; the session goes on. */
  readonly onFailure: (error: TransportError) => void
}

/** Somebody that has talked. */
interface Peer {
  readonly connection: Connection | Stream
  readonly packets: PacketSession
}

const plainPort = 5683
const securePort = 5684

/**
 * Packets to and from one peer. A listening session belongs to the first that talks, by a datagram, a handshake or a
 * connection; nobody else is heard until {@link unconnect}, or until the peer has ended its session or connection.
 */
export class ConsoleSession {
  /** Whether packets have neither types nor message ids. */
  readonly isStream: boolean
  readonly #clock: Clock
  /** The one whose packets are read; behind it one that has come after the end of it, before that was read. */
  readonly #peers: Peer[] = []
  readonly #newcomer = new Set<() => void>()
  #listener: Listener | StreamListener | undefined
  #isClosed = false

  private constructor(clock: Clock, isStream: boolean) {
    this.#clock = clock
    this.isStream = isStream
  }

  /** Rejects with TransportError ADDRESS_IN_USE, NETWORK_UNREACHABLE, INVALID_SECURITY or NOT_SUPPORTED. */
  static async listen(listen: ConsoleListenOptions, options: SessionOptions): Promise<ConsoleSession> {
    const { host = '0.0.0.0', transport = 'udp', security } = listen
    const { port = security === undefined ? plainPort : securePort } = listen
    const { clock, random, network, onFailure } = options
    const session = new ConsoleSession(clock, transport === 'tcp')
    const accept = (connection: Connection | Stream) => session.#accept(connection)
    const told = security && { ...security, onFailure: both(onFailure, security.onFailure) }
    if (transport === 'udp') {
      const secured = told === undefined ? network : securedNetwork(network, told, clock, random)
      session.#listener = await secured.listen({ host, port }, accept)
      return session
    }
    const { streams } = network
    if (streams === undefined) throw new TransportError('NOT_SUPPORTED', 'this network carries datagrams only, not TCP')
    session.#listener = await streams.listen({ host, port }, accept, told && { tls: tlsOptions(told, clock) })
    return session
  }

  /**
   * Over UDP and without security. Rejects with TransportError HOST_NOT_FOUND, NETWORK_UNREACHABLE or ADDRESS_IN_USE; CLOSED
   * when `signal` gives it up.
   */
  static async connect(
    remote: Address,
    localPort: number,
    { clock, network }: Pick<SessionOptions, 'clock' | 'network'>,
    signal?: AbortSignal,
  ): Promise<ConsoleSession> {
    const session = new ConsoleSession(clock, false)
    // Where it was given up, what comes of it is closed at once.
    const connecting = network.connect(remote, { localPort }).then(connection => session.#accept(connection))
    try {
      await unlessAborted(connecting, signal)
    } catch (error) {
      await session.close()
      throw error
    }
    return session
  }

  /** Whether it takes another peer when this one is let go. */
  get isListening(): boolean {
    return this.#listener !== undefined
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** The local one; undefined when neither listens nor has a peer. */
  get port(): number | undefined {
    return (this.#listener ?? this.#peers[0]?.connection)?.local.port
  }

  /** Where the peer is; undefined as long as there is none. */
  get remote(): Address | undefined {
    return this.#peers.at(-1)?.connection.remote
  }

  /** Throws as {@link PacketSession.send}, or ConsoleError without a peer. */
  send(packet: Packet): void {
    this.#last().send(packet)
  }

  /** As {@link send}, to whom the packet received last was from. */
  reply(packet: Packet): void {
    const peer = this.#peers[0]?.packets ?? this.#last()
    peer.send(packet)
  }

  sendRaw(bytes: Uint8Array): void {
    this.#last().sendRaw(bytes)
  }

  /**
   * The next packet of the peer, which is waited for, too. Rejects as {@link PacketSession.receive}; once with what ended the
   * connection, and waits for another peer from then on.
   */
  async receive(timeoutMs: number, signal?: AbortSignal): Promise<ReceivedPacket> {
    const dueMs = this.#clock.now() + timeoutMs
    for (;;) {
      const leftMs = Math.max(0, dueMs - this.#clock.now())
      const peer = this.#peers[0] ?? (await this.#nextPeer(leftMs, signal))
      try {
        return await peer.packets.receive(Math.max(0, dueMs - this.#clock.now()), signal)
      } catch (error) {
        if (error !== peer.packets.end) throw error
        if (this.#peers[0] === peer && this.isListening) this.#peers.shift()
        if (this.#peers[0] === undefined || this.#peers[0] === peer) throw error
      }
    }
  }

  /** Lets go of the peer: whoever talks next is the new one. Idempotent. */
  unconnect(): void {
    for (const { packets } of this.#peers.splice(0)) packets.close()
  }

  /** Rejects whoever receives with TransportError CLOSED. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.unconnect()
    const listener = this.#listener
    this.#listener = undefined
    for (const wake of this.#newcomer) wake()
    await listener?.close()
  }

  #accept(connection: Connection | Stream): void {
    const former = this.#peers.at(-1)
    const isTaken = former !== undefined && former.packets.end === undefined
    if (this.#isClosed || isTaken || this.#peers.length > 1) {
      connection.close()
      return
    }
    this.#peers.push({ connection, packets: new PacketSession(connection, { clock: this.#clock }) })
    for (const wake of this.#newcomer) wake()
  }

  async #nextPeer(timeoutMs: number, signal: AbortSignal | undefined): Promise<Peer> {
    if (!this.isListening) throw this.#isClosed ? closedError() : notConnected()
    const late = () => new TransportError('TIMEOUT', `nobody has talked within ${timeoutMs} ms`)
    return attempt({ timeoutMs, late, signal, clock: this.#clock }, (done, failed) => {
      const wake = () => {
        this.#newcomer.delete(wake)
        const [peer] = this.#peers
        if (peer === undefined) failed(closedError())
        else done(peer)
      }
      this.#newcomer.add(wake)
      return () => this.#newcomer.delete(wake)
    })
  }

  #last(): PacketSession {
    const peer = this.#peers.at(-1)
    if (peer === undefined) throw notConnected()
    return peer.packets
  }
}

function both(
  first: (error: TransportError) => void,
  second: ((error: TransportError) => void) | undefined,
): (error: TransportError) => void {
  return error => {
    first(error)
    second?.(error)
  }
}
