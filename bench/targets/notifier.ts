import { createSocket } from 'node:dgram'
import { Lwm2mClient } from '../../index.ts'
import { temperature } from '../../objects/index.ts'
import { answerQuestions } from '../questions.ts'

/** Sent in one go; what the socket buffers of it leaves before the next. */
const burst = 32
/** As long as the notification of a number as text. */
const datagram = Buffer.alloc(17)

export interface Run {
  readonly serverPort: number
  readonly count: number
}

let client: Lwm2mClient | undefined

/** Runs in bursts; returns the CPU time of one, in µs. */
async function inBursts(count: number, once: () => void): Promise<number> {
  const before = process.cpuUsage()
  for (let left = count; left > 0; left -= burst) {
    for (let sent = 0; sent < burst; sent++) once()
    await new Promise(setImmediate)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / count
}

answerQuestions({
  async register(serverPort: number): Promise<void> {
    client = new Lwm2mClient({
      endpoint: 'urn:dev:os:bench',
      servers: [{ uri: `coap://127.0.0.1:${serverPort}`, shortServerId: 1, lifetimeSeconds: 300 }],
      objects: [temperature],
    })
    client.objects.create(temperature, 0, { sensorValue: 0 })
    client.start()
    await client.registered()
  },

  /** One hot resource, each of its values a notification. */
  notify(count: number): Promise<number> {
    const sensor = client?.objects.instance(temperature, 0)
    let value = 100_000
    return inBursts(count, () => sensor?.set({ sensorValue: ++value }))
  },

  /** The floor: as many datagrams of the same size. */
  async send({ serverPort, count }: Run): Promise<number> {
    const socket = createSocket('udp4')
    await new Promise<void>(resolve => socket.connect(serverPort, '127.0.0.1', resolve))
    const microseconds = await inBursts(count, () => socket.send(datagram))
    socket.close()
    return microseconds
  },
})
