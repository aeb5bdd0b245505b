import { isIPv4, isIPv6 } from 'node:net'
import type { Address } from './connection.ts'

/** Flags of a TCP header (RFC 9293 §3.1). */
export const TcpFlag = { fin: 0x01, syn: 0x02, push: 0x08, acknowledgement: 0x10 } as const

export interface TcpSegment {
  readonly flags: number
  /** Of the first byte of the payload, 0–2^32−1. */
  readonly sequence: number
  /** The next byte that is expected of the peer, 0–2^32−1. */
  readonly acknowledged: number
  /** Whole words. */
  readonly options?: Uint8Array | undefined
  readonly payload?: Uint8Array | undefined
}

const udpHeaderBytes = 8
const tcpHeaderBytes = 20
const ipv4HeaderBytes = 20
const ipv6HeaderBytes = 40
const udpProtocol = 17
const tcpProtocol = 6
const hops = 64
const wholeWindow = 0xffff

/** The longest payload of a UDP packet that fits into 65,535 bytes, whatever the version of IP. */
export const maximumUdpPayloadBytes = 0xffff - ipv6HeaderBytes - udpHeaderBytes

/** A datagram with headers of IP and UDP (RFC 768). A host that is no address becomes 0.0.0.0. */
export function udpPacket(payload: Uint8Array, from: Address, to: Address): Buffer {
  const { packet, segment, addresses } = ipPacket(udpProtocol, udpHeaderBytes + payload.length, from, to)
  segment.writeUInt16BE(segment.length, 4)
  segment.set(payload, udpHeaderBytes)
  // The checksum 0 would say that there is none.
  segment.writeUInt16BE(checksumOf(udpProtocol, segment, addresses) || 0xffff, 6)
  return packet
}

const nothing = new Uint8Array()

/** A segment with headers of IP and TCP (RFC 9293 §3.1). A host that is no address becomes 0.0.0.0. */
export function tcpPacket(tcp: TcpSegment, from: Address, to: Address): Buffer {
  const { options = nothing, payload = nothing } = tcp
  const headerBytes = tcpHeaderBytes + options.length
  const { packet, segment, addresses } = ipPacket(tcpProtocol, headerBytes + payload.length, from, to)
  segment.writeUInt32BE(tcp.sequence, 4)
  segment.writeUInt32BE(tcp.acknowledged, 8)
  segment[12] = (headerBytes / 4) << 4
  segment[13] = tcp.flags
  segment.writeUInt16BE(wholeWindow, 14)
  segment.set(options, tcpHeaderBytes)
  segment.set(payload, headerBytes)
  segment.writeUInt16BE(checksumOf(tcpProtocol, segment, addresses), 16)
  return packet
}

interface IpPacket {
  readonly packet: Buffer
  /** What the packet carries: the ports are written, the rest is 0. */
  readonly segment: Buffer
  /** Of the source and the destination, as the header has them. */
  readonly addresses: Buffer
}

function ipPacket(protocol: number, segmentBytes: number, from: Address, to: Address): IpPacket {
  const source = hostBytes(from.host)
  const destination = hostBytes(to.host)
  const version6 = source.length + destination.length > 8
  const headerBytes = version6 ? ipv6HeaderBytes : ipv4HeaderBytes
  const packet = Buffer.alloc(headerBytes + segmentBytes)
  if (version6) writeIPv6Header(packet, protocol, mapped(source), mapped(destination))
  else writeIPv4Header(packet, protocol, source, destination)
  const segment = packet.subarray(headerBytes)
  segment.writeUInt16BE(from.port, 0)
  segment.writeUInt16BE(to.port, 2)
  // The addresses end the header of IP in both versions.
  return { packet, segment, addresses: packet.subarray(version6 ? 8 : 12, headerBytes) }
}

function writeIPv4Header(packet: Buffer, protocol: number, source: Buffer, destination: Buffer): void {
  packet[0] = 0x45
  packet.writeUInt16BE(packet.length, 2)
  packet[8] = hops
  packet[9] = protocol
  packet.set(source, 12)
  packet.set(destination, 16)
  packet.writeUInt16BE(checksum(sum(packet.subarray(0, ipv4HeaderBytes))), 10)
}

function writeIPv6Header(packet: Buffer, protocol: number, source: Buffer, destination: Buffer): void {
  packet[0] = 0x60
  packet.writeUInt16BE(packet.length - ipv6HeaderBytes, 4)
  packet[6] = protocol
  packet[7] = hops
  packet.set(source, 8)
  packet.set(destination, 24)
}

/** Over the segment, whose own checksum is 0 yet, and what it has from IP (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1). */
function checksumOf(protocol: number, segment: Buffer, addresses: Buffer): number {
  return checksum(sum(addresses) + sum(segment) + protocol + segment.length)
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
