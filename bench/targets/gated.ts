import { Lwm2mClient } from '../../index.ts'
import { temperature } from '../../objects/index.ts'
import type { Address } from '../../transport/connection.ts'
import { MemoryNetwork, seededRandom, systemClock } from '../../transport/index.ts'
import { observeRequest } from '../observe-request.ts'
import { answerQuestions } from '../questions.ts'
import { Registry } from '../registry.ts'

const clients = 200
/** As many as are told in one message. */
const sensorsEach = 50
const pminMs = 1_000
/** Each value changes more often than pmin lets it be told. */
const writeEveryMs = 200
const seconds = 12
/** What start-up takes of the time. */
const settledMs = 4_000

const network = new MemoryNetwork({ clock: systemClock, random: seededRandom(1), conditions: { delayMs: [0, 0] } })
const serverAddress: Address = { host: '10.0.0.2', port: 5683 }
const registry = new Registry<Address>((bytes, to) => network.send(bytes, serverAddress, to))
const lastMs = new Map<string, number>()
const lagsMs: number[] = []
let isSettled = false

network.attach(serverAddress, (datagram, from) => {
  if (registry.receive(datagram, from)) return
  const key = `${from.port} ${datagram.readUInt32BE(4)}`
  const nowMs = performance.now()
  const before = lastMs.get(key)
  lastMs.set(key, nowMs)
  // A change always waits, so the next is due when pmin has passed.
  if (isSettled && before !== undefined) lagsMs.push(nowMs - before - pminMs)
})

const sleep = (milliseconds: number) => new Promise(resolve => setTimeout(resolve, milliseconds))

answerQuestions({
  /** The lags of notifications behind the end of pmin, ascending, in ms. */
  async run(): Promise<readonly number[]> {
    const fleet = Array.from({ length: clients }, (_, index) => {
      const client = new Lwm2mClient({
        endpoint: `urn:dev:os:bench-${index}`,
        servers: [
          { uri: 'coap://10.0.0.2', shortServerId: 1, lifetimeSeconds: 3_600, defaultPminSeconds: pminMs / 1_000 },
        ],
        objects: [temperature],
        network,
      })
      const sensors = Array.from({ length: sensorsEach }, (__, id) =>
        client.objects.create(temperature, id, { sensorValue: 0 }),
      )
      client.start()
      return { client, sensors }
    })
    await Promise.all(fleet.map(({ client }) => client.registered()))
    for (const address of registry.clients) {
      for (let id = 0; id < sensorsEach; id++)
        network.send(observeRequest([3303, id, 5700], id), serverAddress, address)
      await sleep(5)
    }
    const startedMs = performance.now()
    for (let value = 1; performance.now() - startedMs < seconds * 1_000; value++) {
      isSettled = performance.now() - startedMs > settledMs
      // A slice at a time: no device writes for all others.
      for (let slice = 0; slice < clients; slice += 20) {
        for (const { sensors } of fleet.slice(slice, slice + 20))
          for (const sensor of sensors) sensor.set({ sensorValue: value })
        await sleep(writeEveryMs / 10)
      }
    }
    return lagsMs.toSorted((a, b) => a - b)
  },
})
