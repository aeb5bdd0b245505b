import type { Address } from './connection.ts'
import { TcpFlag, tcpPacket } from './ip-packet.ts'

/** What fits into an Ethernet frame, whatever the headers. */
const maximumSegmentBytes = 1_400

/**
 * Maximum segment size, no operation, window scale 14 (RFC 9293 §3.2, RFC 7323 §2.2): so scaled, bytes that are not
 * acknowledged yet never seem too many.
 */
const synOptions = Buffer.of(2, 4, maximumSegmentBytes >> 8, maximumSegmentBytes & 0xff, 1, 3, 3, 14)

/** One end of a TCP connection that is made up: writes the segments that would carry what is said. */
export class TcpSpeaker {
  readonly #address: Address
  readonly #write: (packet: Buffer) => void
  #peer!: TcpSpeaker
  /** Of the next byte. */
  #sequence: number
  #isOver = false

  private constructor(address: Address, write: (packet: Buffer) => void, sequence: number) {
    this.#address = address
    this.#write = write
    this.#sequence = sequence
  }

  /** Both ends, after their handshake. */
  static dialogue(
    clientAddress: Address,
    serverAddress: Address,
    write: (packet: Buffer) => void,
    nowMs: number,
  ): [client: TcpSpeaker, server: TcpSpeaker] {
    // The numbers begin with the time in units of 4 µs (RFC 9293 §3.4.1): a port that is used again is told apart.
    const sequence = Math.floor(nowMs * 250) % 2 ** 32
    const client = new TcpSpeaker(clientAddress, write, sequence)
    const server = new TcpSpeaker(serverAddress, write, sequence)
    client.#peer = server
    server.#peer = client
    client.#segment(TcpFlag.syn, { options: synOptions })
    server.#segment(TcpFlag.syn | TcpFlag.acknowledgement, { options: synOptions })
    client.#segment(TcpFlag.acknowledgement)
    return [client, server]
  }

  say(bytes: Uint8Array): void {
    if (this.#isOver) return
    for (let start = 0; start < bytes.length; start += maximumSegmentBytes) {
      const payload = bytes.subarray(start, start + maximumSegmentBytes)
      this.#segment(TcpFlag.push | TcpFlag.acknowledgement, { payload })
    }
  }

  /** This end closes, and the other follows. Idempotent, for either end. */
  close(): void {
    if (this.#isOver) return
    const peer = this.#peer
    this.#isOver = true
    peer.#isOver = true
    this.#segment(TcpFlag.fin | TcpFlag.acknowledgement)
    peer.#segment(TcpFlag.fin | TcpFlag.acknowledgement)
    this.#segment(TcpFlag.acknowledgement)
  }

  #segment(flags: number, { options, payload }: { options?: Uint8Array; payload?: Uint8Array } = {}): void {
    const peer = this.#peer
    const sequence = this.#sequence
    const acknowledged = (flags & TcpFlag.acknowledgement) === 0 ? 0 : peer.#sequence
    this.#write(tcpPacket({ flags, sequence, acknowledged, options, payload }, this.#address, peer.#address))
    // Opening and closing count as a byte (RFC 9293 §3.4).
    const counted = (flags & (TcpFlag.syn | TcpFlag.fin)) === 0 ? 0 : 1
    this.#sequence = (sequence + (payload?.length ?? 0) + counted) % 2 ** 32
  }
}
