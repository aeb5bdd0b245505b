import { Lwm2mClient } from '../../index.ts'
import { temperature } from '../../objects/index.ts'
import type { Address } from '../../transport/connection.ts'
import { MemoryNetwork, SimulatedClock, seededRandom } from '../../transport/index.ts'
import { answerQuestions } from '../questions.ts'
import { Registry } from '../registry.ts'
import { collectedMemory } from './collected-memory.ts'

const dayMs = 86_400_000
/** Shorter than what is left of the lifetime. */
const suspendedMs = 600_000
const updateMs = 1_000
const lifetimeSeconds = 3_600

const clock = new SimulatedClock()
const network = new MemoryNetwork({ clock, random: seededRandom(1) })
const serverAddress: Address = { host: '10.0.0.2', port: 5683 }
const registry = new Registry<Address>((bytes, to) => network.send(bytes, serverAddress, to))
let requests = 0
network.attach(serverAddress, (datagram, from) => {
  if (registry.receive(datagram, from)) requests++
})

let clients: Lwm2mClient[] = []

export interface Phase {
  readonly elapsedMs: number
  /** Of all threads of the process. */
  readonly cpuMs: number
  /** That clients sent. */
  readonly requests: number
}

async function timed(phase: () => unknown): Promise<Phase> {
  const requestsBefore = requests
  const startedMs = performance.now()
  const cpuBefore = process.cpuUsage()
  await phase()
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    elapsedMs: performance.now() - startedMs,
    cpuMs: (user + system) / 1_000,
    requests: requests - requestsBefore,
  }
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
      return clock.advance(suspendedMs)
    }),
  /** Until each has sent its Update. */
  resume: () =>
    timed(() => {
      for (const client of clients) client.resume()
      return clock.advance(updateMs)
    }),
  stop: () =>
    timed(async () => {
      await clock.until(Promise.all(clients.map(client => client.stop())))
      clients = []
    }),
  memory: collectedMemory,
})
