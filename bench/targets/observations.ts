import { Lwm2mClient } from '../../index.ts'
import { temperature } from '../../objects/index.ts'
import type { Address } from '../../transport/connection.ts'
import { MemoryNetwork, SimulatedClock, seededRandom } from '../../transport/index.ts'
import { observeRequest } from '../observe-request.ts'
import { answerQuestions } from '../questions.ts'
import { Registry } from '../registry.ts'
import { collectedMemory } from './collected-memory.ts'

/** The client remembers the answer to a request for EXCHANGE_LIFETIME (RFC 7252 §4.8.2), which is not of its observations. */
const forgottenMs = 300_000

const clock = new SimulatedClock()
const network = new MemoryNetwork({ clock, random: seededRandom(1) })
const serverAddress: Address = { host: '10.0.0.2', port: 5683 }
const registry = new Registry<Address>((bytes, to) => network.send(bytes, serverAddress, to))
let received = 0
network.attach(serverAddress, (datagram, from) => {
  if (!registry.receive(datagram, from)) received++
})

const clients: Lwm2mClient[] = []

export interface Growth {
  readonly clients: number
  /** How many sensors each has. */
  readonly sensors: number
}

answerQuestions({
  /** More clients, registered, none of which is observed. */
  async grow(growth: Growth): Promise<void> {
    const grown: Lwm2mClient[] = []
    for (let left = growth.clients; left > 0; left--) {
      const client = new Lwm2mClient({
        endpoint: `urn:dev:os:bench-${clients.length}`,
        servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 86_400 }],
        objects: [temperature],
        maximumObservations: 100_000,
        network,
        clock,
      })
      for (let id = 0; id < growth.sensors; id++) client.objects.create(temperature, id, { sensorValue: id })
      clients.push(client)
      grown.push(client)
      client.start()
      await clock.advance(1)
    }
    await clock.until(Promise.all(grown.map(client => client.registered())))
  },

  /** Observes the sensors `first` to `last` of the clients from `from` on; returns how many there are. */
  async observe({ from, first, last }: { from: number; first: number; last: number }): Promise<number> {
    const before = received
    for (const [index, address] of registry.clients.slice(from).entries()) {
      for (let id = first; id <= last; id++) {
        network.send(observeRequest([3303, id, 5700], id), serverAddress, address)
        if (id % 100 === 99) await clock.advance(1)
      }
      if (index % 100 === 99) await clock.advance(1)
    }
    await clock.advance(forgottenMs)
    return received - before
  },

  /** The time of one write to the first sensor of a client, which is observed, in ns; nothing is sent for it. */
  write({ client, count }: { client: number; count: number }): number {
    const { objects } = clients[client] as Lwm2mClient
    const startedMs = performance.now()
    for (let value = 0; value < count; value++) objects.set('/3303/0/5700', value)
    return ((performance.now() - startedMs) * 1e6) / count
  },

  /** A change is held back for an hour: a write then costs what it takes to find that out. */
  hold({ client }: { client: number }): void {
    clients[client]?.objects.set('/1/0/2', 3_600)
  },

  memory: collectedMemory,
})
