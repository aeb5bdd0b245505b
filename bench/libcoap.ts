import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { processCpuTime } from './process-cpu-time.ts'
import { placed } from './worker.ts'

const startMs = 300
const program = 'coap-server-notls'
const clientProgram = 'coap-client-notls'

/** Whether there is one. */
export const hasLibcoap = [program, clientProgram].every(name => spawnSync(name, ['-h']).error === undefined)

/** libcoap's example server, over UDP and TCP; a PUT creates what is read. */
export class LibcoapServer {
  readonly port: number
  readonly #process: ChildProcess

  /** @param isPinned whether it runs on the one CPU that such processes share */
  static async start(isPinned = true): Promise<LibcoapServer> {
    const server = new LibcoapServer(await freePort(), isPinned)
    await sleep(startMs)
    return server
  }

  private constructor(port: number, isPinned: boolean) {
    this.port = port
    const args = ['-A', '127.0.0.1', '-p', `${port}`, '-d', '1', '-v', '0']
    this.#process = spawn(...placed(isPinned, program, args), { stdio: 'ignore' })
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
export async function putFile(path: string, port: number, isPinned = true): Promise<void> {
  const args = ['-m', 'put', '-b', '1024', '-f', path, `coap://127.0.0.1:${port}/firmware`]
  const client = spawn(...placed(isPinned, clientProgram, args), { stdio: ['ignore', 'pipe', 'pipe'] })
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
