import { describe, expect, test } from 'vitest'
import type { Connection } from '../../../transport/connection.ts'
import { AlertDescription, encodeAlert } from '../../../transport/dtls/alert.ts'
import { connectDtls } from '../../../transport/dtls/connect.ts'
import { psk } from '../../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../../transport/dtls/dtls-connection.ts'
import type { DtlsClientOptions } from '../../../transport/dtls/parameters.ts'
import { keyBlock } from '../../../transport/dtls/prf.ts'
import { createProtection } from '../../../transport/dtls/protection.ts'
import { ContentType } from '../../../transport/dtls/record.ts'
import { cipherSuites } from '../../../transport/dtls/suites.ts'
import { type CapturedDatagram, capturedConnection, type GrowingPath } from '../../helpers/dtls-capture.ts'
import { DtlsSite, identity, key } from '../../helpers/dtls-site.ts'

const ccm8 = 0xc0a8

/** A session all of whose datagrams are known, and its key log, also those after its end. */
interface Watched {
  readonly site: DtlsSite
  readonly session: DtlsConnection
  readonly datagrams: readonly CapturedDatagram[]
  /** Says something under the keys of the client. */
  say(type: ContentType, content: Uint8Array): Promise<void>
}

async function open(site: DtlsSite, options: Partial<DtlsClientOptions> = {}): Promise<Watched> {
  const { clock, random } = site
  const path: GrowingPath = { remote: site.serverAddress, datagrams: [] }
  const inner: Connection = capturedConnection(await site.network.connect(site.serverAddress), path)
  const connection: Connection = { ...inner, close: () => {} }
  let secret = ''
  const keyLog = (line: string) => {
    secret = line.split(' ')[2] as string
  }
  const credentials = psk(identity, key)
  const session = await clock.until(
    connectDtls(connection, { clock, random, suites: [ccm8], credentials, keyLog, ...options }),
  )
  await clock.advance(0)
  return {
    site,
    session,
    datagrams: path.datagrams,
    async say(type, content) {
      const suite = cipherSuites.get(ccm8)
      if (suite === undefined) throw new Error('no such suite')
      const [clientRandom, serverRandom] = [randomOf(path, 1), randomOf(path, 2)]
      const keys = keyBlock(suite, Buffer.from(secret, 'hex'), clientRandom, serverRandom)
      inner.send(createProtection(suite, keys.client, random).seal(type, 1, 1_000, content, Buffer.alloc(0)))
      await clock.advance(0)
    },
  }
}

/** The random of the last hello of this type. */
function randomOf({ datagrams }: GrowingPath, type: number): Buffer {
  const hellos = datagrams.map(({ bytes }) => Buffer.from(bytes, 'hex'))
  const hello = hellos.findLast(bytes => bytes[0] === ContentType.handshake && bytes[13] === type)
  if (hello === undefined) throw new Error('no such hello')
  return hello.subarray(27, 59)
}

/** Who sent alerts under the keys. */
function alerts(datagrams: readonly CapturedDatagram[]): string[] {
  return datagrams.filter(({ bytes }) => bytes.startsWith('15fefd0001')).map(({ from }) => from)
}

describe('close_notify is answered with close_notify (RFC 5246 §7.2.1)', () => {
  test('by a server', async () => {
    const { site, session, datagrams } = await open(await new DtlsSite().listen())
    session.close()
    await site.clock.advance(10_000)
    expect(alerts(datagrams)).toEqual(['engine', 'peer'])
  })

  test('by a client', async () => {
    const { site, datagrams } = await open(await new DtlsSite().listen())
    const [accepted] = site.accepted
    await site.listener.close()
    await site.clock.advance(10_000)
    expect(accepted).toBeDefined()
    expect(alerts(datagrams)).toEqual(['peer', 'engine'])
  })
})

describe('what a fatal alert has ended is not resumed (RFC 5246 §7.2.2)', () => {
  for (const isResumed of [false, true]) {
    test(isResumed ? 'a session that was itself resumed' : 'a session of a full handshake', async () => {
      const site = await new DtlsSite({ server: { tickets: false } }).listen()
      const first = await open(site)
      const kept = first.session.resumable
      if (kept === undefined) throw new Error('nothing to resume')
      let last = first
      if (isResumed) {
        first.session.close()
        await site.clock.advance(0)
        last = await open(site, { session: kept })
      }
      expect(last.session.isResumed).toBe(isResumed)
      await last.say(ContentType.alert, encodeAlert(true, AlertDescription.internalError))
      expect((await open(site, { session: kept })).session.isResumed).toBe(false)
    })
  }
})
