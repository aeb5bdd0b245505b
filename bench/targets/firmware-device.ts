import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { filePackageStore, firmwareUpdate, Lwm2mClient, memoryPackageStore } from '../../index.ts'
import { CoapEndpoint, Code, systemClock, systemNetwork, systemRandom } from '../../transport/index.ts'
import { answerQuestions } from '../questions.ts'

export interface DeviceStart {
  readonly serverPort: number
  /** Where its packages are kept; without it in memory. */
  readonly directory?: string
}

/** What has arrived. */
let read: (() => AsyncIterable<Uint8Array> | Iterable<Uint8Array>) | undefined

answerQuestions({
  /** A client with Firmware Update, registered. */
  async register({ serverPort, directory }: DeviceStart): Promise<void> {
    const client = new Lwm2mClient({
      endpoint: 'urn:dev:os:bench',
      servers: [{ uri: `coap://127.0.0.1:${serverPort}`, shortServerId: 1, lifetimeSeconds: 300 }],
    })
    const store = directory === undefined ? memoryPackageStore() : filePackageStore(directory)
    firmwareUpdate(client, { store, install: () => undefined })
    read = () => store.read()
    client.start()
    await client.registered()
  },

  /** A CoAP endpoint that takes what is written as it arrives; without LwM2M. @returns its port. */
  async take(): Promise<number> {
    let parts: Uint8Array[] = []
    read = () => parts
    const answer = (code: number) => ({ code, options: [], payload: Buffer.alloc(0) })
    const endpoint = await CoapEndpoint.listen({
      network: systemNetwork,
      clock: systemClock,
      random: systemRandom,
      local: { host: '127.0.0.1', port: 0 },
      handler: () => answer(Code.notFound),
      receive: () => {
        parts = []
        return {
          write: bytes => {
            parts.push(bytes)
            return undefined
          },
          end: bytes => {
            parts.push(bytes)
            return answer(Code.changed)
          },
          abort: () => undefined,
        }
      },
    })
    return endpoint.local.port
  },

  /** The floor: a socket that answers each datagram with one as long as an acknowledgement. @returns its port. */
  async answer(): Promise<number> {
    const socket = createSocket('udp4')
    const acknowledgement = Buffer.alloc(11)
    socket.on('message', (_, from) => socket.send(acknowledgement, from.port, from.address))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return socket.address().port
  },

  /** SHA-256 of what has arrived; nothing where it is not kept. */
  async digest(): Promise<string | undefined> {
    if (read === undefined) return undefined
    const hash = createHash('sha256')
    for await (const part of read()) hash.update(part)
    return hash.digest('hex')
  },

  /** CPU time used so far, user and system, in µs. */
  cpuTime(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  },
})
