import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type FirmwareStatus, firmwareUpdate, Lwm2mClient, memoryPackageStore, PackageError } from 'lwm2m-engine'
import { ContentFormat } from 'lwm2m-engine/objects'
import { Lwm2mServer } from 'lwm2m-engine/server'
import { filter, firstValueFrom, from, timeout } from 'rxjs'

// A device takes new firmware twice: a server writes it to the device, then the device fetches it over HTTP, where the connection
// breaks half-way. docs/firmware.md says the rest.

const endpoint = 'urn:dev:os:firmware'
const limitMs = 14_000
const contentBytes = 200_000

/** Made up: its version over and over, and a checksum of that. */
function makePackage(version: string): Buffer {
  const content = Buffer.alloc(contentBytes, `${version}\n`)
  return Buffer.concat([content, checksum(content)])
}

const checksumBytes = 32

function checksum(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest()
}

async function contentOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all = await buffer(pieces)
  const content = all.subarray(0, -checksumBytes)
  if (checksum(content).equals(all.subarray(-checksumBytes))) return content
  throw new PackageError('INTEGRITY_FAILED', 'the checksum is another')
}

/** Serves a package over HTTP, half of it to whoever does not ask for a Range. */
async function servePackage(image: Buffer) {
  const server = createServer((request, response) => {
    const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
    const start = Number(first ?? 0)
    console.log(`  http: GET ${request.url} from byte ${start} on`)
    const headers = { etag: '"2.0"', 'content-length': image.length - start }
    if (first === undefined) {
      response.writeHead(200, headers)
      response.write(image.subarray(0, image.length / 2), () => response.destroy())
    } else {
      response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${image.length - 1}/${image.length}` })
      response.end(image.subarray(start))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/firmware.bin` }
}

async function updateTwice(): Promise<void> {
  const server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0 })
  const client = new Lwm2mClient({
    endpoint,
    servers: [{ uri: `coap://127.0.0.1:${server.local.port}`, shortServerId: 1 }],
    device: { firmwareVersion: '0.9' },
  })
  const firmware = firmwareUpdate(client, {
    store: memoryPackageStore(), // filePackageStore(directory) for a device that goes on after a restart
    verify: async ({ read }) => {
      const [version = ''] = (await contentOf(read())).toString('latin1').split('\n', 1)
      return { name: 'thermostat', version }
    },
    install: ({ version = '' }) => client.objects.set('/3/0/3', version),
  })
  firmware.state$.subscribe(({ state, result }) => console.log(`  device: ${state}, Update Result ${result}`))
  firmware.progress$.subscribe(({ bytes, totalBytes }) => console.log(`  device: ${bytes} of ${totalBytes} bytes`))
  const reached = (state: FirmwareStatus['state']) =>
    firstValueFrom(firmware.state$.pipe(filter(status => status.state === state)))
  const install = async () => {
    await server.execute(endpoint, '/5/0/2')
    await reached('idle')
    const { values } = await server.readComposite(endpoint, ['/3/0/3', '/5/0/5'])
    console.log('  server: firmware %s, Update Result %s', ...values.map(({ value }) => value))
  }
  client.start()
  await client.registered()

  console.log('The server writes a package')
  await server.write(endpoint, '/5/0/0', makePackage('1.0'), { contentFormat: ContentFormat.opaque })
  await install()

  console.log('The server writes where a package is; the connection breaks half-way')
  const http = await servePackage(makePackage('2.0'))
  await server.write(endpoint, '/5/0/1', http.uri)
  await reached('downloaded')
  await install()

  http.server.close()
  firmware.unsubscribe()
  await client.stop()
  await server.close()
}

try {
  await firstValueFrom(from(updateTwice()).pipe(timeout(limitMs)))
  console.log('done')
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
