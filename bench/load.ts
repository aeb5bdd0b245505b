import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { ClosedLoop, type LoopRun } from './closed-loop.ts'
import { answerQuestions } from './questions.ts'
import { Registry } from './registry.ts'

/** CON GET /3/0/0, with room for a message id and a 4-byte token. */
const request = Buffer.from([0x44, 0x01, 0, 0, 0, 0, 0, 0, 0xb1, 0x33, 0x01, 0x30, 0x01, 0x30])
/** A server remembers message ids for EXCHANGE_LIFETIME (RFC 7252 §4.4), so one source may not use an id twice in a run. */
const maxRequests = 60_000

export interface LoadRun extends LoopRun {
  /** Of the server to ask; without it, the client that registered here. */
  readonly port?: number | undefined
}

const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
const registry = new Registry<RemoteInfo>((bytes, { port, address }) => socket.send(bytes, port, address))
/** 1 while a request with this message id waits for its response. */
const waiting = new Uint8Array(maxRequests)
let nextMessageId = 0
let port = 0

socket.on('message', (datagram, from) => {
  if (!registry.receive(datagram, from)) onResponse(datagram)
})

const loop = new ClosedLoop(() => {
  waiting[nextMessageId] = 1
  request.writeUInt16BE(nextMessageId, 2)
  request.writeUInt32BE(nextMessageId, 4)
  nextMessageId++
  socket.send(Buffer.from(request), port, '127.0.0.1')
})

/** @returns the time it took, in ms. */
function run({ port: asked = registeredClient().port, ...loopRun }: LoadRun): Promise<number> {
  if (nextMessageId + loopRun.requests > maxRequests) {
    throw new Error(`more than ${maxRequests} requests of one source`)
  }
  port = asked
  return loop.run(loopRun)
}

function onResponse(datagram: Buffer): void {
  const messageId = datagram.readUInt16BE(2)
  if (waiting[messageId] !== 1 || !isAnswer(datagram, messageId)) return
  waiting[messageId] = 0
  loop.answered()
}

/** The echo returns the request itself; everyone else a 2.05 Content piggybacked on the acknowledgement. */
function isAnswer(datagram: Buffer, messageId: number): boolean {
  const isContent = datagram[0] === 0x64 && datagram[1] === 0x45
  return (isContent || (datagram[0] === 0x44 && datagram[1] === 0x01)) && datagram.readUInt32BE(4) === messageId
}

function registeredClient(): RemoteInfo {
  const [client] = registry.clients
  if (client === undefined) throw new Error('no client has registered')
  return client
}

answerQuestions({
  /** Opens the socket; clients can register from then on. @returns its port. */
  async listen(): Promise<number> {
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return socket.address().port
  },
  run,
})
