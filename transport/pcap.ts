import type { Clock } from './clock.ts'
import type { Address, Connection, ConnectionReceiver, ConnectOptions, Listener, Network } from './connection.ts'
import { maximumUdpPayloadBytes, udpPacket } from './ip-packet.ts'
import { recordedStreams } from './recorded-stream.ts'

/**
 * A network that writes what it sends and receives to a pcap file (LINKTYPE_RAW) as Wireshark reads it: `write` gets the
 * header of the file at once, then each packet. The headers of IP and UDP are made up, and so are the segments of TCP
 * that its streams would have; a host that is no address, as in the in-memory network, becomes 0.0.0.0. What datagrams
 * hold is written as it is. What TLS makes of a stream is not known here: its plain text is written, as if it went over
 * TCP; Wireshark shows it when told to decode the port as CoAP.
 */
export function recordedNetwork(network: Network, write: (bytes: Buffer) => void, clock: Clock): Network {
  write(fileHeader())
  const writePacket = (packet: Buffer) => write(packetRecord(clock.now(), packet))
  const recordDatagram: Recorder = (bytes, from, to) => {
    if (bytes.length <= maximumUdpPayloadBytes) writePacket(udpPacket(bytes, from, to))
  }
  return {
    async connect(remote: Address, options?: ConnectOptions): Promise<Connection> {
      return new RecordedConnection(await network.connect(remote, options), recordDatagram)
    },
    async listen(local: Address, accept: (connection: Connection) => void): Promise<Listener> {
      const recorded = new WeakMap<Connection, Connection>()
      const listener = await network.listen(local, connection => {
        const own = new RecordedConnection(connection, recordDatagram)
        recorded.set(connection, own)
        accept(own)
      })
      return {
        local: listener.local,
        connection(remote) {
          const connection = listener.connection(remote)
          return recorded.get(connection) ?? connection
        },
        close: () => listener.close(),
      }
    },
    ...(network.streams && { streams: recordedStreams(network.streams, writePacket, clock) }),
  }
}

type Recorder = (bytes: Uint8Array, from: Address, to: Address) => void

class RecordedConnection implements Connection {
  readonly #connection: Connection
  readonly #record: Recorder

  constructor(connection: Connection, record: Recorder) {
    this.#connection = connection
    this.#record = record
  }

  get local(): Address {
    return this.#connection.local
  }

  get remote(): Address {
    return this.#connection.remote
  }

  send(bytes: Uint8Array): void {
    this.#record(bytes, this.local, this.remote)
    this.#connection.send(bytes)
  }

  receive(receiver: ConnectionReceiver): void {
    this.#connection.receive({
      datagram: bytes => {
        this.#record(bytes, this.remote, this.local)
        receiver.datagram(bytes)
      },
      failed: error => receiver.failed(error),
      closed: error => receiver.closed?.(error),
    })
  }

  close(): void {
    this.#connection.close()
  }
}

const linkTypeRaw = 101
const snapshotBytes = 0xffff
const recordHeaderBytes = 16

/** The beginning of a pcap file of version 2.4 with times in microseconds (draft-ietf-opsawg-pcap §4). */
function fileHeader(): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32BE(0xa1b2c3d4, 0)
  header.writeUInt16BE(2, 4)
  header.writeUInt16BE(4, 6)
  header.writeUInt32BE(snapshotBytes, 16)
  header.writeUInt32BE(linkTypeRaw, 20)
  return header
}

/** A packet after its time and its length (draft-ietf-opsawg-pcap §5). */
function packetRecord(nowMs: number, packet: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(recordHeaderBytes + packet.length)
  const seconds = Math.floor(nowMs / 1000)
  bytes.writeUInt32BE(seconds >>> 0, 0)
  bytes.writeUInt32BE(Math.floor((nowMs - seconds * 1000) * 1000), 4)
  bytes.writeUInt32BE(packet.length, 8)
  bytes.writeUInt32BE(packet.length, 12)
  bytes.set(packet, recordHeaderBytes)
  return bytes
}
