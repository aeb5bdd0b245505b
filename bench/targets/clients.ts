import { Lwm2mClient } from '../../index.ts'
import { temperature } from '../../objects/index.ts'
import type { Address } from '../../transport/connection.ts'
import { MemoryNetwork, SimulatedClock, seededRandom } from '../../transport/index.ts'
import { answerQuestions } from '../questions.ts'
import { Registry } from '../registry.ts'
import { collectedMemory } from './collected-memory.ts'

const dayMs = 86_400_000
const lifetimeSeconds = 3_600

const clock = new SimulatedClock()
const network = new MemoryNetwork({ clock, random: seededRandom(1) })
const serverAddress: Address = { host: '10.0.0.2', port: 5683 }
const registry = new Registry<Address>((bytes, to) => network.send(bytes, serverAddress, to))
let requests = 0
network.attach(serverAddress, (datagram, from) => {
  if (registry.receive(datagram, from)) requests++
})

const clients: Lwm2mClient[] = []

/** Milliseconds that this takes, and how many requests of clients it makes. */
async function timed(phase: () => unknown): Promise<Phase> {
  const requestsBefore = requests
  const startedMs = performance.now()
  await phase()
  return { elapsedMs: performance.now() - startedMs, requests: requests - requestsBefore }
}

export interface Phase {
  readonly elapsedMs: number
  readonly requests: number
}

answerQuestions({
  create: (count: number) =>
    timed(() => {
      for (let left = count; left > 0; left--) {
        const client = new Lwm2mClient({
          endpoint: `urn:dev:os:bench-${clients.length}`,
          servers: [{ uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds }],
          objects: [temperature],
          network,
          clock,
        })
        client.objects.create(temperature, 0, { sensorValue: 21.5 })
        clients.push(client)
      }
    }),
  start: () =>
    timed(() => {
      for (const client of clients) client.start()
      return clock.until(Promise.all(clients.map(client => client.registered())))
    }),
  day: () => timed(() => clock.advance(dayMs)),
  suspend: () =>
    timed(() => {
      for (const client of clients) client.suspend()
    }),
  /** Until each has sent its Update. */
  resume: () =>
    timed(() => {
      for (const client of clients) client.resume()
      return clock.advance(1_000)
    }),
  stop: () => timed(() => clock.until(Promise.all(clients.map(client => client.stop())))),
  memory: collectedMemory,
})
