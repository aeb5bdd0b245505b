import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

/** The programs it takes, without DTLS. */
export const libcoapPrograms = ['coap-client-notls', 'coap-server-notls'] as const
export const libcoapInstall = 'apt-get install libcoap3-bin'

const run = promisify(execFile)

export interface CoapClientOptions {
  /** GET unless told otherwise. */
  readonly method?: 'get' | 'post' | 'put' | 'delete' | 'fetch' | 'patch' | 'ipatch'
  readonly payload?: Uint8Array
  /** Bytes of a block: 16, 32 … 1024. */
  readonly blockSize?: number
  /** Asks for an observation and ends it after this time. */
  readonly observeSeconds?: number
  readonly nonConfirmable?: boolean
  /** The number of a Content-Format, as `-A` and `-t` take it. */
  readonly accept?: number
  readonly contentFormat?: number
  /** How long libcoap waits for an answer; 10 s unless told otherwise. */
  readonly waitSeconds?: number
  /** Which of its datagrams it does not send, counted from 1: `2,5` or `3-4`. */
  readonly lost?: string
}

export interface CoapClientResult {
  /** The payload, byte for byte; of an observation, one payload after the other. */
  readonly payload: Buffer
  /** Every message sent and received, decoded by libcoap, one a line, as `v:1 t:CON c:GET i:1a2b {01} [ … ]`. */
  readonly trace: readonly string[]
  /** What libcoap prints of an error answer, as `4.04 Not Found`; empty after a success. Its exit code says nothing. */
  readonly error: string
}

/** Runs libcoap's client once. */
export async function coapClient(uri: string, options: CoapClientOptions = {}): Promise<CoapClientResult> {
  const waitSeconds = options.waitSeconds ?? 10
  const folder = await mkdtemp(join(tmpdir(), 'libcoap-'))
  try {
    const answer = join(folder, 'answer')
    const body = join(folder, 'body')
    const args = ['-v', '7', '-o', answer, '-B', String(waitSeconds), '-m', options.method ?? 'get']
    if (options.payload !== undefined) {
      await writeFile(body, options.payload)
      args.push('-f', body)
    }
    if (options.blockSize !== undefined) args.push('-b', String(options.blockSize))
    if (options.observeSeconds !== undefined) args.push('-s', String(options.observeSeconds))
    if (options.accept !== undefined) args.push('-A', String(options.accept))
    if (options.contentFormat !== undefined) args.push('-t', String(options.contentFormat))
    if (options.nonConfirmable === true) args.push('-N')
    if (options.lost !== undefined) args.push('-l', options.lost)
    const timeout = (waitSeconds + (options.observeSeconds ?? 0) + 5) * 1_000
    const { stdout, stderr } = await run('coap-client-notls', [...args, uri], { timeout, maxBuffer: 64 * 1024 * 1024 })
    const lines = `${stdout}\n${stderr}`.split('\n')
    return {
      payload: await readFile(answer).catch(() => Buffer.alloc(0)),
      trace: lines.filter(line => line.includes(' t:')),
      error: lines.find(line => /^[45]\.\d\d/.test(line)) ?? '',
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export interface CoapServer {
  readonly port: number
  /** `coap://127.0.0.1:PORT`, without a path. */
  readonly uri: string
  close(): Promise<void>
}

/**
 * Starts libcoap's server on a free loopback port. It serves `/time` (observable, changes every second), `/async?SECONDS` (a separate
 * response), `/example_data` (observable, written by PUT), and keeps whatever is PUT to up to 100 other paths. `lossPercent` of its datagrams it does not send.
 */
export async function startCoapServer({ lossPercent = 0 } = {}): Promise<CoapServer> {
  const port = await freePort()
  const args = ['-A', '127.0.0.1', '-p', String(port), '-d', '100']
  if (lossPercent > 0) args.push('-l', `${lossPercent}%`)
  const process = spawn('coap-server-notls', args, { stdio: 'ignore' })
  await answersPing(process, port)
  return {
    port,
    uri: `coap://127.0.0.1:${port}`,
    async close() {
      if (process.exitCode !== null) return
      process.kill('SIGKILL')
      await once(process, 'exit')
    },
  }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** RFC 7252 §4.3: an empty confirmable message is answered with a Reset. */
async function answersPing(process: ChildProcess, port: number): Promise<void> {
  const ping = Buffer.from([0x40, 0x00, 0x00, 0x01])
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  const answered = once(socket, 'message').then(() => true)
  try {
    for (let attempt = 0; attempt < 100 && process.exitCode === null; attempt++) {
      socket.send(ping, port, '127.0.0.1')
      if (await Promise.race([answered, wait(50, false)])) return
    }
  } finally {
    socket.close()
  }
  throw new Error(`coap-server-notls does not answer on port ${port}`)
}
