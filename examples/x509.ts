import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lwm2mClient, TransportError, x509 } from 'lwm2m-engine'
import { temperature } from 'lwm2m-engine/objects'
import { Lwm2mServer } from 'lwm2m-engine/server'
import { firstValueFrom } from 'rxjs'

// A device and a server that prove to each other who they are, by certificates. Make those first:
//   npx lwm2m certs certs --endpoint urn:dev:os:1
//   node dist/examples/x509.js certs

const folder = process.argv[2] ?? 'certs'
const endpoint = 'urn:dev:os:1'

function read(name: string): Buffer {
  try {
    return readFileSync(join(folder, name))
  } catch {
    console.error(
      `error: there is no ${join(folder, name)}; make it by: npx lwm2m certs ${folder} --endpoint ${endpoint}`,
    )
    process.exit(1)
  }
}

const ca = read('ca.pem')
const own = { certificate: read('urn-dev-os-1.pem'), key: read('urn-dev-os-1.key') }
const server = await Lwm2mServer.listen({
  host: '127.0.0.1',
  port: 0,
  security: {
    certificates: [{ certificate: read('server.pem'), key: read('server.key') }],
    trustStore: [ca], // who vouches for devices
    connectionIdLength: 8, // a device that slept, or moved, needs no handshake
    onFailure: error => console.log(`server: ${error.message}`),
  },
})
const uri = `coaps://localhost:${server.local.port}`

/** A device that trusts what `trusted` has certified. */
function device(trusted: Buffer): Lwm2mClient {
  const security = x509({ ...own, serverCertificate: trusted, usage: 2 })
  return new Lwm2mClient({
    endpoint,
    servers: [{ uri, shortServerId: 1, security }],
    dtls: { connectionIdLength: 0 },
    objects: [temperature],
  })
}

const client = device(ca)
client.objects.create(temperature, 0, { sensorValue: 21.5 })
client.start()
await client.registered()
const { identity } = server.registrations.get(endpoint) ?? {}
console.log(`registered; the server knows by the certificate that it is ${identity}`)
const { values } = await server.read(endpoint, '/3303/0/5700')
console.log('read over DTLS:', values[0]?.value)
await client.stop()

// Trusting the wrong one: its own certificate certifies nobody.
const suspicious = device(own.certificate)
const told = firstValueFrom(suspicious.events$)
suspicious.start()
const event = await told
if (event.type === 'CONNECT_FAILURE') console.log(`refused, as it should be: ${event.cause.message}`)
await suspicious.stop()
await server.close()
if (event.type !== 'CONNECT_FAILURE') throw new TransportError('HANDSHAKE', `not refused: ${event.type}`)
