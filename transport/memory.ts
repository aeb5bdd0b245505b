import { AcceptedConnection } from './accepted-connection.ts'
import type { Clock, Timer } from './clock.ts'
import type { Address, Connection, ConnectionReceiver, ConnectOptions, Listener, Network } from './connection.ts'
import { TransportError } from './errors.ts'
import { MemoryStreamNetwork } from './memory-stream.ts'
import type { Random } from './random.ts'

/** How the network treats each datagram; {@link MemoryStreamNetwork} says what streams have of it. */
export interface NetworkConditions {
  /** Probability that it is lost, 0–1. */
  readonly loss: number
  /** Probability that it arrives twice, 0–1. */
  readonly duplication: number
  /** Shortest and longest way, milliseconds; drawn for each datagram, so a span reorders. */
  readonly delayMs: readonly [min: number, max: number]
}

const perfect: NetworkConditions = { loss: 0, duplication: 0, delayMs: [0, 0] }

/** Where datagrams to an address go. */
type Port = (bytes: Buffer, from: Address) => void

const firstEphemeralPort = 49_152

/** A network in memory, for tests and simulations: as unreliable as asked for, and the same for the same seed. */
export class MemoryNetwork implements Network {
  readonly #clock: Clock
  readonly #random: Random
  readonly #ports = new Map<string, Port>()
  readonly #travelling = new Set<Timer>()
  #streams: MemoryStreamNetwork | undefined
  #nextPort = firstEphemeralPort
  /** May be changed at any time; holds for datagrams sent from then on. */
  conditions: NetworkConditions

  constructor(options: { clock: Clock; random: Random; conditions?: Partial<NetworkConditions> }) {
    this.#clock = options.clock
    this.#random = options.random
    this.conditions = { ...perfect, ...options.conditions }
  }

  /** Its streams; their ports are others than those of datagrams. */
  get streams(): MemoryStreamNetwork {
    this.#streams ??= new MemoryStreamNetwork({ clock: this.#clock, random: this.#random, ground: this })
    return this.#streams
  }

  connect(remote: Address, options: ConnectOptions = {}): Promise<MemoryConnection> {
    const host = '10.0.0.1'
    const { localPort = 0 } = options
    const local: Address = localPort === 0 ? this.freshAddress(host) : { host, port: localPort }
    if (this.#ports.has(key(local))) return Promise.reject(inUse(local))
    return Promise.resolve(new MemoryConnection(this, local, remote))
  }

  listen(local: Address, accept: (connection: Connection) => void): Promise<Listener> {
    const address = local.port === 0 ? this.freshAddress(local.host) : local
    if (this.#ports.has(key(address))) return Promise.reject(inUse(address))
    return Promise.resolve(new MemoryListener(this, address, accept))
  }

  /** Takes part in the network at an address; used by connections and listeners, or by a test that plays a host. */
  attach(local: Address, port: Port): void {
    this.#ports.set(key(local), port)
  }

  detach(local: Address): void {
    this.#ports.delete(key(local))
  }

  /** An address nobody has. */
  freshAddress(host: string): Address {
    let address: Address
    do address = { host, port: this.#nextPort++ }
    while (this.#ports.has(key(address)))
    return address
  }

  send(bytes: Uint8Array, from: Address, to: Address): void {
    const { loss, duplication } = this.conditions
    if (this.#random.fraction() >= loss) this.#carry(bytes, from, to)
    if (duplication > 0 && this.#random.fraction() < duplication) this.#carry(bytes, from, to)
  }

  #carry(bytes: Uint8Array, from: Address, to: Address): void {
    const copy = Buffer.from(bytes)
    this.later(() => this.#ports.get(key(to))?.(copy, from), this.drawDelayMs())
  }

  /** How long the next thing is on its way. */
  drawDelayMs(): number {
    const [min, max] = this.conditions.delayMs
    return min + this.#random.fraction() * (max - min)
  }

  /** Calls back after `delayMs`, unless what is on its way is dropped. */
  later(callback: () => void, delayMs: number): void {
    const timer = this.#clock.setTimeout(() => {
      this.#travelling.delete(timer)
      callback()
    }, delayMs)
    this.#travelling.add(timer)
  }

  /** Drops what is on its way, and cuts all streams. */
  clear(): void {
    for (const timer of this.#travelling) this.#clock.clearTimeout(timer)
    this.#travelling.clear()
    this.#streams?.cut()
  }
}

/** A link to one remote address; datagrams of others are dropped, as by a connected socket. */
export class MemoryConnection implements Connection {
  readonly #network: MemoryNetwork
  readonly remote: Address
  #local: Address
  #receiver: ConnectionReceiver | undefined
  #closed = false

  constructor(network: MemoryNetwork, local: Address, remote: Address) {
    this.#network = network
    this.#local = local
    this.remote = remote
    this.#attach()
  }

  get local(): Address {
    return this.#local
  }

  receive(receiver: ConnectionReceiver): void {
    this.#receiver = receiver
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed) this.#network.send(bytes, this.#local, this.remote)
  }

  /** Appears under another address from now on, as behind a NAT that forgot its binding. */
  rebind(local: Address = this.#network.freshAddress(this.#local.host)): void {
    if (this.#closed) return
    this.#network.detach(this.#local)
    this.#local = local
    this.#attach()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#receiver = undefined
    this.#network.detach(this.#local)
  }

  #attach(): void {
    this.#network.attach(this.#local, (bytes, from) => {
      if (from.host === this.remote.host && from.port === this.remote.port) this.#receiver?.datagram(bytes)
    })
  }
}

class MemoryListener implements Listener {
  readonly local: Address
  readonly #network: MemoryNetwork
  readonly #accept: (connection: Connection) => void
  readonly #connections = new Map<string, AcceptedConnection>()

  constructor(network: MemoryNetwork, local: Address, accept: (connection: Connection) => void) {
    this.#network = network
    this.local = local
    this.#accept = accept
    network.attach(local, (bytes, from) => this.#connection(from).deliver(bytes))
  }

  connection(remote: Address): Connection {
    return this.#connection(remote)
  }

  close(): Promise<void> {
    this.#network.detach(this.local)
    for (const connection of this.#connections.values()) connection.close()
    return Promise.resolve()
  }

  #connection(remote: Address): AcceptedConnection {
    const known = this.#connections.get(key(remote))
    if (known !== undefined) return known
    const connection = new AcceptedConnection(
      this.local,
      remote,
      (bytes, to) => this.#network.send(bytes, this.local, to),
      closed => this.#connections.delete(key(closed.remote)),
    )
    this.#connections.set(key(remote), connection)
    this.#accept(connection)
    return connection
  }
}

function key({ host, port }: Address): string {
  return `${host} ${port}`
}

function inUse({ host, port }: Address): TransportError {
  return new TransportError('ADDRESS_IN_USE', `${host} port ${port} is in use`)
}
