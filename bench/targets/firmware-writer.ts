import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { ContentFormat, firmwareUpdate11 } from '../../objects/index.ts'
import { Lwm2mServer } from '../../server/index.ts'
import { CoapEndpoint, Code, systemClock, systemNetwork, systemRandom } from '../../transport/index.ts'
import { answerQuestions } from '../questions.ts'

/** Who writes a package in blocks of 1,024 bytes, one after the other; each answer is the time it took, in ms. */
let firmware = Buffer.alloc(0)
let server: Lwm2mServer | undefined
let endpoint: CoapEndpoint | undefined

async function timed(write: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await write()
  return performance.now() - startedMs
}

answerQuestions({
  read(path: string): void {
    firmware = readFileSync(path)
  },

  /** @returns the port where a client can register. */
  async listen(): Promise<number> {
    server = await Lwm2mServer.listen({ host: '127.0.0.1', port: 0, objects: [firmwareUpdate11] })
    return server.local.port
  },

  /** To the client that has registered, which is idle before. */
  async push(): Promise<number> {
    const name = server?.registrations.keys().next().value ?? ''
    const write = async (bytes: Buffer) => server?.write(name, '/5/0/0', bytes, { contentFormat: ContentFormat.opaque })
    await write(Buffer.alloc(0))
    return timed(() => write(firmware))
  },

  /** By a request to a server of CoAP. */
  async put(port: number): Promise<number> {
    endpoint ??= await CoapEndpoint.listen({
      network: systemNetwork,
      clock: systemClock,
      random: systemRandom,
      local: { host: '127.0.0.1', port: 0 },
      handler: () => ({ code: Code.notFound, options: [], payload: Buffer.alloc(0) }),
    })
    const peer = endpoint.peer({ host: '127.0.0.1', port })
    const options = [{ number: 11, value: Buffer.from('firmware') }]
    return timed(async () => {
      const { code } = await peer.request({ code: Code.put, options, payload: firmware }).response
      if (code !== Code.created && code !== Code.changed) throw new Error(`answered with ${code}`)
    })
  },

  /** The floor: as many datagrams of that size, each when the one before is answered. */
  async send(port: number): Promise<number> {
    const socket = createSocket('udp4')
    await new Promise<void>(resolve => socket.connect(port, '127.0.0.1', resolve))
    const datagram = Buffer.alloc(1_045)
    let left = Math.ceil(firmware.length / 1_024)
    const elapsedMs = await timed(() => {
      socket.send(datagram)
      return new Promise<void>(resolve => {
        socket.on('message', () => {
          if (--left > 0) socket.send(datagram)
          else resolve()
        })
      })
    })
    socket.close()
    await once(socket, 'close')
    return elapsedMs
  },

  /** CPU time used so far, user and system, in µs. */
  cpuTime(): number {
    const { user, system } = process.cpuUsage()
    return user + system
  },
})
