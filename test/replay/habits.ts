import { decodeDatagram, encodeDatagram } from '../../transport/coap/codec.ts'
import { type CoapDatagram, Code, noPayload } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import type { Connection } from '../../transport/connection.ts'

/**
 * Gives our device two habits of the recorded ones that are a matter of taste, but change what a shell has to print: a single
 * resource is read as text where no format is asked for, and errors come without a sentence for people.
 */
export function withHabits(connection: Connection): Connection {
  return {
    local: connection.local,
    remote: connection.remote,
    identity: connection.identity,
    proof: connection.proof,
    send: bytes =>
      connection.send(isError(bytes) ? encodeDatagram(withoutSentence(decodeDatagram(Buffer.from(bytes)))) : bytes),
    receive: receiver =>
      connection.receive({
        datagram: bytes => receiver.datagram(isGet(bytes) ? encodeDatagram(asText(decodeDatagram(bytes))) : bytes),
        failed: error => receiver.failed(error),
        closed: error => receiver.closed?.(error),
      }),
    close: () => connection.close(),
  }
}

function isError(bytes: Uint8Array): boolean {
  return (bytes[1] ?? 0) >> 5 >= 4
}

function isGet(bytes: Uint8Array): boolean {
  return bytes[1] === Code.get
}

function withoutSentence(datagram: CoapDatagram): CoapDatagram {
  return { ...datagram, payload: noPayload }
}

function asText(datagram: CoapDatagram): CoapDatagram {
  const { options } = datagram
  const depth = options.filter(({ number }) => number === OptionNumber.uriPath).length
  if (depth !== 3 || options.some(({ number }) => number === OptionNumber.accept)) return datagram
  const accept = { number: OptionNumber.accept, value: new Uint8Array() }
  return { ...datagram, options: [...options, accept].sort((a, b) => a.number - b.number) }
}
