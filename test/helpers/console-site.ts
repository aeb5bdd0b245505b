import { onTestFinished } from 'vitest'
import { ServerConsole } from '../../server/console/console.ts'
import type { ConsoleListenOptions } from '../../server/console/session-opening.ts'
import { summarize } from '../../server/console/summary.ts'
import { Code, MessageType, noPayload } from '../../transport/coap/message.ts'
import { OptionNumber, pathOptions, stringOption, uintOption } from '../../transport/coap/options.ts'
import type { Packet, ReceivedPacket } from '../../transport/coap/packet.ts'
import { PacketSession } from '../../transport/coap/packets.ts'
import type { ConnectOptions } from '../../transport/connection.ts'
import { simulatedWorld } from './simulated-world.ts'

export const host = '10.0.0.2'

/** A console on a network in memory, what it has told as lines, and clients that say what the test makes them say. */
export function consoleSite({ seed }: { readonly seed?: number } = {}) {
  const world = simulatedWorld({ seed })
  const { clock, network } = world
  const lines: string[] = []
  const console = new ServerConsole(world, {
    waiting: port => lines.push(`waiting ${port}`),
    sent: (message, kind) => lines.push(`-> ${summarize(message, kind)}`),
    received: received =>
      lines.push(`<- ${received.kind === 'message' ? summarize(received.packet) : received.reason}`),
    mismatch: report => lines.push(...report.split('\n').slice(1, 2)),
    ended: () => lines.push('ended'),
    unanswered: () => lines.push('unanswered'),
    failed: error => lines.push(`failed: ${error.message}`),
  })
  onTestFinished(async () => {
    await console.close()
    network.clear()
  })
  const client = async (options?: ConnectOptions) => {
    const connection = await network.connect({ host, port: 5683 }, options)
    return new ScriptedClient(new PacketSession(connection, { clock }), clock)
  }
  return {
    ...world,
    console,
    lines,
    /** What was told since the last call. */
    told: () => lines.splice(0),
    client,
    streamClient: async () =>
      new ScriptedClient(
        new PacketSession(await clock.until(network.streams.connect({ host, port: 5683 })), { clock }),
        clock,
      ),
    /** A console that listens, and its client, registered. */
    registered: async (options: ConsoleListenOptions = {}) => {
      const listening = console.listen({ host, ...options })
      await clock.advance(0)
      const registering = await client()
      registering.send(register)
      await clock.until(listening)
      await registering.next()
      lines.splice(0)
      return registering
    },
  }
}

/** A client whose answers the test gives. */
export class ScriptedClient {
  readonly packets: PacketSession
  readonly #clock: ReturnType<typeof simulatedWorld>['clock']

  constructor(packets: PacketSession, clock: ReturnType<typeof simulatedWorld>['clock']) {
    this.packets = packets
    this.#clock = clock
  }

  send(message: Packet): void {
    this.packets.send(message)
  }

  /** The next packet of the console. */
  async next(timeoutMs = 1_000): Promise<Packet> {
    return packetOf(await this.#clock.until(this.packets.receive(timeoutMs)))
  }

  /** The codes of everything that has come. */
  async codes(): Promise<number[]> {
    const codes: number[] = []
    for (;;) {
      const message = await this.next(0).catch(() => undefined)
      if (message === undefined) return codes
      codes.push(message.code)
    }
  }
}

export function packetOf(received: ReceivedPacket): Packet {
  if (received.kind === 'malformed') throw new Error(received.reason)
  return received.packet
}

const { confirmable, acknowledgement } = MessageType

/** A confirmable GET of the root, but for what is given. */
export function packet(fields: Partial<Packet> = {}): Packet {
  const token = Buffer.from('tt')
  return { type: confirmable, code: Code.get, messageId: 7, token, options: [], payload: noPayload, ...fields }
}

export function post(path: string, query: readonly string[] = [], fields: Partial<Packet> = {}): Packet {
  const options = [
    ...pathOptions(OptionNumber.uriPath, path.split('/').filter(Boolean)),
    ...query.map(text => stringOption(OptionNumber.uriQuery, text)),
  ]
  return packet({ code: Code.post, options, ...fields })
}

export const register = post('/rd', ['lwm2m=1.1', 'ep=device', 'lt=300'], {
  options: [
    ...pathOptions(OptionNumber.uriPath, ['rd']),
    uintOption(OptionNumber.contentFormat, 40),
    ...['lwm2m=1.1', 'ep=device', 'lt=300'].map(text => stringOption(OptionNumber.uriQuery, text)),
  ],
  payload: Buffer.from('</3/0>'),
})

export const update = post('/rd/demo', [], { messageId: 8 })

export const deregister = packet({
  code: Code.delete,
  options: pathOptions(OptionNumber.uriPath, ['rd', 'demo']),
  messageId: 9,
})

/** The piggybacked answer to a request. */
export function answer({ messageId, token }: Packet, text = 'Anjay', fields: Partial<Packet> = {}): Packet {
  const options = [uintOption(OptionNumber.contentFormat, 0)]
  const payload = Buffer.from(text)
  return { type: acknowledgement, code: Code.content, messageId, token, options, payload, ...fields }
}

export function emptyPacket(type: MessageType, messageId: number): Packet {
  return packet({ type, code: Code.empty, messageId, token: noPayload })
}
