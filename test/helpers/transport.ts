import { inject } from 'vitest'
import { defaultParameters, maxTransmitWaitMs } from '../../transport/coap/parameters.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What carries CoAP in the scenarios of the client's lifecycle. */
    readonly transport: 'udp' | 'tcp'
  }
}

export const transport = inject('transport') ?? 'udp'

export const isTcp = transport === 'tcp'

/** As a binding writes it, /1/x/7. */
export const binding = isTcp ? 'T' : 'U'

/** Where a client reaches a server. */
export function serverUri(host: string): string {
  return `${isTcp ? 'coap+tcp' : 'coap'}://${host}`
}

const { pingAfterMs, pongTimeoutMs } = defaultParameters

/**
 * How long a connected server may leave a request unanswered before the client gives it up: MAX_TRANSMIT_WAIT over UDP (RFC
 * 7252 §4.8.2), a Ping without an answer over TCP (RFC 8323 §5.4).
 */
export const silenceMs = isTcp ? pingAfterMs + pongTimeoutMs : maxTransmitWaitMs(defaultParameters)

/** How long an attempt to reach a server takes that is not there at all: over TCP that of a connection that nobody answers. */
export const unreachableMs = isTcp ? 127_000 : silenceMs
