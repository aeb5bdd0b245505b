import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { ClosedLoop, type LoopRun } from './closed-loop.ts'
import { answerQuestions } from './questions.ts'
import { benchPsk, benchSuite } from './targets/dtls-psk.ts'

const get = 0x01
const put = 0x03
const post = 0x02
const content = 0x45
/** A CSM that says nothing (RFC 8323 §5.3). */
const settings = Buffer.from([0x00, 0xe1])
/** Uri-Path 3/0/0. */
const path = Buffer.from([0xb1, 0x33, 0x01, 0x30, 0x01, 0x30])
/** Location-Path rd/1. */
const location = Buffer.from([0x82, 0x72, 0x64, 0x01, 0x31])
const text = Buffer.from('\xfflwm2m-engine', 'latin1')
const longest = 60_000

let socket: Socket | undefined
let ready = () => {}
const isReady = new Promise<void>(resolve => {
  ready = resolve
})
/** 1 while a request with this token waits for its response. */
const waiting = new Uint8Array(longest)
let nextToken = 0
let pending: Buffer = Buffer.alloc(0)

const loop = new ClosedLoop(() => {
  waiting[nextToken] = 1
  socket?.write(message(get, token(nextToken++), path))
})

/** RFC 8323 §3.2, for messages up to 268 bytes. */
function message(code: number, ofToken: Buffer, body: Buffer): Buffer {
  const head = body.length < 13 ? [body.length << 4, code] : [0xd0, body.length - 13, code]
  head[0] = (head[0] as number) | ofToken.length
  return Buffer.concat([Buffer.from(head), ofToken, body])
}

function token(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(number)
  return bytes
}

function follow(opened: Socket): void {
  socket = opened
  opened.setNoDelay(true)
  opened.write(settings)
  opened.on('data', bytes => {
    // What is asked in answer to one chunk leaves at once.
    opened.cork()
    read(bytes)
    opened.uncork()
  })
}

function read(bytes: Buffer): void {
  pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
  let start = 0
  for (let end = endOf(start); end !== undefined; end = endOf(start)) {
    const extended = extendedBytes(start)
    const codeIndex = start + 1 + extended
    const tokenLength = (pending[start] as number) & 15
    take(pending[codeIndex] as number, pending.subarray(codeIndex + 1, codeIndex + 1 + tokenLength))
    start = end
  }
  pending = pending.subarray(start)
}

function extendedBytes(start: number): number {
  return Math.max(0, ((pending[start] as number) >> 4) - 12)
}

/** Where the message ends that starts there; undefined when it is not whole. */
function endOf(start: number): number | undefined {
  if (start + 4 > pending.length && start + 2 !== pending.length) return undefined
  const first = pending[start] as number
  const extended = extendedBytes(start)
  const base = extended === 0 ? first >> 4 : pending.readUIntBE(start + 1, extended) + (extended === 1 ? 13 : 269)
  const end = start + 2 + extended + (first & 15) + base
  return end <= pending.length ? end : undefined
}

function take(code: number, ofToken: Buffer): void {
  if (code === post) {
    // As much of an LwM2M server as one client needs to be registered.
    socket?.write(message(0x41, ofToken, location))
    ready()
  } else if (code === content || code === get) {
    // The echo returns the request itself.
    const number = ofToken.readUInt32BE()
    if (waiting[number] !== 1) return
    waiting[number] = 0
    loop.answered()
  } else if (code === 0x41 || code === 0x44 || code === 0xe1) {
    ready()
  }
}

const tlsOptions = {
  ciphers: benchSuite.openssl,
  maxVersion: 'TLSv1.2',
  pskCallback: () => Buffer.from(benchPsk.key),
} as const

answerQuestions({
  /** Waits for a client to connect and register. @returns the port. */
  async listen(isSecure: boolean): Promise<number> {
    const server = isSecure ? createTlsServer(tlsOptions, follow) : createServer(follow)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },

  /** Connects to a server and gives it what is read. */
  async connect(port: number): Promise<void> {
    const opened = connect(port, '127.0.0.1')
    await once(opened, 'connect')
    follow(opened)
    opened.write(message(put, token(longest), Buffer.concat([path, text])))
    await isReady
  },

  /** @returns the time it took, in ms. */
  async run(run: LoopRun): Promise<number> {
    await isReady
    return loop.run(run)
  },
})
