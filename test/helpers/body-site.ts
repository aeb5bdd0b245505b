import { type CoapMessage, Code, noPayload } from '../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../transport/coap/options.ts'
import type { ReceiveBody } from '../../transport/coap/streamed-bodies.ts'

export const changed: CoapMessage = { code: Code.changed, options: [], payload: noPayload }

/** A body as its receiver has seen it. */
export interface SeenBody {
  readonly path: string
  readonly chunks: Buffer[]
  state: 'open' | 'ended' | 'aborted'
}

/**
 * Takes the bodies of all requests as they arrive, and remembers them. With `pause` each call waits for what that returns.
 */
export function bodySite(pause?: (seen: SeenBody) => Promise<CoapMessage | undefined> | CoapMessage | undefined) {
  const seen: SeenBody[] = []
  const receive: ReceiveBody = first => {
    const body: SeenBody = { path: findStrings(first, OptionNumber.uriPath).join('/'), chunks: [], state: 'open' }
    seen.push(body)
    return {
      write(bytes) {
        body.chunks.push(Buffer.from(bytes))
        return pause?.(body)
      },
      end(bytes) {
        body.chunks.push(Buffer.from(bytes))
        body.state = 'ended'
        const paused = pause?.(body)
        return paused instanceof Promise ? paused.then(answer => answer ?? changed) : (paused ?? changed)
      },
      abort() {
        body.state = 'aborted'
      },
    }
  }
  return {
    seen,
    receive,
    /** The bytes of a body, those of the last one by default. */
    bytes: (index = seen.length - 1) => Buffer.concat(seen[index]?.chunks ?? []),
    states: () => seen.map(({ state }) => state),
  }
}
