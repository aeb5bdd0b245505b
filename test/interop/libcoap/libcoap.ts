import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Party } from '../dtls/certificates.ts'
import type { Psk } from '../dtls/psk.ts'
import { freePort } from '../free-port.ts'

/** What libcoap is built on, each with programs of its own; `notls` without DTLS. */
export type CoapBackend = 'notls' | 'openssl' | 'gnutls'

/** The programs it takes, without DTLS. */
export const libcoapPrograms = ['coap-client-notls', 'coap-server-notls'] as const
export const libcoapDtlsPrograms = ['openssl', 'gnutls'].flatMap(name => [`coap-client-${name}`, `coap-server-${name}`])
export const libcoapInstall = 'apt-get install libcoap3-bin'

const run = promisify(execFile)

/** What a program shows of itself, and by what it verifies its peer. */
export type CoapCredentials =
  /** Its certificate, and a file with the root, both PEM; it shows no chain. */
  | { readonly kind: 'x509'; readonly own: Party; readonly root: string }
  /** It trusts every raw public key; only of the `gnutls` backend. */
  | { readonly kind: 'rpk'; readonly own: Party }

export interface CoapClientOptions {
  /** Default `notls`. */
  readonly backend?: CoapBackend
  /** For `coaps`. */
  readonly psk?: Psk
  /** For `coaps`, instead of a key. */
  readonly credentials?: CoapCredentials
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
  /** How long it may be silent before it pings. */
  readonly keepAliveSeconds?: number
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
    if (options.keepAliveSeconds !== undefined) args.push('-K', String(options.keepAliveSeconds))
    if (options.accept !== undefined) args.push('-A', String(options.accept))
    if (options.contentFormat !== undefined) args.push('-t', String(options.contentFormat))
    if (options.nonConfirmable === true) args.push('-N')
    if (options.lost !== undefined) args.push('-l', options.lost)
    if (options.psk !== undefined) args.push('-u', options.psk.identity, '-k', options.psk.key.toString())
    if (options.credentials !== undefined) args.push(...credentialArgs(options.credentials))
    const program = `coap-client-${options.backend ?? 'notls'}`
    const timeout = (waitSeconds + (options.observeSeconds ?? 0) + 5) * 1_000
    const { stdout, stderr } = await run(program, [...args, uri], { timeout, maxBuffer: 64 * 1024 * 1024 })
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
  /** For DTLS and TLS: the port after {@link port}. */
  readonly securePort: number
  close(): Promise<void>
}

export interface CoapServerOptions {
  /** Of its datagrams, how many it does not send. */
  readonly lossPercent?: number
  /** Default `notls`. */
  readonly backend?: CoapBackend
  /** The key of every identity. */
  readonly psk?: Psk
  /** Instead of a key; it demands the same of its clients. */
  readonly credentials?: CoapCredentials
}

/**
 * Starts libcoap's server on a free loopback port. It serves `/time` (observable, changes every second), `/async?SECONDS` (a separate
 * response), `/example_data` (observable, written by PUT), and keeps whatever is PUT to up to 100 other paths.
 */
export async function startCoapServer(options: CoapServerOptions = {}): Promise<CoapServer> {
  const { lossPercent = 0, backend = 'notls', psk, credentials } = options
  const port = await freePort()
  const args = ['-A', '127.0.0.1', '-p', String(port), '-d', '100']
  if (lossPercent > 0) args.push('-l', `${lossPercent}%`)
  if (psk !== undefined) args.push('-k', psk.key.toString(), '-h', 'hint')
  if (credentials !== undefined) args.push(...credentialArgs(credentials))
  const process = spawn(`coap-server-${backend}`, args, { stdio: 'ignore' })
  await answersPing(process, port)
  return {
    port,
    uri: `coap://127.0.0.1:${port}`,
    securePort: port + 1,
    async close() {
      if (process.exitCode !== null) return
      process.kill('SIGKILL')
      await once(process, 'exit')
    },
  }
}

function credentialArgs(credentials: CoapCredentials): string[] {
  const { kind, own } = credentials
  return kind === 'rpk' ? ['-M', own.file('keys'), '-n'] : ['-c', own.file('chainAndKey'), '-C', credentials.root]
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
  throw new Error(`coap-server does not answer on port ${port}`)
}
