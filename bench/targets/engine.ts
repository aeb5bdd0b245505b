import { Lwm2mClient, psk } from '../../index.ts'
import { benchPsk } from './dtls-psk.ts'
import { target } from './target.ts'

const schemes = { udp: 'coap', tcp: 'coap+tcp', tls: 'coaps+tcp' } as const

/** A registered client of this engine. It answers its server only, so the load generator is that server. */
target(async ({ transport, loadPort }) => {
  const uri = `${schemes[transport]}://127.0.0.1:${loadPort}`
  const security = psk(benchPsk.identity, Buffer.from(benchPsk.key))
  const account = { uri, shortServerId: 1, lifetimeSeconds: 300 }
  const client = new Lwm2mClient({
    endpoint: 'urn:dev:os:bench',
    servers: [transport === 'tls' ? { ...account, security } : account],
  })
  client.start()
  await client.registered()
  return undefined
})
