import type { RelayedDatagram } from '../relay.ts'

/** RFC 5246 §7.4, RFC 6347 §4.3.2, RFC 5077 §3.3 */
const handshakeNames: Readonly<Record<number, string>> = {
  0: 'HelloRequest',
  1: 'ClientHello',
  2: 'ServerHello',
  3: 'HelloVerifyRequest',
  4: 'NewSessionTicket',
  11: 'Certificate',
  12: 'ServerKeyExchange',
  13: 'CertificateRequest',
  14: 'ServerHelloDone',
  15: 'CertificateVerify',
  16: 'ClientKeyExchange',
}

/** A record, or a handshake message in it; read without the code under test, as far as it is not encrypted. */
interface Sight {
  readonly from: RelayedDatagram['from']
  /** `ClientHello`, `Finished` of anything encrypted in a handshake record, `data`, `cid` of a record with a Connection ID. */
  readonly name: string
  /** Of a handshake message: where the fragment begins in it, and its bytes. */
  readonly offset: number
  readonly bytes: Buffer
}

function sightsOf(datagrams: readonly RelayedDatagram[]): Sight[] {
  return datagrams.flatMap(({ from, bytes }) => recordsOf(bytes).map(sight => ({ from, ...sight })))
}

/** What was sent, an entry for each record or fragment of a message: `client: ClientHello`. */
export function namesOf(datagrams: readonly RelayedDatagram[]): string[] {
  return sightsOf(datagrams).map(({ from, name }) => `${from}: ${name}`)
}

/** The handshakes that a server has answered; one without ServerHelloDone resumes a session (RFC 5246 §7.3). */
export function handshakesOf(datagrams: readonly RelayedDatagram[]): ('full' | 'abbreviated')[] {
  const handshakes: ('full' | 'abbreviated')[] = []
  const randoms = new Set<string>()
  for (const { from, name, offset, bytes } of sightsOf(datagrams)) {
    if (from !== 'server' || offset !== 0) continue
    if (name === 'ServerHelloDone') handshakes[handshakes.length - 1] = 'full'
    if (name !== 'ServerHello') continue
    const random = bytes.toString('hex', 2, 34)
    // The same once more is a retransmission.
    if (!randoms.has(random)) handshakes.push('abbreviated')
    randoms.add(random)
  }
  return handshakes
}

/** Whether a handshake message was sent in fragments. */
export function isFragmented(datagrams: readonly RelayedDatagram[], name: string): boolean {
  return sightsOf(datagrams).some(sight => sight.name === name && sight.offset > 0)
}

function recordsOf(datagram: Buffer): Omit<Sight, 'from'>[] {
  const records: Omit<Sight, 'from'>[] = []
  for (let at = 0; at + 13 <= datagram.length; ) {
    const type = datagram[at]
    // Where its length stands depends on the length of its Connection ID.
    if (type === 25) return [...records, { name: 'cid', offset: 0, bytes: datagram.subarray(at) }]
    const end = at + 13 + datagram.readUInt16BE(at + 11)
    const fragment = datagram.subarray(at + 13, end)
    if (type === 22 && datagram.readUInt16BE(at + 3) === 0) records.push(...messagesOf(fragment))
    else records.push({ name: recordName(type), offset: 0, bytes: fragment })
    at = end
  }
  return records
}

function messagesOf(fragment: Buffer): Omit<Sight, 'from'>[] {
  const messages: Omit<Sight, 'from'>[] = []
  for (let at = 0; at + 12 <= fragment.length; ) {
    const end = at + 12 + fragment.readUIntBE(at + 9, 3)
    const name = handshakeNames[fragment[at] ?? 0] ?? 'unknown'
    messages.push({ name, offset: fragment.readUIntBE(at + 6, 3), bytes: fragment.subarray(at + 12, end) })
    at = end
  }
  return messages
}

function recordName(type: number | undefined): string {
  const names: Readonly<Record<number, string>> = { 20: 'ChangeCipherSpec', 21: 'alert', 22: 'Finished', 23: 'data' }
  return names[type ?? 0] ?? 'unknown'
}
