import type { Cause } from '../machines/events.ts'
import type { CoapMessage } from '../transport/coap/message.ts'
import type { CoapPeer } from '../transport/coap/peer.ts'
import { TransportError } from '../transport/errors.ts'

/** Sends a request of the client; the returned function gives it up. */
export type SendRequest = (
  message: CoapMessage,
  answered: (response: CoapMessage) => void,
  failed: (cause: Cause) => void,
) => () => void

/** A request of the client that the statecharts wait for; the network may refuse it before it times out. */
export class RequestExchange {
  #ended = false
  readonly #failed: (cause: Cause) => void
  readonly #cancel: () => void

  constructor(
    peer: CoapPeer,
    message: CoapMessage,
    answered: (response: CoapMessage) => void,
    failed: (cause: Cause) => void,
  ) {
    const request = peer.request(message)
    this.#cancel = () => request.cancel()
    this.#failed = failed
    request.response.then(
      response => {
        if (this.#ended) return
        this.#ended = true
        answered(response)
      },
      (error: unknown) => this.refuse(error),
    )
  }

  /** Whoever refuses its datagrams ends it at once, without the retransmissions. */
  refuse(error: unknown): void {
    if (this.#ended) return
    this.end()
    this.#failed(causeOf(error))
  }

  /** Gives it up: nothing is told any more. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancel()
  }
}

export function causeOf(error: unknown): Cause {
  if (error instanceof TransportError) return { code: error.code, message: error.message }
  return { code: 'UNKNOWN', message: error instanceof Error ? error.message : String(error) }
}
