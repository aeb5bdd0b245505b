import { inject } from 'vitest'
import { defaultParameters, maxTransmitWaitMs } from '../../transport/coap/parameters.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** What carries CoAP in the scenarios of the client's lifecycle. Default: UDP. */
    readonly transport: 'udp' | 'tcp'
  }
}

export const isTcp = inject('transport') === 'tcp'

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

/** How an attempt ends while the network carries nothing: over TCP it is the connection that is not made. */
export const unreachable = isTcp
  ? ({ type: 'CONNECT_FAILURE', withinMs: 130_000 } as const)
  : ({ type: 'REG_TIMEOUT', withinMs: 100_000 } as const)

/** How an attempt ends where nobody listens; over UDP in memory nothing tells so. */
export const absent = isTcp
  ? ({ type: 'CONNECT_FAILURE', code: 'NETWORK_UNREACHABLE' } as const)
  : ({ type: 'REG_TIMEOUT', code: 'TIMEOUT' } as const)

/** The cause of what ends by a refusal of the network: ICMP over UDP, a reset over TCP. */
export const refusedCode = isTcp ? 'CLOSED' : 'NETWORK_UNREACHABLE'

/** What a Register says of the binding: over UDP nothing, that is the default (LwM2M Core 1.2.2 §6.2.1). */
export const toldBinding = isTcp ? ['b=T'] : []
