import { decodeDatagram, encodeDatagram, encodeEmpty } from '../../transport/coap/codec.ts'
import { type CoapDatagram, Code, MessageType, noPayload } from '../../transport/coap/message.ts'
import type { CoapParameters } from '../../transport/coap/parameters.ts'
import { CoapPeer, type RequestHandler } from '../../transport/coap/peer.ts'
import type { Connection, ConnectionReceiver } from '../../transport/connection.ts'
import type { TransportError } from '../../transport/errors.ts'
import type { Random } from '../../transport/random.ts'
import { seededRandom } from '../../transport/random.ts'
import { SimulatedClock } from '../../transport/simulated-clock.ts'
import type { Trace } from '../../transport/trace.ts'
import { notFound } from './coap-site.ts'

export interface CoapWireOptions {
  readonly parameters?: Partial<CoapParameters>
  readonly handler?: RequestHandler
  readonly random?: Random
  readonly trace?: Trace
}

/** A peer under simulated time whose other end the test plays, datagram by datagram. */
export function coapWire(options: CoapWireOptions = {}) {
  const clock = new SimulatedClock(0)
  const handlerErrors: unknown[] = []
  const networkErrors: TransportError[] = []
  const sent: { readonly atMs: number; readonly bytes: Buffer }[] = []
  let receiver: ConnectionReceiver | undefined
  let closed = false
  const connection: Connection = {
    local: { host: '10.0.0.1', port: 49_152 },
    remote: { host: '10.0.0.2', port: 5_683 },
    send: bytes => {
      sent.push({ atMs: clock.now(), bytes: Buffer.from(bytes) })
    },
    receive: to => {
      receiver = to
    },
    close: () => {
      closed = true
    },
  }
  const peer = new CoapPeer(connection, {
    clock,
    random: options.random ?? seededRandom(1),
    handler: options.handler ?? notFound,
    parameters: options.parameters ?? {},
    ...(options.trace && { trace: options.trace }),
    onHandlerError: error => handlerErrors.push(error),
    onNetworkError: error => networkErrors.push(error),
  })
  const takeTimed = () => sent.splice(0).map(({ atMs, bytes }) => ({ atMs, ...decodeDatagram(bytes) }))
  return {
    clock,
    peer,
    handlerErrors,
    networkErrors,
    get closed() {
      return closed
    },
    get receiver() {
      return receiver as ConnectionReceiver
    },
    /** What was sent since the last look, with the time of each. */
    takeTimed,
    /** What was sent since the last look. */
    take: (): CoapDatagram[] => sent.splice(0).map(({ bytes }) => decodeDatagram(bytes)),
    /** The one datagram sent since the last look. */
    takeOne(): CoapDatagram {
      const datagrams = sent.splice(0)
      if (datagrams.length !== 1) throw new Error(`${datagrams.length} datagrams were sent, not one`)
      return decodeDatagram((datagrams[0] as { bytes: Buffer }).bytes)
    },
    /** The bytes sent since the last look. */
    takeBytes: () => sent.splice(0).map(({ bytes }) => bytes),
    deliverBytes(bytes: Uint8Array) {
      receiver?.datagram(Buffer.from(bytes))
    },
    /** A confirmable GET, unless told otherwise. */
    deliver(datagram: Partial<CoapDatagram>) {
      receiver?.datagram(encodeDatagram(datagramOf(datagram)))
    },
    deliverEmpty(type: MessageType, messageId: number) {
      receiver?.datagram(encodeEmpty(type, messageId))
    },
    /** A piggybacked response to a request that was sent. */
    answer(request: CoapDatagram, response: Partial<CoapDatagram> = {}) {
      const { messageId, token } = request
      this.deliver({ type: MessageType.acknowledgement, code: Code.content, messageId, token, ...response })
    },
  }
}

export function datagramOf(datagram: Partial<CoapDatagram>): CoapDatagram {
  return {
    type: MessageType.confirmable,
    code: Code.get,
    messageId: 1,
    token: Buffer.from([1]),
    options: [],
    payload: noPayload,
    ...datagram,
  }
}

/** The error code of a promise that rejects. */
export function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'fulfilled',
    (error: { code?: unknown }) => error.code ?? error,
  )
}
