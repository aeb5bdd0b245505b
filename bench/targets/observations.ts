import { Lwm2mClient } from '../../index.ts'
import { defineObject } from '../../objects/index.ts'
import type { Address } from '../../transport/connection.ts'
import { MemoryNetwork, SimulatedClock, seededRandom } from '../../transport/index.ts'
import { observeRequest } from '../observe-request.ts'
import { answerQuestions } from '../questions.ts'
import { Registry } from '../registry.ts'
import { collectedMemory } from './collected-memory.ts'

/** The client remembers the answer to a request for EXCHANGE_LIFETIME (RFC 7252 §4.8.2), which is not of its observations. */
const forgottenMs = 300_000

/** An instance with a value, and others that are as many as is asked for. */
const sensor = defineObject({
  id: 33_000,
  name: 'Sensor',
  multiple: true,
  resources: {
    value: { id: 0, type: 'float', operations: 'R' },
    others: { id: 1, type: 'float', operations: 'R', multiple: true },
  },
})

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
  readonly instances: number
  /** How many other values its first instance has. */
  readonly others: number
}

export interface Watching {
  /** The first client that is observed; those after it are, too. */
  readonly from: number
  readonly paths: readonly (readonly number[])[]
}

answerQuestions({
  /** More clients, registered, none of which is observed. */
  async grow(growth: Growth): Promise<void> {
    const grown: Lwm2mClient[] = []
    for (let left = growth.clients; left > 0; left--) {
      const client = new Lwm2mClient({
        endpoint: `urn:dev:os:bench-${clients.length}`,
        servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 86_400 }],
        objects: [sensor],
        maximumObservations: 100_000,
        network,
        clock,
      })
      for (let id = 0; id < growth.instances; id++) client.objects.create(sensor, id, { value: id })
      for (let id = 0; id < growth.others; id++) client.objects.set(`/33000/0/1/${id}`, id)
      clients.push(client)
      grown.push(client)
      client.start()
      await clock.advance(1)
    }
    await clock.until(Promise.all(grown.map(client => client.registered())))
  },

  /** Observes; returns how many answers came. */
  async observe({ from, paths }: Watching): Promise<number> {
    const before = received
    for (const address of registry.clients.slice(from)) {
      for (const [index, path] of paths.entries()) {
        network.send(observeRequest(path, index), serverAddress, address)
        if (index % 100 === 99) await clock.advance(1)
      }
      await clock.advance(1)
    }
    await clock.advance(forgottenMs)
    return received - before
  },

  /** From now on a change is held back for a day: a write then costs what it takes to find that out. */
  hold(client: number): void {
    clients[client]?.objects.set('/1/0/2', 86_400)
  },

  /** The time of one write to the first value of a client, in ns. */
  write({ client, count }: { readonly client: number; readonly count: number }): number {
    const { objects } = clients[client] as Lwm2mClient
    const startedMs = performance.now()
    for (let value = 0; value < count; value++) objects.set('/33000/0/0', value)
    return ((performance.now() - startedMs) * 1e6) / count
  },

  memory: collectedMemory,
})
