import { afterAll, describe, expect, it } from 'vitest'
import { PassTable } from '../leshan/pass-table.ts'
import { describePeer } from '../peer-suite.ts'
import { OurClient, payloadSizes, suiteId } from './ends.ts'
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
import { psk, unknownIdentity, wrongKey } from './psk.ts'
import { DtlsSite } from './site.ts'
import { handshakesOf, isFragmented } from './wire.ts'

/** GnuTLS's names of the ciphers by those of IANA of the suites. Its programs have no other suite of ours. */
const suites = {
  PSK_WITH_AES_128_CCM_8: 'AES-128-CCM-8',
  PSK_WITH_AES_128_CCM: 'AES-128-CCM',
  PSK_WITH_AES_128_GCM_SHA256: 'AES-128-GCM',
  PSK_WITH_AES_128_CBC_SHA256: 'AES-128-CBC',
} as const
type Suite = keyof typeof suites

const cases = ['payloads of 1 B to 16 kB', 'resumption by session ID', 'resumption by ticket', 'small MTU'] as const
const roles = ['our client', 'our server'] as const
const table = new PassTable('gnutls over DTLS 1.2', cases, roles)
const losses = new PassTable('gnutls, losses', ['each datagram lost once'], roles)

/** For a message that is larger than a datagram. */
const longIdentity = { ...psk, identity: 'urn:dev:ops:'.padEnd(255, 'x') }

const resumptions = [
  ['resumption by session ID', false],
  ['resumption by ticket', true],
] as const

describePeer('gnutls', gnutlsPrograms, gnutlsInstall, () => {
  const site = new DtlsSite()
  afterAll(() => {
    process.stdout.write(['', table, losses, ''].join('\n'))
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

  describe.each(Object.keys(suites) as Suite[])('%s, our client', suite => {
    const peer = { cipher: suites[suite] }
    const ours = { suites: [suiteId(suite)] }

    table.test(suite, 'our client', 'payloads of 1 B to 16 kB', '✓', async () => {
      const client = await site.ourClient((await gnutlsServer(peer)).port, ours)
      await client.echoes(payloadSizes)
      expect(client.connection.suite).toBe(`TLS_${suite}`)
    })

    for (const [name, tickets] of resumptions) {
      table.test(suite, 'our client', name, '✓', async () => {
        const relay = await site.relayTo(await gnutlsServer({ ...peer, tickets }))
        const first = await site.ourClient(relay.port, ours)
        await first.echoes([64])
        const session = first.connection.resumable
        expect(session?.ticket !== undefined).toBe(tickets)
        first.close()
        const second = await site.ourClient(relay.port, { ...ours, session })
        await second.echoes([64, 4_096])
        expect(second.connection.isResumed).toBe(true)
        expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
      })
    }

    table.test(suite, 'our client', 'small MTU', '✓', async () => {
      const relay = await site.relayTo(await gnutlsServer({ ...peer, mtuBytes: 200, psk: longIdentity }))
      const client = await site.ourClient(relay.port, { ...ours, psk: longIdentity, parameters: { mtuBytes: 256 } })
      await client.echoes([64])
      expect(isFragmented(relay.datagrams, 'ClientKeyExchange')).toBe(true)
      expect(isFragmented(relay.datagrams, 'NewSessionTicket')).toBe(true)
    })
  })

  describe.each(Object.keys(suites) as Suite[])('%s, our server', suite => {
    const peer = { cipher: suites[suite] }
    const ours = { suites: [suiteId(suite)] }

    table.test(suite, 'our server', 'payloads of 1 B to 16 kB', '✓', async () => {
      const server = await site.ourServer(ours)
      const client = gnutlsClient(server.port, peer)
      await client.echoes(payloadSizes)
      await client.says(/extended master secret/)
      expect(server.sessions.map(session => session.identity)).toEqual([psk.identity])
      expect(server.failures).toEqual([])
    })

    for (const [name, tickets] of resumptions) {
      table.test(suite, 'our server', name, '✓', async () => {
        const server = await site.ourServer({ ...ours, tickets })
        const relay = await site.relayTo(server)
        const client = gnutlsClient(relay.port, { ...peer, resumes: true })
        await client.echoes([64, 4_096])
        await client.says(/This is a resumed session/)
        expect(server.sessions.map(session => session.identity)).toEqual([psk.identity, psk.identity])
        expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
      })
    }

    table.test(suite, 'our server', 'small MTU', '✓', async () => {
      const server = await site.ourServer({
        ...ours,
        psk: longIdentity,
        identityHint: 'h'.repeat(200),
        parameters: { mtuBytes: 256 },
      })
      const relay = await site.relayTo(server)
      await gnutlsClient(relay.port, { ...peer, mtuBytes: 250, psk: longIdentity }).echoes([64])
      expect(isFragmented(relay.datagrams, 'ClientKeyExchange')).toBe(true)
      expect(isFragmented(relay.datagrams, 'ServerKeyExchange')).toBe(true)
      expect(server.sessions.map(session => session.identity)).toEqual([longIdentity.identity])
    })
  })

  const ccm8 = { cipher: suites.PSK_WITH_AES_128_CCM_8 }

  describe('losses', () => {
    losses.test('full handshake', 'our client', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const relay = await site.relayTo(await gnutlsServer(ccm8), isLost)
        await (await site.ourClient(relay.port)).echoes([64])
        return relay.datagrams
      }),
    )

    losses.test('full handshake', 'our server', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const relay = await site.relayTo(await site.ourServer(), isLost)
        await gnutlsClient(relay.port, ccm8).echoes([64])
        return relay.datagrams
      }),
    )
  })

  describe('what comes to nothing', () => {
    // GnuTLS takes a key of its own for an identity that it does not know, and discards a Finished that it cannot decrypt.
    for (const [name, ours] of [
      ['has another key', wrongKey],
      ['is unknown', unknownIdentity],
    ] as const) {
      it(`our client ${name}`, async () => {
        const server = await gnutlsServer(ccm8)
        const connected = OurClient.connect(server.port, { psk: ours, parameters: { maximumTransmissions: 3 } })
        await expect(connected).rejects.toMatchObject({
          code: 'HANDSHAKE',
          message: expect.stringContaining('its key for this identity may be another one'),
        })
      })
    }

    for (const [name, options, alert, cause] of [
      ['has another key', { ...ccm8, psk: wrongKey }, 51, 'its pre-shared key is not ours'],
      ['is unknown', { ...ccm8, psk: unknownIdentity }, 115, 'identity'],
      ['has no suite in common with our server', { cipher: 'AES-128-GCM' }, 40, 'suite'],
    ] as const) {
      it(`the client ${name}`, async () => {
        const server = await site.ourServer({ suites: [suiteId('PSK_WITH_AES_128_CCM_8')] })
        const client = gnutlsClient(server.port, options)
        await client.ended()
        await client.says(/fatal alert/)
        // Sometimes its client tries once more, alert or not.
        const [failure] = server.failures
        expect(failure).toMatchObject({ code: 'HANDSHAKE', alertCode: alert })
        expect(failure?.message).toContain(cause)
        expect(server.sessions).toEqual([])
      })
    }
  })
})
