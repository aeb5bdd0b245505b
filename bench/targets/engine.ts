import { Lwm2mClient } from '../../index.ts'
import { target } from './target.ts'

/** A registered client of this engine. It answers its server only, so the load generator is that server. */
target(async loadPort => {
  const client = new Lwm2mClient({
    endpoint: 'urn:dev:os:bench',
    servers: [{ uri: `coap://127.0.0.1:${loadPort}`, shortServerId: 1, lifetimeSeconds: 300 }],
  })
  client.start()
  await client.registered()
  return undefined
})
