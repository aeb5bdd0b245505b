import type { Clock } from '../../transport/clock.ts'
import type { Packet, ReceivedPacket } from '../../transport/coap/packet.ts'
import type { Network } from '../../transport/connection.ts'
import type { Random } from '../../transport/random.ts'
import type { ConsoleError } from './console-error.ts'
import type { MessageKind } from './message-kind.ts'

export interface ConsoleOptions {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  /** How long `send` waits. Default 3,000. */
  readonly responseTimeoutMs?: number
}

/** What a console tells, as it happens; called synchronously. */
export interface ConsoleListener {
  /** It listens on a port, and nobody has talked yet. */
  waiting?(port: number): void
  /** What kind it was meant to be; see `summarize`. */
  sent?(packet: Packet, kind: MessageKind): void
  /** Told before what follows from it. */
  received?(packet: ReceivedPacket): void
  /**
   * What was received, or that nothing was, is not what was expected. Test scripts know this report also where nothing was
   * expected and nothing came, which is no fault.
   */
  mismatch?(report: string, isFault: boolean): void
  /** No answer has come in time. */
  unanswered?(packet: Packet): void
  /** The client of a listening console has ended its session or connection, and no answer of it was waited for: another one is. */
  ended?(error: ConsoleError): void
  /** Something that nobody asked for has failed: a handshake of a client, an automatic reply. */
  failed?(error: ConsoleError): void
}

/** How long a console waits, and who gives that up. */
export interface ConsoleWaitOptions {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ConsoleSendOptions extends ConsoleWaitOptions {
  /** What the message is meant to be, where it looks like something else. Default: what it looks like. */
  readonly kind?: MessageKind | undefined
}
