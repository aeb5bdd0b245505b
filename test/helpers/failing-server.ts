import { Lwm2mServer } from '../../server/server.ts'
import type { Clock, Timer } from '../../transport/clock.ts'
import type { Connection, Network } from '../../transport/connection.ts'
import { TransportError } from '../../transport/errors.ts'
import type { Random } from '../../transport/random.ts'

export interface FailingServerOptions {
  readonly host: string
  readonly clock: Clock
  readonly network: Network
  /** Of the server itself. */
  readonly random: Random
  /** Decides when it fails, for how long, and whether it forgets. */
  readonly fate: Random
  readonly onFailure: () => void
  /** `forgot`: it has lost all registrations. */
  readonly onReturn: (forgot: boolean) => void
}

const meanUptimeMs = 24 * 3_600_000
/** Spread over all orders of magnitude in between: an outage may be over unnoticed, or outlast a lifetime of a day. */
const outageMs = { shortest: 30_000, longest: 30 * 3_600_000 } as const
const forgetfulness = 0.4

/** A LwM2M server that is out of reach for a while again and again, and at times returns without its memory. */
export class FailingServer {
  readonly #options: FailingServerOptions
  #server: Lwm2mServer | undefined
  #reachable = true
  #timer: Timer
  readonly counts = { outages: 0, losses: 0 }

  constructor(options: FailingServerOptions) {
    this.#options = options
  }

  get reachable(): boolean {
    return this.#reachable
  }

  async start(): Promise<void> {
    await this.#listen()
    this.#failLater()
  }

  async close(): Promise<void> {
    this.#options.clock.clearTimeout(this.#timer)
    await this.#server?.close()
  }

  knows(endpoint: string): boolean {
    return this.#server?.registrations.has(endpoint) === true
  }

  async #listen(): Promise<void> {
    const { host, clock, random, network } = this.#options
    this.#server = await Lwm2mServer.listen({ host, clock, random, network })
  }

  #failLater(): void {
    const { clock, fate } = this.#options
    this.#timer = clock.setTimeout(() => this.#fail(), -Math.log(1 - fate.fraction()) * meanUptimeMs)
  }

  #fail(): void {
    const { clock, fate, onFailure } = this.#options
    this.#reachable = false
    this.counts.outages++
    onFailure()
    const { shortest, longest } = outageMs
    this.#timer = clock.setTimeout(() => void this.#return(), shortest * (longest / shortest) ** fate.fraction())
  }

  async #return(): Promise<void> {
    const { fate, onReturn } = this.#options
    const forgets = fate.fraction() < forgetfulness
    if (forgets) {
      this.counts.losses++
      await this.#server?.close()
      await this.#listen()
    }
    this.#reachable = true
    this.#failLater()
    onReturn(forgets)
  }
}

/** The way to one server, and who watches it. */
export interface Wire {
  /** Whether datagrams pass, in either direction. */
  readonly reachable: boolean
  sent(bytes: Uint8Array): void
  received(bytes: Uint8Array): void
}

/** The network as the client of failing servers has it. */
export function failingNetwork(network: Network, wires: ReadonlyMap<string, Wire>): Network {
  return {
    async connect(remote, options) {
      const wire = wires.get(remote.host)
      if (wire === undefined) throw new TransportError('HOST_NOT_FOUND', `there is no ${remote.host}`)
      return watched(await network.connect(remote, options), wire)
    },
    listen: (local, accept) => network.listen(local, accept),
  }
}

function watched(connection: Connection, wire: Wire): Connection {
  return {
    local: connection.local,
    remote: connection.remote,
    send: bytes => {
      wire.sent(bytes)
      if (wire.reachable) connection.send(bytes)
    },
    receive: receiver => {
      connection.receive({
        datagram: bytes => {
          if (!wire.reachable) return
          wire.received(bytes)
          receiver.datagram(bytes)
        },
        failed: error => receiver.failed(error),
      })
    },
    close: () => connection.close(),
  }
}
