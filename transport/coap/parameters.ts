/** Transmission parameters and bounds of a CoAP peer. Times in milliseconds, sizes in bytes. */
export interface CoapParameters {
  /** ACK_TIMEOUT (RFC 7252 §4.8): the first wait for an acknowledgement. Default 2,000. */
  readonly ackTimeoutMs: number
  /** ACK_RANDOM_FACTOR: the first wait is stretched by a random factor between 1 and this. Default 1.5. */
  readonly ackRandomFactor: number
  /** MAX_RETRANSMIT: how often a confirmable message is sent again. Default 4. */
  readonly maxRetransmit: number
  /** NSTART: confirmable messages that may wait for their acknowledgement at once. Default 1. */
  readonly nstart: number
  /** MAX_LATENCY: how long a datagram may live in the network. Default 100,000. */
  readonly maxLatencyMs: number
  /** Confirmable messages that may queue behind NSTART. Default 1,000. */
  readonly maximumQueued: number
  /** How long a handler may take before an empty acknowledgement goes out ahead of its response. Default 50. */
  readonly piggybackWaitMs: number
  /** How long to wait for a separate response after the acknowledgement. Default 247,000 (EXCHANGE_LIFETIME). */
  readonly responseTimeoutMs: number
  /** Memory for recognising duplicates, a peer; the oldest are forgotten first. Default 65,536. */
  readonly deduplicationBytes: number
  /** Largest block sent and accepted (RFC 7959): 16, 32, … 1,024. Default 1,024. */
  readonly blockBytes: number
  /** Largest body of a block-wise transfer. Default 1,048,576. */
  readonly maximumBodyBytes: number
  /** Block-wise transfers of a peer that may be open at once, each way. Default 4. */
  readonly maximumTransfers: number
  /** Largest message accepted over a stream (Max-Message-Size, RFC 8323 §5.3.1), at least 1,152. Default 65,536. */
  readonly maximumMessageBytes: number
  /** How long the other end of a stream may take to tell its settings (CSM, RFC 8323 §5.3). Default 30,000. */
  readonly settingsTimeoutMs: number
  /** Over a stream: how long the peer may be silent, while an answer of it is awaited, before it is asked by a Ping. Default 30,000. */
  readonly pingAfterMs: number
  /** Over a stream: how long the answer to a Ping may take before the connection counts as dead. Default 30,000. */
  readonly pongTimeoutMs: number
}

export const defaultParameters: CoapParameters = {
  ackTimeoutMs: 2_000,
  ackRandomFactor: 1.5,
  maxRetransmit: 4,
  nstart: 1,
  maxLatencyMs: 100_000,
  maximumQueued: 1_000,
  piggybackWaitMs: 50,
  responseTimeoutMs: 247_000,
  deduplicationBytes: 65_536,
  blockBytes: 1_024,
  maximumBodyBytes: 1_048_576,
  maximumTransfers: 4,
  maximumMessageBytes: 65_536,
  settingsTimeoutMs: 30_000,
  pingAfterMs: 30_000,
  pongTimeoutMs: 30_000,
}

/** MAX_TRANSMIT_SPAN: from the first transmission to the last retransmission (RFC 7252 §4.8.2). */
function maxTransmitSpanMs(parameters: CoapParameters): number {
  return parameters.ackTimeoutMs * (2 ** parameters.maxRetransmit - 1) * parameters.ackRandomFactor
}

/** MAX_TRANSMIT_WAIT: from the first transmission until the sender gives up. 93 s by default. */
export function maxTransmitWaitMs(parameters: CoapParameters): number {
  return parameters.ackTimeoutMs * (2 ** (parameters.maxRetransmit + 1) - 1) * parameters.ackRandomFactor
}

/** EXCHANGE_LIFETIME: how long a confirmable message id must not be reused. 247 s by default. */
export function exchangeLifetimeMs(parameters: CoapParameters): number {
  return maxTransmitSpanMs(parameters) + 2 * parameters.maxLatencyMs + parameters.ackTimeoutMs
}

/** NON_LIFETIME: the same for a non-confirmable one. 145 s by default. */
export function nonLifetimeMs(parameters: CoapParameters): number {
  return maxTransmitSpanMs(parameters) + parameters.maxLatencyMs
}
