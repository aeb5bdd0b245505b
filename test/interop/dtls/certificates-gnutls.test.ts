import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PassTable } from '../leshan/pass-table.ts'
import { describePeer } from '../peer-suite.ts'
import type { RelayedDatagram } from '../relay.ts'
import {
  clientName,
  issueParties,
  keyFingerprint,
  knowing,
  type Parties,
  type Party,
  serverHost,
  verifying,
} from './certificates.ts'
import { OurClient, type OurClientOptions, type OurServerOptions, payloadSizes, soon, suiteId } from './ends.ts'
import {
  type GnutlsClientOptions,
  type GnutlsOptions,
  type GnutlsServer,
  gnutlsInstall,
  gnutlsPrograms,
  startGnutlsClient,
  startGnutlsServer,
} from './gnutls.ts'
import { loseEachDatagram } from './loss.ts'
import type { PeerProcess } from './peer-process.ts'
import { DtlsSite } from './site.ts'
import { handshakesOf, isFragmented } from './wire.ts'

/** GnuTLS's names of the cipher and the key exchange by that of IANA of the suite; its programs take their time with each. */
const suites = {
  ECDHE_ECDSA_WITH_AES_128_CCM_8: { cipher: 'AES-128-CCM-8', keyExchange: 'ECDHE-ECDSA' },
  ECDHE_RSA_WITH_AES_128_GCM_SHA256: { cipher: 'AES-128-GCM', keyExchange: 'ECDHE-RSA' },
} as const
type Suite = keyof typeof suites
type Kind = 'x509' | 'rpk'

/** Raw public keys are of P-256. */
const pairs = (Object.keys(suites) as Suite[]).flatMap(suite =>
  (suite.startsWith('ECDHE_RSA') ? (['x509'] as const) : (['x509', 'rpk'] as const)).map(kind => ({
    suite,
    kind,
    row: `${suite}, ${kind}`,
  })),
)

const cases = [
  'both prove themselves, 1 B to 16 kB',
  'resumption by session ID',
  'resumption by ticket',
  'small MTU',
] as const
const roles = ['our client', 'our server'] as const
const table = new PassTable('gnutls, certificates and raw public keys', cases, roles)
const losses = new PassTable('gnutls, certificates and raw public keys, losses', ['each datagram lost once'], roles)

const resumptions = [
  ['resumption by session ID', false],
  ['resumption by ticket', true],
] as const

describePeer('gnutls and certificates', gnutlsPrograms, gnutlsInstall, () => {
  const site = new DtlsSite()
  let parties: Parties
  beforeAll(async () => {
    parties = await issueParties()
  })
  afterAll(async () => {
    process.stdout.write(['', table, losses, ''].join('\n'))
    await parties?.remove()
  })

  async function gnutlsServer(options: GnutlsOptions): Promise<GnutlsServer> {
    const server = await startGnutlsServer(options)
    site.after(() => server.stop())
    return server
  }

  function gnutlsClient(port: number, options: GnutlsClientOptions): PeerProcess {
    const client = startGnutlsClient(port, options)
    site.after(() => client.stop())
    return client
  }

  /** Ours and those of GnuTLS; others of them show what other parties have, where told so. */
  function endsOf(suite: Suite, kind: Kind, others: { readonly server?: Party; readonly client?: Party } = {}) {
    const expected = suite.startsWith('ECDHE_RSA') ? parties.rsaServer : parties.server
    const { server = expected, client = parties.client } = others
    const trustStore = [parties.root.der]
    const isRaw = kind === 'rpk'
    const common = { suites: [suiteId(suite)] }
    const ourClient: OurClientOptions = {
      ...common,
      credentials: client[kind],
      verify: isRaw ? knowing(expected) : verifying({ purpose: 'server', trustStore, hosts: [serverHost] }),
    }
    const ourServer: OurServerOptions = {
      ...common,
      credentials: [server[kind]],
      verify: isRaw ? knowing(parties.client) : verifying({ purpose: 'client', trustStore }),
    }
    const itsClient: GnutlsClientOptions = isRaw
      ? { ...suites[suite], credentials: { kind, own: client } }
      : { ...suites[suite], credentials: { kind, own: client, root: parties.rootFile }, serverName: serverHost }
    const itsServer: GnutlsOptions = isRaw
      ? { ...suites[suite], credentials: { kind, own: server } }
      : { ...suites[suite], credentials: { kind, own: server, root: parties.rootFile } }
    const identities = {
      client: isRaw ? keyFingerprint(client) : clientName,
      server: isRaw ? keyFingerprint(server) : 'server',
    }
    return { ourClient, ourServer, itsClient, itsServer, identities }
  }

  describe.each(pairs)('$row, our client', ({ suite, kind, row }) => {
    table.test(row, 'our client', cases[0], '✓', async () => {
      const { ourClient, itsServer, identities } = endsOf(suite, kind)
      const client = await site.ourClient((await gnutlsServer(itsServer)).port, ourClient)
      await client.echoes(payloadSizes)
      expect(client.connection.suite).toBe(`TLS_${suite}`)
      expect(client.connection.identity).toBe(identities.server)
    })

    for (const [name, tickets] of resumptions) {
      table.test(row, 'our client', name, '✓', async () => {
        const { ourClient, itsServer, identities } = endsOf(suite, kind)
        const relay = await site.relayTo(await gnutlsServer({ ...itsServer, tickets }))
        const first = await site.ourClient(relay.port, ourClient)
        await first.echoes([64])
        const session = first.connection.resumable
        expect(session?.ticket !== undefined).toBe(tickets)
        first.close()
        const second = await site.ourClient(relay.port, { ...ourClient, session })
        await second.echoes([64, 4_096])
        expect(second.connection.isResumed).toBe(true)
        expect(second.connection.identity).toBe(identities.server)
        expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
      })
    }

    if (kind === 'rpk') {
      table.mark(row, 'our client', 'small MTU', '–')
      return
    }
    table.test(row, 'our client', 'small MTU', '✓', async () => {
      const { ourClient, itsServer } = endsOf(suite, kind)
      const relay = await site.relayTo(await gnutlsServer({ ...itsServer, mtuBytes: 200 }))
      const client = await site.ourClient(relay.port, { ...ourClient, parameters: { mtuBytes: 256 } })
      await client.echoes([64])
      expect(fragmenting(relay.datagrams)).toEqual(new Set(['client', 'server']))
    })
  })

  describe.each(pairs)('$row, our server', ({ suite, kind, row }) => {
    table.test(row, 'our server', cases[0], '✓', async () => {
      const { ourServer, itsClient, identities } = endsOf(suite, kind)
      const server = await site.ourServer(ourServer)
      const client = gnutlsClient(server.port, itsClient)
      await client.echoes(payloadSizes)
      if (kind === 'x509') await client.says(/Status: The certificate is trusted/)
      expect(server.sessions.map(session => session.identity)).toEqual([identities.client])
      expect(server.failures).toEqual([])
    })

    for (const [name, tickets] of resumptions) {
      table.test(row, 'our server', name, '✓', async () => {
        const { ourServer, itsClient, identities } = endsOf(suite, kind)
        const server = await site.ourServer({ ...ourServer, tickets })
        const relay = await site.relayTo(server)
        const client = gnutlsClient(relay.port, { ...itsClient, resumes: true })
        await client.echoes([64, 4_096])
        await client.says(/This is a resumed session/)
        expect(server.sessions.map(session => session.identity)).toEqual([identities.client, identities.client])
        expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
      })
    }

    if (kind === 'rpk') {
      table.mark(row, 'our server', 'small MTU', '–')
      return
    }
    table.test(row, 'our server', 'small MTU', '✓', async () => {
      const { ourServer, itsClient } = endsOf(suite, kind)
      const server = await site.ourServer({ ...ourServer, parameters: { mtuBytes: 256 } })
      const relay = await site.relayTo(server)
      await gnutlsClient(relay.port, { ...itsClient, mtuBytes: 250 }).echoes([64])
      expect(fragmenting(relay.datagrams)).toEqual(new Set(['client', 'server']))
      expect(server.sessions.map(session => session.identity)).toEqual([clientName])
    })
  })

  const ccm8 = 'ECDHE_ECDSA_WITH_AES_128_CCM_8'

  describe.each(['x509', 'rpk'] as const)('losses, %s', kind => {
    losses.test(`${kind}, full handshake of both`, 'our client', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const { ourClient, itsServer } = endsOf(ccm8, kind)
        const relay = await site.relayTo(await gnutlsServer(itsServer), isLost)
        await (await site.ourClient(relay.port, ourClient)).echoes([64])
        return relay.datagrams
      }),
    )

    losses.test(`${kind}, full handshake of both`, 'our server', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const { ourServer, itsClient } = endsOf(ccm8, kind)
        const relay = await site.relayTo(await site.ourServer(ourServer), isLost)
        await gnutlsClient(relay.port, itsClient).echoes([64])
        return relay.datagrams
      }),
    )
  })

  describe('what comes to nothing', () => {
    for (const [name, kind, which, alert, cause] of [
      ['a certificate of a stranger', 'x509', 'strangeServer', 48, 'other root'],
      ['a certificate that has expired', 'x509', 'expiredServer', 45, 'expired'],
      ['the raw public key of a stranger', 'rpk', 'strangeServer', 46, 'not the expected one'],
    ] as const) {
      it(`our client is shown ${name}`, async () => {
        const { ourClient, itsServer } = endsOf(ccm8, kind, { server: parties[which] })
        const server = await gnutlsServer(itsServer)
        await expect(OurClient.connect(server.port, { ...ourClient, ...soon })).rejects.toMatchObject({
          code: 'HANDSHAKE',
          alertCode: alert,
          message: expect.stringContaining(cause),
        })
      })
    }

    for (const [name, kind, which, alert] of [
      ['a certificate of a stranger', 'x509', 'strangeClient', 48],
      ['a certificate that has expired', 'x509', 'expiredClient', 45],
      ['the raw public key of a stranger', 'rpk', 'strangeClient', 46],
    ] as const) {
      it(`the client shows ${name}`, async () => {
        const { ourServer, itsClient } = endsOf(ccm8, kind, { client: parties[which] })
        const server = await site.ourServer(ourServer)
        const client = gnutlsClient(server.port, itsClient)
        await client.ended()
        await client.says(/fatal alert/)
        // Sometimes its client tries once more, alert or not.
        expect(server.failures[0]).toMatchObject({ code: 'HANDSHAKE', alertCode: alert })
        expect(server.sessions).toEqual([])
      })
    }

    it('our client shows a certificate of a stranger', async () => {
      const { ourClient, itsServer } = endsOf(ccm8, 'x509', { client: parties.strangeClient })
      const server = await gnutlsServer(itsServer)
      await expect(OurClient.connect(server.port, { ...ourClient, ...soon })).rejects.toMatchObject({
        code: 'HANDSHAKE',
        alertCode: expect.any(Number),
      })
    })

    for (const [name, kind, other] of [
      ['our client has a raw public key, the server certificates only', 'rpk', 'x509'],
      ['our client has a certificate, the server raw public keys only', 'x509', 'rpk'],
    ] as const) {
      it(name, async () => {
        const server = await gnutlsServer(endsOf(ccm8, other).itsServer)
        const connected = OurClient.connect(server.port, { ...endsOf(ccm8, kind).ourClient, ...soon })
        // GnuTLS answers such a ClientHello not even with an alert.
        await expect(connected).rejects.toMatchObject({ code: 'TIMEOUT' })
      })

      it(`${name}, the other way round`, async () => {
        const server = await site.ourServer(endsOf(ccm8, kind).ourServer)
        await gnutlsClient(server.port, endsOf(ccm8, other).itsClient).ended()
        expect(server.failures[0]).toMatchObject({ code: 'HANDSHAKE' })
        expect(server.sessions).toEqual([])
      })
    }
  })
})

/** The ends whose Certificate was longer than a datagram. */
function fragmenting(datagrams: readonly RelayedDatagram[]): Set<string> {
  return new Set(datagrams.filter(datagram => isFragmented([datagram], 'Certificate')).map(({ from }) => from))
}
