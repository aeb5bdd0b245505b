import type { Clock } from './clock.ts'
import type { Address } from './connection.ts'
import type { Stream, StreamNetwork, StreamReceiver } from './stream.ts'
import { TcpSpeaker } from './tcp-speaker.ts'

/** Streams of which the segments of TCP are written that would carry their bytes. */
export function recordedStreams(network: StreamNetwork, write: (packet: Buffer) => void, clock: Clock): StreamNetwork {
  return {
    async connect(remote, options) {
      const stream = await network.connect(remote, options)
      const [own, peer] = TcpSpeaker.dialogue(stream.local, stream.remote, write, clock.now())
      return new RecordedStream(stream, own, peer)
    },
    listen(local, accept, options) {
      const acceptRecorded = (stream: Stream) => {
        const [peer, own] = TcpSpeaker.dialogue(stream.remote, stream.local, write, clock.now())
        accept(new RecordedStream(stream, own, peer))
      }
      return network.listen(local, acceptRecorded, options)
    },
  }
}

class RecordedStream implements Stream {
  readonly #stream: Stream
  readonly #own: TcpSpeaker
  readonly #peer: TcpSpeaker

  constructor(stream: Stream, own: TcpSpeaker, peer: TcpSpeaker) {
    this.#stream = stream
    this.#own = own
    this.#peer = peer
  }

  get local(): Address {
    return this.#stream.local
  }

  get remote(): Address {
    return this.#stream.remote
  }

  get identity(): Stream['identity'] {
    return this.#stream.identity
  }

  get proof(): Stream['proof'] {
    return this.#stream.proof
  }

  send(bytes: Uint8Array): boolean {
    this.#own.say(bytes)
    return this.#stream.send(bytes)
  }

  receive(receiver: StreamReceiver): void {
    this.#stream.receive({
      bytes: bytes => {
        this.#peer.say(bytes)
        receiver.bytes(bytes)
      },
      drained: () => receiver.drained(),
      closed: error => {
        this.#peer.close()
        receiver.closed(error)
      },
    })
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  close(): void {
    this.#own.close()
    this.#stream.close()
  }
}
