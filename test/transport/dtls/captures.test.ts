import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { keyBlock } from '../../../transport/dtls/prf.ts'
import { createProtection, type RecordProtection } from '../../../transport/dtls/protection.ts'
import { ContentType, type DtlsRecord, readRecord } from '../../../transport/dtls/record.ts'
import { cipherSuites } from '../../../transport/dtls/suites.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import {
  type Capture,
  type CapturedPath,
  type CaptureOutcome,
  playClient,
  playServer,
  request,
} from '../../helpers/dtls-capture.ts'
import { ReplayedPeer } from '../../helpers/replayed-peer.ts'

/** Recorded by test/vectors/dtls/record.ts. */
const folder = new URL('../../vectors/dtls/', import.meta.url)
const names = readdirSync(folder).filter(name => name.endsWith('.json'))
const captures = names.map(file => ({
  name: file.replace('.json', ''),
  capture: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Capture,
}))

/** The engine once more, with the randomness that it had; until it waits for what the peer never sent. */
async function replay(capture: Capture): Promise<CaptureOutcome & Pick<Capture, 'paths'>> {
  const clock = new SimulatedClock(capture.nowMs)
  const peer = new ReplayedPeer(capture.paths)
  const playing = capture.role === 'client' ? playClient : playServer
  // A client calls the address of the capture; where a server listens is in no datagram.
  const { remote: address } = capture.paths[0] as CapturedPath
  let outcome: CaptureOutcome | undefined
  let failure: unknown
  playing(peer, address, clock, capture).then(
    result => {
      outcome = result
    },
    (error: unknown) => {
      failure = error
    },
  )
  do await clock.advance(0)
  while (peer.deliver())
  if (outcome === undefined) throw failure ?? new Error(`the engine came to ${JSON.stringify(peer.paths)}`)
  return { ...outcome, paths: peer.paths }
}

test('there are captures of both programs in both roles', () => {
  const kinds = captures.map(({ capture: { peer, role } }) => `${peer} ${role}`)
  expect([...new Set(kinds)].sort()).toEqual([
    'GnuTLS 3.7 client',
    'GnuTLS 3.7 server',
    'OpenSSL 3.0 client',
    'OpenSSL 3.0 server',
  ])
})

test('there are captures where messages of both ends come in fragments', () => {
  const fragmented = captures.filter(({ name }) => name.endsWith('-fragments'))
  expect(fragmented).toHaveLength(2)
  for (const { capture } of fragmented) {
    const datagrams = capture.paths.flatMap(path => path.datagrams)
    const senders = datagrams.filter(({ bytes }) => recordsOf(Buffer.from(bytes, 'hex')).some(isLaterFragment))
    expect(new Set(senders.map(({ from }) => from))).toEqual(new Set(['engine', 'peer']))
  }
})

describe('replayed with the same randomness, every datagram, the application data and the key log are the same', () => {
  for (const { name, capture } of captures) {
    test(name, async () => {
      const { keyLog, received, paths } = capture
      expect(await replay(capture)).toEqual({ keyLog, received, paths })
    })
  }

  test('but with other randomness not', async () => {
    const capture = captures[0]?.capture as Capture
    await expect(replay({ ...capture, seed: capture.seed + 1 })).rejects.toThrow()
  })
})

describe('decrypted by the key log alone', () => {
  for (const { name, capture } of captures) {
    test(name, () => {
      const said = capture.paths.map(path => decrypted(path, capture))
      const requests = said.flatMap(({ data }) => data).filter(text => text === request)
      expect(requests.length).toBeGreaterThan(0)
      for (const { types, data } of said) {
        expect(types.filter(type => type === ContentType.handshake).length).toBeGreaterThanOrEqual(2)
        expect(data.length % 2).toBe(0)
      }
    })
  }
})

interface Decrypted {
  /** Of the records that were encrypted. */
  readonly types: ContentType[]
  readonly data: string[]
}

/** What a capture holds for somebody who has seen the datagrams and has the key log. */
function decrypted({ datagrams }: CapturedPath, { keyLog, role }: Capture): Decrypted {
  const found: Decrypted = { types: [], data: [] }
  let clientRandom: Buffer = Buffer.alloc(0)
  const protections = new Map<string, RecordProtection>()
  for (const { from, bytes } of datagrams) {
    const isClient = (from === 'engine') === (role === 'client')
    for (const record of recordsOf(Buffer.from(bytes, 'hex'))) {
      const { epoch, type, fragment } = record
      if (epoch === 1) {
        const opened = protections.get(isClient ? 'client' : 'server')?.open(record)
        if (opened === undefined) throw new Error('a record does not decrypt')
        found.types.push(opened.type)
        if (opened.type === ContentType.applicationData) found.data.push(opened.plaintext.toString())
      } else if (type === ContentType.handshake && fragment[0] === 1) {
        clientRandom = fragment.subarray(14, 46)
      } else if (type === ContentType.handshake && fragment[0] === 2) {
        const serverRandom = fragment.subarray(14, 46)
        const suite = cipherSuites.get(fragment.readUInt16BE(47 + (fragment[46] as number)))
        const secret = keyLog
          .map(line => line.split(' '))
          .find(([, random]) => random === clientRandom.toString('hex'))?.[2]
        if (suite === undefined || secret === undefined) throw new Error('no such suite or session')
        const keys = keyBlock(suite, Buffer.from(secret, 'hex'), clientRandom, serverRandom)
        protections.set('client', createProtection(suite, keys.client, seededRandom(1)))
        protections.set('server', createProtection(suite, keys.server, seededRandom(1)))
      }
    }
  }
  return found
}

function recordsOf(datagram: Buffer): DtlsRecord[] {
  const records: DtlsRecord[] = []
  for (let offset = 0; offset < datagram.length; ) {
    const read = readRecord(datagram, offset, 0)
    if (read === undefined) throw new Error('the rest of the datagram is no record')
    records.push(read.record)
    offset = read.next
  }
  return records
}

/** Whether a record in clear holds a handshake message from somewhere in its middle on (RFC 6347 §4.2.2). */
function isLaterFragment({ type, epoch, fragment }: DtlsRecord): boolean {
  return type === ContentType.handshake && epoch === 0 && fragment.readUIntBE(6, 3) > 0
}
