import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { answerQuestions } from './questions.ts'
import { Registry } from './registry.ts'

/** CON GET /3/0/0, with room for a message id and a 4-byte token. */
const request = Buffer.from([0x44, 0x01, 0, 0, 0, 0, 0, 0, 0xb1, 0x33, 0x01, 0x30, 0x01, 0x30])
/** A server remembers message ids for EXCHANGE_LIFETIME (RFC 7252 §4.4), so one source may not use an id twice in a run. */
const maxRequests = 60_000
const stallMs = 2_000

export interface LoadRun {
  /** Of the server to ask; without it, the client that registered here. */
  readonly port?: number | undefined
  readonly requests: number
  readonly outstanding: number
}

const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 })
const registry = new Registry<RemoteInfo>((bytes, { port, address }) => socket.send(bytes, port, address))
/** 1 while a request with this message id waits for its response. */
const waiting = new Uint8Array(maxRequests)
let nextMessageId = 0
let onResponse = (_datagram: Buffer): void => {}

socket.on('message', (datagram, from) => {
  if (!registry.receive(datagram, from)) onResponse(datagram)
})

/** A closed loop: each response is the cue for the next request. @returns the time it took, in ms. */
function run({ port = registeredClient().port, requests, outstanding }: LoadRun): Promise<number> {
  if (nextMessageId + requests > maxRequests) throw new Error(`more than ${maxRequests} requests of one source`)
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    let unsent = requests
    let unanswered = requests
    const ask = () => {
      unsent--
      waiting[nextMessageId] = 1
      request.writeUInt16BE(nextMessageId, 2)
      request.writeUInt32BE(nextMessageId, 4)
      nextMessageId++
      socket.send(Buffer.from(request), port, '127.0.0.1')
    }
    let unansweredBefore = -1
    const watchdog = setInterval(() => {
      if (unanswered === unansweredBefore) end(new Error(`no response for ${stallMs} ms, ${unanswered} requests left`))
      unansweredBefore = unanswered
    }, stallMs)
    const end = (error?: Error) => {
      clearInterval(watchdog)
      if (error === undefined) resolve(performance.now() - startedMs)
      else reject(error)
    }
    onResponse = datagram => {
      const messageId = datagram.readUInt16BE(2)
      if (waiting[messageId] !== 1 || !isAnswer(datagram, messageId)) return
      waiting[messageId] = 0
      unanswered--
      if (unsent > 0) ask()
      if (unanswered === 0) end()
    }
    for (let slot = 0; slot < outstanding; slot++) ask()
  })
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
