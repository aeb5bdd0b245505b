import { isRequest } from '../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../transport/coap/options.ts'
import type { Packet } from '../../transport/coap/packet.ts'
import { messageKind } from './message-kind.ts'

/** What a console remembers of the requests that it has received. */
export class SeenRequests {
  #latest: Packet | undefined
  #bootstrapPack: Packet | undefined
  #registeredEndpoint: string | undefined

  get latest(): Packet | undefined {
    return this.#latest
  }

  /** The latest Bootstrap-Pack-Request, unless it was answered. */
  get bootstrapPack(): Packet | undefined {
    return this.#bootstrapPack
  }

  /** The endpoint name of the latest Register, unless there was a De-register since; empty where it had none. */
  get registeredEndpoint(): string | undefined {
    return this.#registeredEndpoint
  }

  /** Takes any packet. */
  note(packet: Packet, isAnswered: boolean): void {
    if (!isRequest(packet.code)) return
    this.#latest = packet
    switch (messageKind(packet)) {
      case 'register': {
        const names = findStrings(packet, OptionNumber.uriQuery).filter(query => query.startsWith('ep='))
        this.#registeredEndpoint = names[0]?.slice('ep='.length) ?? ''
        break
      }
      case 'deregister':
        this.#registeredEndpoint = undefined
        break
      case 'bootstrapPackRequest':
        this.#bootstrapPack = isAnswered ? undefined : packet
    }
  }

  /** Their client is gone, or no longer the one that counts. */
  forgetClient(): void {
    this.#bootstrapPack = undefined
    this.#registeredEndpoint = undefined
  }
}
