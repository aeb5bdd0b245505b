import type { Clock } from '../clock.ts'
import type { Address, Connection } from '../connection.ts'
import type { Stream } from '../stream.ts'
import type { CoapParameters } from './parameters.ts'

/** Stub. */
export class CoapStream {
  readonly #stream: Stream
  constructor(stream: Stream) {
    this.#stream = stream
  }
  static open(
    stream: Stream,
    _options: { clock: Clock; parameters: CoapParameters; signal?: AbortSignal },
  ): Promise<CoapStream> {
    return Promise.resolve(new CoapStream(stream))
  }
  get local(): Address {
    return this.#stream.local
  }
  get remote(): Address {
    return this.#stream.remote
  }
  get identity(): string | undefined {
    return this.#stream.identity
  }
  get proof(): Connection['proof'] {
    return this.#stream.proof
  }
  close(): void {
    this.#stream.close()
  }
}
