import { isIPv4, isIPv6 } from 'node:net'
import type { Clock } from './clock.ts'
import type { Address, Connection, ConnectionReceiver, ConnectOptions, Listener, Network } from './connection.ts'

/**
 * A network that writes every datagram it sends or receives to a pcap file (LINKTYPE_RAW) as Wireshark reads it: `write`
 * gets the header of the file at once, then each packet. The headers of IP and UDP are made up; a host that is no
 * address, as in the in-memory network, becomes 0.0.0.0. What the datagrams hold is written as it is.
 */
export function recordedNetwork(network: Network, write: (bytes: Buffer) => void, clock: Clock): Network {
  write(fileHeader())
  const record: Recorder = (bytes, from, to) => {
    if (bytes.length <= maximumPayloadBytes) write(packet(clock.now(), bytes, from, to))
  }
  return {
    async connect(remote: Address, options?: ConnectOptions): Promise<Connection> {
      return new RecordedConnection(await network.connect(remote, options), record)
    },
    async listen(local: Address, accept: (connection: Connection) => void): Promise<Listener> {
      const recorded = new WeakMap<Connection, Connection>()
      const listener = await network.listen(local, connection => {
        const own = new RecordedConnection(connection, record)
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
    })
  }

  close(): void {
    this.#connection.close()
  }
}

const linkTypeRaw = 101
const snapshotBytes = 0xffff
const udpHeaderBytes = 8
const ipv4HeaderBytes = 20
const ipv6HeaderBytes = 40
const packetHeaderBytes = 16
const udpProtocol = 17
const hops = 64
const maximumPayloadBytes = snapshotBytes - ipv6HeaderBytes - udpHeaderBytes

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

function packet(nowMs: number, payload: Uint8Array, from: Address, to: Address): Buffer {
  const source = hostBytes(from.host)
  const destination = hostBytes(to.host)
  const version6 = source.length + destination.length > 8
  const ipBytes = version6 ? ipv6HeaderBytes : ipv4HeaderBytes
  const udp = packetHeaderBytes + ipBytes
  const bytes = Buffer.alloc(udp + udpHeaderBytes + payload.length)
  writePacketHeader(bytes, nowMs)
  const ip = bytes.subarray(packetHeaderBytes)
  if (version6) writeIPv6Header(ip, mapped(source), mapped(destination))
  else writeIPv4Header(ip, source, destination)
  writeUdp(ip.subarray(ipBytes), payload, from.port, to.port)
  // The addresses end the header of IP in both versions; the checksum covers them (RFC 768, RFC 8200 §8.1).
  const addresses = ip.subarray(version6 ? 8 : 12, ipBytes)
  const segment = ip.subarray(ipBytes)
  segment.writeUInt16BE(checksum(sum(addresses) + sum(segment) + udpProtocol + segment.length) || 0xffff, 6)
  return bytes
}

/** Timestamp and length (draft-ietf-opsawg-pcap §5). */
function writePacketHeader(bytes: Buffer, nowMs: number): void {
  const seconds = Math.floor(nowMs / 1000)
  const length = bytes.length - packetHeaderBytes
  bytes.writeUInt32BE(seconds >>> 0, 0)
  bytes.writeUInt32BE(Math.floor((nowMs - seconds * 1000) * 1000), 4)
  bytes.writeUInt32BE(length, 8)
  bytes.writeUInt32BE(length, 12)
}

function writeIPv4Header(ip: Buffer, source: Buffer, destination: Buffer): void {
  ip[0] = 0x45
  ip.writeUInt16BE(ip.length, 2)
  ip[8] = hops
  ip[9] = udpProtocol
  ip.set(source, 12)
  ip.set(destination, 16)
  ip.writeUInt16BE(checksum(sum(ip.subarray(0, ipv4HeaderBytes))), 10)
}

function writeIPv6Header(ip: Buffer, source: Buffer, destination: Buffer): void {
  ip[0] = 0x60
  ip.writeUInt16BE(ip.length - ipv6HeaderBytes, 4)
  ip[6] = udpProtocol
  ip[7] = hops
  ip.set(source, 8)
  ip.set(destination, 24)
}

/** Header, with the checksum left 0, and payload. */
function writeUdp(segment: Buffer, payload: Uint8Array, sourcePort: number, destinationPort: number): void {
  segment.writeUInt16BE(sourcePort, 0)
  segment.writeUInt16BE(destinationPort, 2)
  segment.writeUInt16BE(segment.length, 4)
  segment.set(payload, udpHeaderBytes)
}

/** The sum of the 16-bit words, the last one filled up with zeros (RFC 1071 §1). */
function sum(bytes: Buffer): number {
  let total = 0
  for (let index = 0; index < bytes.length; index += 2) {
    total += ((bytes[index] as number) << 8) | (bytes[index + 1] ?? 0)
  }
  return total
}

function checksum(total: number): number {
  let folded = total
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000)
  return ~folded & 0xffff
}

/** 4 or 16 bytes. */
function hostBytes(host: string): Buffer {
  if (isIPv4(host)) return ipv4Bytes(host)
  return isIPv6(host) ? ipv6Bytes(host) : Buffer.alloc(4)
}

function ipv4Bytes(host: string): Buffer {
  return Buffer.from(host.split('.').map(Number))
}

/** The zone of a link-local address is left out; so are the zeros of `::`, which the new buffer holds already. */
function ipv6Bytes(host: string): Buffer {
  const [address = ''] = host.split('%')
  const [head = '', tail = ''] = address.split('::')
  const bytes = Buffer.alloc(16)
  bytes.set(groups(head))
  const end = groups(tail)
  bytes.set(end, bytes.length - end.length)
  return bytes
}

/** The bytes of hexadecimal groups, of which the last may be an IPv4 address. */
function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (group.includes('.')) return [...ipv4Bytes(group)]
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

/** An IPv4 address beside one of IPv6 (RFC 4291 §2.5.5.2). */
function mapped(host: Buffer): Buffer {
  return host.length === 16 ? host : Buffer.concat([Buffer.alloc(10), Buffer.of(0xff, 0xff), host])
}
