import { Lwm2mClient } from 'lwm2m-engine'
import { formatPath } from 'lwm2m-engine/objects'
import { Lwm2mBootstrapServer, Lwm2mServer, parseBootstrapConfig } from 'lwm2m-engine/server'

// A device that knows nothing but its bootstrap server gets its server from there, and registers with that.

const endpoint = 'urn:dev:os:1'
const server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0 })
const config = parseBootstrapConfig(
  JSON.stringify({
    clients: {
      '*': {
        servers: [{ uri: `coap://127.0.0.1:${server.local.port}`, shortServerId: 1, lifetimeSeconds: 300 }],
        write: [{ path: '/3/0/14', value: '+02:00' }],
      },
    },
  }),
)
const bootstrapServer = await Lwm2mBootstrapServer.listen({ host: '127.0.0.1', port: 0, config })
bootstrapServer.events$.subscribe(event => {
  if (event.type === 'operation') console.log(`bootstrap: ${event.kind} ${formatPath(event.path ?? [])}`)
  else console.log(`bootstrap: ${event.type}`)
})

const client = new Lwm2mClient({
  endpoint,
  bootstrap: { uri: `coap://127.0.0.1:${bootstrapServer.local.port}` },
})
client.events$.subscribe(({ type }) => console.log(`device: ${type}`))
client.start()
await client.registered()
console.log('the device was told its offset from UTC:', client.objects.get('/3/0/14'))
await client.stop()
await bootstrapServer.close()
await server.close()
