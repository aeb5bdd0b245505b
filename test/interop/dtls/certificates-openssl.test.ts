import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PassTable } from '../leshan/pass-table.ts'
import { describePeer } from '../peer-suite.ts'
import { clientName, issueParties, type Parties, serverHost, verifying } from './certificates.ts'
import { OurClient, type OurClientOptions, type OurServerOptions, payloadSizes, soon, suiteId } from './ends.ts'
import { loseEachDatagram } from './loss.ts'
import {
  exchange,
  type OpensslClientOptions,
  type OpensslServer,
  type OpensslServerOptions,
  opensslInstall,
  opensslPrograms,
  sessionFile,
  startOpensslClient,
  startOpensslServer,
} from './openssl.ts'
import type { PeerProcess } from './peer-process.ts'
import { DtlsSite } from './site.ts'
import { handshakesOf, isFragmented, namesOf } from './wire.ts'

/** OpenSSL's names by those of IANA: all suites with certificates that we have. */
const suites = {
  ECDHE_ECDSA_WITH_AES_128_CCM_8: 'ECDHE-ECDSA-AES128-CCM8',
  ECDHE_ECDSA_WITH_AES_128_CCM: 'ECDHE-ECDSA-AES128-CCM',
  ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
} as const
type Suite = keyof typeof suites

const cases = [
  'only the server has a certificate',
  'both have, below an intermediate authority, 1 B to 16 kB',
  'resumption by session ID',
  'resumption by ticket',
  'small MTU',
] as const
const roles = ['our client', 'our server'] as const
const table = new PassTable('openssl and certificates', cases, roles)
const losses = new PassTable('openssl and certificates, losses', ['each datagram lost once'], roles)

const resumptions = [
  ['resumption by session ID', false],
  ['resumption by ticket', true],
] as const
/** OpenSSL's least: 228 bytes without the headers of IP and UDP. */
const smallMtu = { mtuBytes: 256 }

describePeer('openssl and certificates', opensslPrograms, opensslInstall, () => {
  const site = new DtlsSite()
  let parties: Parties
  beforeAll(async () => {
    parties = await issueParties()
  })
  afterAll(async () => {
    process.stdout.write(['', table, losses, ''].join('\n'))
    await parties?.remove()
  })

  async function opensslServer(options: OpensslServerOptions): Promise<OpensslServer> {
    const server = await startOpensslServer(options)
    site.after(() => server.process.stop())
    return server
  }

  function opensslClient(port: number, options: OpensslClientOptions): PeerProcess {
    const client = startOpensslClient(port, options)
    site.after(() => client.stop())
    return client
  }

  async function keptSession(): Promise<string> {
    const file = await sessionFile()
    site.after(() => file.remove())
    return file.path
  }

  /** Our client and its trust, our server and its trust, and the same of OpenSSL. */
  const endsOf = (suite: Suite) => {
    const serverParty = suite.startsWith('ECDHE_RSA') ? parties.rsaServer : parties.server
    const trustStore = [parties.root.der]
    const verifiesServer = verifying({ purpose: 'server', trustStore, hosts: [serverHost] })
    const verifiesClient = verifying({ purpose: 'client', trustStore })
    const common = { suites: [suiteId(suite)] }
    return {
      ourClient: { ...common, credentials: parties.client.x509, verify: verifiesServer } satisfies OurClientOptions,
      ourServer: { ...common, credentials: [serverParty.x509], verify: verifiesClient } satisfies OurServerOptions,
      itsClient: {
        suites: suites[suite],
        x509: { own: parties.client, root: parties.rootFile },
        serverName: serverHost,
      } satisfies OpensslClientOptions,
      itsServer: {
        suites: suites[suite],
        x509: { own: serverParty, root: parties.rootFile },
      } satisfies OpensslServerOptions,
    }
  }

  describe.each(Object.keys(suites) as Suite[])('%s, our client', suite => {
    table.test(suite, 'our client', 'only the server has a certificate', '✓', async () => {
      const { ourClient, itsServer } = endsOf(suite)
      const server = await opensslServer({ ...itsServer, x509: { own: itsServer.x509.own } })
      const relay = await site.relayTo(server)
      const client = await site.ourClient(relay.port, { ...ourClient, credentials: { kind: 'anonymous' } })
      await exchange(client, server, [64])
      expect(client.connection.identity).toBe('server')
      expect(namesOf(relay.datagrams)).not.toContain('server: CertificateRequest')
    })

    table.test(suite, 'our client', 'both have, below an intermediate authority, 1 B to 16 kB', '✓', async () => {
      const { ourClient, itsServer } = endsOf(suite)
      const server = await opensslServer(itsServer)
      const client = await site.ourClient(server.port, ourClient)
      await exchange(client, server, payloadSizes)
      await server.process.says(new RegExp(`CIPHER is ${suites[suite]}\n`))
      await server.process.says(new RegExp(`subject=CN = ${clientName}\n`))
      expect(client.connection.suite).toBe(`TLS_${suite}`)
      expect(client.connection.identity).toBe('server')
      client.close()
      // What it says after a close_notify.
      await server.process.says(/DONE\n/)
    })

    for (const [name, tickets] of resumptions) {
      table.test(suite, 'our client', name, '✓', async () => {
        const { ourClient, itsServer } = endsOf(suite)
        const server = await opensslServer({ ...itsServer, tickets })
        const relay = await site.relayTo(server)
        const first = await site.ourClient(relay.port, ourClient)
        await exchange(first, server, [64])
        const session = first.connection.resumable
        expect(session?.ticket !== undefined).toBe(tickets)
        first.close()
        const second = await site.ourClient(relay.port, { ...ourClient, session })
        await exchange(second, server, [64, 4_096])
        await server.process.says(/Reused session-id/)
        expect(second.connection.isResumed).toBe(true)
        expect(second.connection.identity).toBe('server')
        expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
      })
    }

    table.test(suite, 'our client', 'small MTU', '✓', async () => {
      const { ourClient, itsServer } = endsOf(suite)
      const server = await opensslServer({ ...itsServer, ...smallMtu })
      const relay = await site.relayTo(server)
      const client = await site.ourClient(relay.port, { ...ourClient, parameters: smallMtu })
      await exchange(client, server, [1_200])
      const fragmented = relay.datagrams.filter(datagram => isFragmented([datagram], 'Certificate'))
      expect(new Set(fragmented.map(({ from }) => from))).toEqual(new Set(['client', 'server']))
    })
  })

  describe.each(Object.keys(suites) as Suite[])('%s, our server', suite => {
    table.test(suite, 'our server', 'only the server has a certificate', '✓', async () => {
      const { ourServer, itsClient } = endsOf(suite)
      const server = await site.ourServer({ ...ourServer, clientCertificates: 'none' })
      const client = opensslClient(server.port, { ...itsClient, x509: { root: parties.rootFile } })
      await client.echoes([64])
      await client.says(/Verification: OK/)
      expect(server.sessions.map(session => session.identity)).toEqual([undefined])
      expect(server.failures).toEqual([])
    })

    table.test(suite, 'our server', 'both have, below an intermediate authority, 1 B to 16 kB', '✓', async () => {
      const { ourServer, itsClient } = endsOf(suite)
      const server = await site.ourServer(ourServer)
      const client = opensslClient(server.port, itsClient)
      await client.echoes(payloadSizes)
      await client.says(new RegExp(`Cipher is ${suites[suite]}\n`))
      await client.says(/Verification: OK/)
      expect(server.sessions.map(session => session.identity)).toEqual([clientName])
      expect(server.failures).toEqual([])
    })

    for (const [name, tickets] of resumptions) {
      table.test(suite, 'our server', name, '✓', async () => {
        const { ourServer, itsClient } = endsOf(suite)
        const server = await site.ourServer({ ...ourServer, tickets })
        const relay = await site.relayTo(server)
        const file = await keptSession()
        const first = opensslClient(relay.port, { ...itsClient, keep: file })
        await first.echoes([64])
        await first.finish()
        const second = opensslClient(relay.port, { ...itsClient, resume: file })
        await second.echoes([64, 4_096])
        await second.says(/Reused, TLSv1\.[02], Cipher is/)
        expect(server.sessions.map(session => session.identity)).toEqual([clientName, clientName])
        expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
      })
    }

    table.test(suite, 'our server', 'small MTU', '✓', async () => {
      const { ourServer, itsClient } = endsOf(suite)
      const server = await site.ourServer({ ...ourServer, parameters: smallMtu })
      const relay = await site.relayTo(server)
      await opensslClient(relay.port, { ...itsClient, ...smallMtu }).echoes([1_200])
      const fragmented = relay.datagrams.filter(datagram => isFragmented([datagram], 'Certificate'))
      expect(new Set(fragmented.map(({ from }) => from))).toEqual(new Set(['client', 'server']))
      expect(server.sessions.map(session => session.identity)).toEqual([clientName])
    })
  })

  const ccm8 = 'ECDHE_ECDSA_WITH_AES_128_CCM_8'
  const gcm = 'ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'

  describe('losses', () => {
    losses.test('full handshake of both', 'our client', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const { ourClient, itsServer } = endsOf(ccm8)
        const server = await opensslServer(itsServer)
        const relay = await site.relayTo(server, isLost)
        await exchange(await site.ourClient(relay.port, ourClient), server, [64])
        return relay.datagrams
      }),
    )

    losses.test('full handshake of both', 'our server', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const { ourServer, itsClient } = endsOf(ccm8)
        const relay = await site.relayTo(await site.ourServer(ourServer), isLost)
        await opensslClient(relay.port, itsClient).echoes([64])
        return relay.datagrams
      }),
    )
  })

  describe('what comes to nothing', () => {
    for (const [name, which, alert, cause, itSays] of [
      ['of a stranger', 'strangeServer', 48, 'other root', 'unknown ca'],
      ['that it signed itself', 'selfSignedServer', 48, 'server', 'unknown ca'],
      ['that has expired', 'expiredServer', 45, 'expired', 'certificate expired'],
    ] as const) {
      it(`our client is shown a certificate ${name}`, async () => {
        const { ourClient, itsServer } = endsOf(ccm8)
        const server = await opensslServer({ ...itsServer, x509: { ...itsServer.x509, own: parties[which] } })
        await expect(OurClient.connect(server.port, { ...ourClient, ...soon })).rejects.toMatchObject({
          code: 'HANDSHAKE',
          alertCode: alert,
          message: expect.stringContaining(cause),
        })
        await server.process.says(new RegExp(itSays))
      })
    }

    it('our client is shown a certificate for another host', async () => {
      const { ourClient, itsServer } = endsOf(ccm8)
      const server = await opensslServer(itsServer)
      const verify = verifying({ purpose: 'server', trustStore: [parties.root.der], hosts: ['other.example'] })
      await expect(OurClient.connect(server.port, { ...ourClient, ...soon, verify })).rejects.toMatchObject({
        code: 'HANDSHAKE',
        message: expect.stringContaining(`it is for ${serverHost}, 127.0.0.1, not for other.example`),
      })
    })

    for (const [name, which, alert] of [
      ['of a stranger', 'strangeClient', 48],
      ['that it signed itself', 'selfSignedClient', 48],
      ['that has expired', 'expiredClient', 45],
    ] as const) {
      it(`our client shows a certificate ${name}`, async () => {
        const { ourClient, itsServer } = endsOf(ccm8)
        const server = await opensslServer(itsServer)
        const ours = { ...ourClient, ...soon, credentials: parties[which].x509 }
        await expect(OurClient.connect(server.port, ours)).rejects.toMatchObject({
          code: 'HANDSHAKE',
          alertCode: alert,
        })
      })

      it(`the client shows a certificate ${name}`, async () => {
        const { ourServer, itsClient } = endsOf(ccm8)
        const server = await site.ourServer(ourServer)
        const client = opensslClient(server.port, { ...itsClient, x509: { ...itsClient.x509, own: parties[which] } })
        await client.ended()
        await client.says(new RegExp(`SSL alert number ${alert}`))
        expect(server.failures).toMatchObject([{ code: 'HANDSHAKE', alertCode: alert }])
        expect(server.sessions).toEqual([])
      })
    }

    it('our client has no certificate for a server that demands one', async () => {
      const { ourClient, itsServer } = endsOf(ccm8)
      const server = await opensslServer(itsServer)
      const ours = { ...ourClient, ...soon, credentials: { kind: 'anonymous' } } as const
      await expect(OurClient.connect(server.port, ours)).rejects.toMatchObject({ code: 'HANDSHAKE', alertCode: 40 })
    })

    it('the client has no certificate for our server', async () => {
      const { ourServer, itsClient } = endsOf(ccm8)
      const server = await site.ourServer(ourServer)
      const client = opensslClient(server.port, { ...itsClient, x509: { root: parties.rootFile } })
      await client.ended()
      await client.says(/SSL alert number 40/)
      expect(server.failures).toMatchObject([{ code: 'HANDSHAKE', alertCode: 40 }])
    })

    it('the client does not trust our server', async () => {
      const { ourServer, itsClient } = endsOf(ccm8)
      const server = await site.ourServer(ourServer)
      const x509 = { own: parties.client, root: parties.otherRootFile }
      await opensslClient(server.port, { ...itsClient, x509 }).ended()
      expect(server.failures).toMatchObject([{ code: 'HANDSHAKE', alertCode: 48 }])
      expect(server.sessions).toEqual([])
    })

    it('our client has no suite in common with the server', async () => {
      const server = await opensslServer(endsOf(gcm).itsServer)
      await expect(OurClient.connect(server.port, endsOf(ccm8).ourClient)).rejects.toMatchObject({
        code: 'HANDSHAKE',
        alertCode: 40,
      })
    })
  })
})
