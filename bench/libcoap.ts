import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { processCpuTime } from './process-cpu-time.ts'
import { pinned } from './worker.ts'

const startMs = 300
const program = 'coap-server-notls'
const clientProgram = 'coap-client-notls'

/** Whether there is one. */
export const hasLibcoap = [program, clientProgram].every(name => spawnSync(name, ['-h']).error === undefined)

/** libcoap's example server, over UDP and TCP; a PUT creates what is read. */
export class LibcoapServer {
  readonly port: number
  readonly #process: ChildProcess

  static async start(): Promise<LibcoapServer> {
    const server = new LibcoapServer(await freePort())
    await sleep(startMs)
    return server
  }

  private constructor(port: number) {
    this.port = port
    const [command, ...args] = pinned(program, '-A', '127.0.0.1', '-p', `${port}`, '-d', '1', '-v', '0')
    this.#process = spawn(command, args, { stdio: 'ignore' })
  }

  /** CPU time used so far, µs; NaN where the system does not tell. */
  cpuTime(): number {
    return processCpuTime(this.#process.pid)
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}

/** Writes a file by libcoap's example client, in blocks of 1,024 bytes. Throws when that fails. */
export async function putFile(path: string, port: number): Promise<void> {
  const uri = `coap://127.0.0.1:${port}/firmware`
  const [command, ...args] = pinned(clientProgram, '-m', 'put', '-b', '1024', '-f', path, uri)
  const client = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  // Whatever fails, it says so and ends with 0.
  for (const stream of [client.stdout, client.stderr]) stream.on('data', chunk => (output += chunk))
  await once(client, 'close')
  if (output !== '') throw new Error(`${clientProgram}: ${output}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
