import { Lwm2mClient } from '../../index.ts'
import { temperature } from '../../objects/index.ts'
import { answerQuestions } from '../questions.ts'
import { collectedMemory } from './collected-memory.ts'

export interface FleetGrowth {
  readonly serverPort: number
  readonly count: number
}

/** As many at once as fit into the receive buffer of the server's socket, so that no registration has to be sent again. */
const batchSize = 50

const clients: Lwm2mClient[] = []

function createClient(serverPort: number): Lwm2mClient {
  const client = new Lwm2mClient({
    endpoint: `urn:dev:os:bench-${clients.length}`,
    servers: [{ uri: `coap://127.0.0.1:${serverPort}`, shortServerId: 1, lifetimeSeconds: 300 }],
    objects: [temperature],
  })
  client.objects.create(temperature, 0, { sensorValue: 21.5 })
  clients.push(client)
  return client
}

answerQuestions({
  /** Starts `count` more clients and waits until all are registered. */
  async grow({ serverPort, count }: FleetGrowth): Promise<void> {
    for (let left = count; left > 0; left -= batchSize) {
      const batch = Array.from({ length: Math.min(left, batchSize) }, () => createClient(serverPort))
      for (const client of batch) client.start()
      await Promise.all(batch.map(client => client.registered()))
    }
  },

  memory: collectedMemory,
})
