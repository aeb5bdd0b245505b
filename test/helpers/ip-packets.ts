import { expect } from 'vitest'

export interface IpPacket {
  readonly timeMs: number
  readonly version: number
  readonly protocol: number
  /** `0a000001 49152`: the address in hexadecimal, and the port. */
  readonly from: string
  readonly to: string
  /** What it carries: header and payload of UDP or TCP. */
  readonly segment: Buffer
}

/** A packet of a pcap file taken apart; its lengths and checksums are proven. */
export function ipPacketOf(bytes: Buffer): IpPacket {
  const ip = bytes.subarray(16)
  expect([bytes.readUInt32BE(8), bytes.readUInt32BE(12)]).toEqual([ip.length, ip.length])
  const timeMs = bytes.readUInt32BE(0) * 1000 + bytes.readUInt32BE(4) / 1000
  const version = (ip[0] as number) >> 4
  const protocol = ip[version === 4 ? 9 : 6] as number
  const segment = ip.subarray(version === 4 ? 20 : 40)
  expect(ip.readUInt16BE(version === 4 ? 2 : 4)).toBe(version === 4 ? ip.length : segment.length)
  if (version === 4) expect(onesComplementSum(ip.subarray(0, 20))).toBe(0xffff)
  const addresses = version === 4 ? ip.subarray(12, 20) : ip.subarray(8, 40)
  const half = addresses.length / 2
  const pseudoHeader = Buffer.concat([addresses, Buffer.of(0, protocol, segment.length >> 8, segment.length & 0xff)])
  expect(onesComplementSum(Buffer.concat([pseudoHeader, segment]))).toBe(0xffff)
  return {
    timeMs,
    version,
    protocol,
    from: `${addresses.toString('hex', 0, half)} ${segment.readUInt16BE(0)}`,
    to: `${addresses.toString('hex', half)} ${segment.readUInt16BE(2)}`,
    segment,
  }
}

/** 0xffff over what holds its own checksum (RFC 1071). */
export function onesComplementSum(bytes: Buffer): number {
  let sum = 0n
  for (let index = 0; index < bytes.length; index += 2)
    sum += BigInt(((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0))
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n)
  return Number(sum)
}
