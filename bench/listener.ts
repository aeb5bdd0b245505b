import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import { observeRequest } from './observe-request.ts'
import { answerQuestions } from './questions.ts'
import { Registry } from './registry.ts'

/** A server that counts what it is sent. */
const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 23 })
const registry = new Registry<RemoteInfo>((bytes, { port, address }) => socket.send(bytes, port, address))
let count = 0
let firstMs = 0
let lastMs = 0

export interface Heard {
  readonly count: number
  readonly elapsedMs: number
}

socket.on('message', (datagram, from) => {
  if (registry.receive(datagram, from)) return
  lastMs = performance.now()
  if (count++ === 0) firstMs = lastMs
})

answerQuestions({
  async listen(): Promise<number> {
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return socket.address().port
  },

  /** Observes a path of the client that registered last. */
  observe(path: readonly number[]): void {
    const address = registry.clients.at(-1)
    if (address !== undefined) socket.send(observeRequest(path, 1), address.port, address.address)
  },

  /** What was received since the last look. */
  heard(): Heard {
    const heard = { count, elapsedMs: lastMs - firstMs }
    count = 0
    return heard
  },
})
