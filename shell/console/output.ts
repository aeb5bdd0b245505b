import pc from 'picocolors'
import type { MessageKind } from '../../server/console/message-kind.ts'
import { codeName, typeNames } from '../../server/console/names.ts'
import { hexEscaped } from '../../server/console/python-text.ts'
import { summarize } from '../../server/console/summary.ts'
import type { Packet, ReceivedPacket } from '../../transport/coap/packet.ts'
import { visible } from '../line/visible.ts'

/** Where a shell tells what happens. */
export interface Output {
  /** A line, or several, for people. */
  text(text: string): void
  sent(packet: Packet, kind: MessageKind | undefined): void
  /** `kind`: what a message is taken for, where that is not seen by itself. */
  received(arrival: ReceivedPacket, kind?: MessageKind): void
  /** A message is not what was expected. */
  mismatch(report: string): void
  /** `listen` waits for a client. */
  waiting(port: number): void
  /** The command of a line is over; it has failed with an error, or told why it failed. */
  done(lineNumber: number, isOk: boolean, error: Error | undefined): void
  /** The shell is over. */
  ended(exitCode: number): void
}

/** Lines as testers know them. */
export class TextOutput implements Output {
  readonly #print: (text: string) => void
  readonly #colors: ReturnType<typeof pc.createColors>

  constructor(print: (text: string) => void, colors: boolean) {
    this.#print = print
    this.#colors = pc.createColors(colors)
  }

  text(text: string): void {
    this.#print(harmless(text))
  }

  sent(packet: Packet, kind: MessageKind | undefined): void {
    this.#print(`${this.#colors.cyan('->')} ${harmless(summarize(packet, kind))}`)
  }

  received(arrival: ReceivedPacket, kind?: MessageKind): void {
    this.#print(`${this.#colors.green('<-')} ${harmless(describeArrival(arrival, kind))}`)
  }

  mismatch(report: string): void {
    this.#print(this.#colors.red(harmless(report)))
  }

  waiting(port: number): void {
    this.text(`waiting for a client on port ${port} ...`)
  }

  done(): void {}

  ended(): void {}
}

/** An object of JSON for each event, a line each. */
export class JsonOutput implements Output {
  readonly #print: (line: string) => void

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  text(text: string): void {
    this.#tell('output', { text })
  }

  sent(packet: Packet, kind: MessageKind | undefined): void {
    this.#tell('sent', { summary: summarize(packet, kind), packet: packetFields(packet) })
  }

  received(arrival: ReceivedPacket, kind?: MessageKind): void {
    if (arrival.kind === 'message') {
      this.#tell('received', { summary: describeArrival(arrival, kind), packet: packetFields(arrival.packet) })
    } else this.#tell('malformed', { reason: arrival.reason, bytes: hex(arrival.bytes) })
  }

  mismatch(report: string): void {
    this.#tell('mismatch', { report })
  }

  waiting(port: number): void {
    this.#tell('waiting', { port })
  }

  done(line: number, isOk: boolean, error: Error | undefined): void {
    this.#tell('done', { line, ok: isOk, ...(error && { error: error.message }) })
  }

  ended(exitCode: number): void {
    this.#tell('ended', { exitCode })
  }

  #tell(event: string, fields: object): void {
    this.#print(JSON.stringify({ event, ...fields }))
  }
}

/** Without what commands a terminal or turns the writing direction; white space stays, as scripts know it. */
function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, character => (/\s/.test(character) ? character : visible(character)))
}

function describeArrival(arrival: ReceivedPacket, kind: MessageKind | undefined): string {
  if (arrival.kind === 'message') return summarize(arrival.packet, kind)
  return `no CoAP message (${arrival.reason}): ${hexEscaped(arrival.bytes)}`
}

function packetFields({ type, code, messageId, token, options, payload }: Packet): object {
  return {
    type: typeNames[type],
    code: codeName(code),
    messageId,
    token: hex(token),
    options: options.map(({ number, value }) => ({ number, value: hex(value) })),
    payload: hex(payload),
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
