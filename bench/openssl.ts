import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { processCpuTime } from './process-cpu-time.ts'
import { benchPsk, benchSuite } from './targets/dtls-psk.ts'
import { placed } from './worker.ts'

const startMs = 300
const credentials = ['-dtls1_2', '-psk', Buffer.from(benchPsk.key).toString('hex'), '-cipher', benchSuite.openssl]

/** `undefined` where there is none. */
export const opensslVersion: string | undefined =
  spawnSync('openssl', ['version']).stdout?.toString().split(' ', 2).join(' ') || undefined

/** `openssl s_server`, which has one session after the other and asks for no cookies. */
export class OpensslServer {
  readonly port: number
  readonly #process: ChildProcess

  static async start(): Promise<OpensslServer> {
    const server = new OpensslServer(await freePort())
    await sleep(startMs)
    return server
  }

  private constructor(port: number) {
    this.port = port
    const args = ['s_server', '-accept', `127.0.0.1:${port}`, '-nocert', '-quiet', ...credentials]
    this.#process = spawn(...placed(true, 'openssl', args), { stdio: ['pipe', 'ignore', 'ignore'] })
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

/** Handshakes of one `openssl s_client -reconnect`: a full one and five that resume it. */
export const reconnects = 6

/** Runs it. Throws when not all of its handshakes went as they should. */
export async function runOpensslClient(port: number): Promise<void> {
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-reconnect', '-psk_identity', benchPsk.identity]
  const client = spawn(...placed(true, 'openssl', [...args, ...credentials]), { stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  client.stdout.on('data', chunk => {
    output += chunk
  })
  await once(client, 'close')
  const resumed = output.match(/^Reused,/gm)?.length
  if (resumed !== reconnects - 1) throw new Error(`s_client resumed ${resumed} sessions`)
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}
