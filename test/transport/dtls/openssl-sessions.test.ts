import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { keyLogLine } from '../../../transport/dtls/keylog.ts'
import {
  type DirectionKeys,
  extendedMasterSecret,
  finishedData,
  keyBlock,
  pskPremaster,
} from '../../../transport/dtls/prf.ts'
import { createProtection } from '../../../transport/dtls/protection.ts'
import { ContentType, type DtlsRecord, readRecord } from '../../../transport/dtls/record.ts'
import { type CipherSuite, cipherSuites } from '../../../transport/dtls/suites.ts'
import { Transcript } from '../../../transport/dtls/transcript.ts'
import { type Random, seededRandom } from '../../../transport/random.ts'

type End = 'client' | 'server'

interface CapturedSession {
  readonly suite: string
  readonly psk: string
  readonly keyLog: string
  readonly datagrams: readonly { readonly from: End; readonly bytes: string }[]
}

/** Sessions of OpenSSL 3.0 with itself: s_client and s_server -dtls1_2, each sends a line of text. */
const sessions: readonly CapturedSession[] = JSON.parse(
  readFileSync(new URL('openssl-sessions.json', import.meta.url), 'utf8'),
)

interface SentRecord extends DtlsRecord {
  readonly from: End
  readonly bytes: Buffer
}

function recordsOf({ datagrams }: CapturedSession): SentRecord[] {
  const records: SentRecord[] = []
  for (const { from, bytes } of datagrams) {
    const datagram = Buffer.from(bytes, 'hex')
    let offset = 0
    while (offset < datagram.length) {
      const read = readRecord(datagram, offset, 0)
      if (read === undefined) throw new Error(`no record at ${offset}`)
      records.push({ from, bytes: datagram.subarray(offset, read.next), ...read.record })
      offset = read.next
    }
  }
  return records
}

const clientHello = 1
const clientKeyExchange = 16

/** What both ends of a session knew. */
function replay(session: CapturedSession) {
  const suite = cipherSuites.get(Number.parseInt(session.suite, 16)) as CipherSuite
  const records = recordsOf(session)
  const messages = records.filter(({ type, epoch }) => type === ContentType.handshake && epoch === 0)
  // The first ClientHello and the HelloVerifyRequest are not hashed (RFC 6347 §4.2.1).
  const hashed = messages.slice(2).map(({ fragment }) => fragment)
  const transcript = new Transcript()
  const lastOfSession = hashed.findIndex(fragment => fragment[0] === clientKeyExchange)
  for (const fragment of hashed.slice(0, lastOfSession + 1)) transcript.add(fragment)
  const random = (message: Buffer | undefined) => (message as Buffer).subarray(14, 46)
  const [clientRandom, serverRandom] = [random(hashed[0]), random(hashed[1])]
  const [, , master] = session.keyLog.split(' ').map(part => Buffer.from(part, 'hex')) as [Buffer, Buffer, Buffer]
  const keys = keyBlock(suite, master, clientRandom, serverRandom)
  return { suite, records, hashed, transcript, clientRandom, master, keys }
}

/** Draws the initialization vector that a record has. */
function drawing(record: DtlsRecord): Random {
  return { ...seededRandom(1), bytes: length => Buffer.from(record.fragment.subarray(0, length)) }
}

describe.each(sessions)('a session of OpenSSL with suite $suite', session => {
  const { suite, records, hashed, keys } = replay(session)
  const opener = (direction: DirectionKeys) => createProtection(suite, direction, seededRandom(1))
  const openers = { client: opener(keys.client), server: opener(keys.server) }
  const protectedRecords = records.filter(({ epoch }) => epoch === 1)

  test('was captured whole', () => {
    expect(hashed[0]?.[0]).toBe(clientHello)
    expect(protectedRecords.map(({ from, type }) => `${from} ${type}`).sort()).toEqual([
      'client 22',
      'client 23',
      'server 22',
      'server 23',
    ])
  })

  test.runIf(suite.keyExchange === 'psk')('has the extended master secret and its line of the key log', () => {
    const { transcript, clientRandom } = replay(session)
    const premaster = pskPremaster(Buffer.from(session.psk, 'hex'))
    const ours = extendedMasterSecret(premaster, transcript.hash())
    expect(keyLogLine(clientRandom, ours)).toBe(session.keyLog)
  })

  test('opens: text of both ends', () => {
    for (const end of ['client', 'server'] as const) {
      const record = protectedRecords.find(({ from, type }) => from === end && type === ContentType.applicationData)
      expect(openers[end].open(record as DtlsRecord)).toEqual({
        type: ContentType.applicationData,
        plaintext: Buffer.from(`from the ${end}\n`),
      })
    }
  })

  test('opens: the Finished of both ends', () => {
    const { transcript, master } = replay(session)
    for (const end of ['client', 'server'] as const) {
      const record = protectedRecords.find(({ from, type }) => from === end && type === ContentType.handshake)
      // The Finished of the server covers that of the client, and the ticket before it.
      const finished = openers[end].open(record as DtlsRecord)?.plaintext as Buffer
      if (end === 'server') for (const ticket of hashed.filter(([type]) => type === 4)) transcript.add(ticket)
      expect(finished.subarray(12)).toEqual(finishedData(master, end, transcript.hash()))
      transcript.add(finished)
    }
  })

  // OpenSSL counts the explicit nonces of GCM in its own way.
  test.runIf(suite.cipher !== 'gcm')('is sealed to the same bytes', () => {
    for (const record of protectedRecords) {
      const { type, plaintext } = openers[record.from].open(record) ?? expect.fail('not authentic')
      const sealer = createProtection(suite, keys[record.from], drawing(record))
      const sealed = sealer.seal(type, record.epoch, record.sequence, plaintext, Buffer.alloc(0))
      expect(sealed.toString('hex')).toBe(record.bytes.toString('hex'))
    }
  })
})
