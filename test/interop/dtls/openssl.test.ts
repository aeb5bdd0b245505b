import { afterAll, describe, expect, it } from 'vitest'
import { PassTable } from '../leshan/pass-table.ts'
import { describePeer } from '../peer-suite.ts'
import { OurClient, payload, payloadSizes, soon, suiteId } from './ends.ts'
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
import { psk, unknownIdentity, wrongKey } from './psk.ts'
import { DtlsSite } from './site.ts'
import { handshakesOf, isFragmented } from './wire.ts'

/** OpenSSL's names by those of IANA. It has no other suite of ours. */
const suites = {
  PSK_WITH_AES_128_CCM_8: 'PSK-AES128-CCM8',
  PSK_WITH_AES_128_CCM: 'PSK-AES128-CCM',
  PSK_WITH_AES_128_GCM_SHA256: 'PSK-AES128-GCM-SHA256',
  PSK_WITH_AES_128_CBC_SHA256: 'PSK-AES128-CBC-SHA256',
  ECDHE_PSK_WITH_AES_128_CBC_SHA256: 'ECDHE-PSK-AES128-CBC-SHA256',
} as const
type Suite = keyof typeof suites

const cases = ['payloads of 1 B to 16 kB', 'resumption by session ID', 'resumption by ticket', 'small MTU'] as const
const roles = ['our client', 'our server'] as const
const table = new PassTable('openssl over DTLS 1.2', cases, roles)
const losses = new PassTable('openssl, losses', ['each datagram lost once'], roles)

/** OpenSSL's least: 228 bytes without the headers of IP and UDP. */
const smallMtu = { mtuBytes: 256 }
/** As long as OpenSSL allows, and more than a datagram of that MTU. */
const longHint = 'h'.repeat(256)
const longIdentity = { ...psk, identity: 'urn:dev:ops:'.padEnd(255, 'x') }

describePeer('openssl', opensslPrograms, opensslInstall, () => {
  const site = new DtlsSite()
  afterAll(() => {
    process.stdout.write(['', table, losses, ''].join('\n'))
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

  describe.each(Object.keys(suites) as Suite[])('%s, our client', suite => {
    const peer = { suites: suites[suite] }
    const ours = { suites: [suiteId(suite)] }

    table.test(suite, 'our client', 'payloads of 1 B to 16 kB', '✓', async () => {
      const server = await opensslServer(peer)
      const client = await site.ourClient(server.port, ours)
      await exchange(client, server, payloadSizes)
      await server.process.says(new RegExp(`CIPHER is ${suites[suite]}\n`))
      expect(client.connection.suite).toBe(`TLS_${suite}`)
      client.close()
      // What it says after a close_notify.
      await server.process.says(/DONE\n/)
    })

    for (const [name, tickets] of [
      ['resumption by session ID', false],
      ['resumption by ticket', true],
    ] as const) {
      table.test(suite, 'our client', name, '✓', async () => {
        const server = await opensslServer({ ...peer, tickets })
        const relay = await site.relayTo(server)
        const first = await site.ourClient(relay.port, ours)
        await exchange(first, server, [64])
        const session = first.connection.resumable
        expect(session?.ticket !== undefined).toBe(tickets)
        first.close()
        const second = await site.ourClient(relay.port, { ...ours, session })
        await exchange(second, server, [64, 4_096])
        await server.process.says(/Reused session-id/)
        expect(second.connection.isResumed).toBe(true)
        expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
      })
    }

    table.test(suite, 'our client', 'small MTU', '✓', async () => {
      const server = await opensslServer({ ...peer, ...smallMtu, hint: longHint })
      const relay = await site.relayTo(server)
      const client = await site.ourClient(relay.port, { ...ours, psk: longIdentity, parameters: smallMtu })
      await exchange(client, server, [1_200])
      expect(isFragmented(relay.datagrams, 'ClientKeyExchange')).toBe(true)
      expect(isFragmented(relay.datagrams, 'ServerKeyExchange')).toBe(true)
    })
  })

  describe.each(Object.keys(suites) as Suite[])('%s, our server', suite => {
    const peer = { suites: suites[suite] }
    const ours = { suites: [suiteId(suite)] }

    table.test(suite, 'our server', 'payloads of 1 B to 16 kB', '✓', async () => {
      const server = await site.ourServer(ours)
      const client = opensslClient(server.port, peer)
      await client.echoes(payloadSizes)
      await client.says(new RegExp(`Cipher is ${suites[suite]}\n`))
      await client.says(/Extended master secret: yes/)
      expect(server.sessions.map(session => session.identity)).toEqual([psk.identity])
      expect(server.failures).toEqual([])
    })

    for (const [name, tickets] of [
      ['resumption by session ID', false],
      ['resumption by ticket', true],
    ] as const) {
      table.test(suite, 'our server', name, '✓', async () => {
        const server = await site.ourServer({ ...ours, tickets })
        const relay = await site.relayTo(server)
        const file = await keptSession()
        const first = opensslClient(relay.port, { ...peer, keep: file })
        await first.echoes([64])
        await first.finish()
        const second = opensslClient(relay.port, { ...peer, resume: file })
        await second.echoes([64, 4_096])
        await second.says(/Reused, TLSv1\.[02], Cipher is/)
        expect(server.sessions.map(session => session.identity)).toEqual([psk.identity, psk.identity])
        expect(handshakesOf(relay.datagrams)).toEqual(['full', 'abbreviated'])
      })
    }

    table.test(suite, 'our server', 'small MTU', '✓', async () => {
      const server = await site.ourServer({
        ...ours,
        psk: longIdentity,
        identityHint: longHint,
        parameters: smallMtu,
      })
      const relay = await site.relayTo(server)
      const client = opensslClient(relay.port, { ...peer, ...smallMtu, psk: longIdentity })
      await client.echoes([1_200])
      expect(isFragmented(relay.datagrams, 'ClientKeyExchange')).toBe(true)
      expect(isFragmented(relay.datagrams, 'ServerKeyExchange')).toBe(true)
      expect(server.sessions.map(session => session.identity)).toEqual([longIdentity.identity])
    })
  })

  const ccm8 = { suites: suites.PSK_WITH_AES_128_CCM_8 }
  describe('losses', () => {
    losses.test('full handshake', 'our client', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const server = await opensslServer(ccm8)
        const relay = await site.relayTo(server, isLost)
        await exchange(await site.ourClient(relay.port), server, [64])
        return relay.datagrams
      }),
    )

    losses.test('full handshake', 'our server', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const relay = await site.relayTo(await site.ourServer(), isLost)
        await opensslClient(relay.port, ccm8).echoes([64])
        return relay.datagrams
      }),
    )

    losses.test('resumption', 'our client', 'each datagram lost once', '✓', () =>
      loseEachDatagram(async isLost => {
        const server = await opensslServer(ccm8)
        const first = await site.ourClient(server.port)
        const session = first.connection.resumable
        first.close()
        await server.process.says(/DONE\n/)
        const relay = await site.relayTo(server, isLost)
        const second = await site.ourClient(relay.port, { session })
        // What comes before a Finished that was lost, OpenSSL discards.
        await server.process.hears(() => second.send(payload(64)), payload(64))
        expect(second.connection.isResumed).toBe(true)
        return relay.datagrams
      }),
    )

    losses.test('resumption', 'our server', 'each datagram lost once', '✓', async () => {
      const server = await site.ourServer()
      const file = await keptSession()
      const first = opensslClient(server.port, { ...ccm8, keep: file })
      await first.echoes([64])
      await first.finish()
      await loseEachDatagram(async isLost => {
        const relay = await site.relayTo(server, isLost)
        const client = opensslClient(relay.port, { ...ccm8, resume: file })
        await client.echoes([64])
        await client.says(/Reused, /)
        return relay.datagrams
      })
    })
  })

  const gcm = { suites: suites.PSK_WITH_AES_128_GCM_SHA256 }

  describe('what comes to nothing', () => {
    // OpenSSL discards the Finished that it cannot decrypt, and takes any identity.
    it('our client has another key', async () => {
      const server = await opensslServer({ ...ccm8, psk: wrongKey })
      await expect(OurClient.connect(server.port, soon)).rejects.toMatchObject({
        code: 'HANDSHAKE',
        message: expect.stringContaining('its key for this identity may be another one'),
      })
    })

    it('our client has no suite in common with the server', async () => {
      const server = await opensslServer(gcm)
      const ours = { suites: [suiteId('PSK_WITH_AES_128_CCM_8')] }
      await expect(OurClient.connect(server.port, ours)).rejects.toMatchObject({ code: 'HANDSHAKE', alertCode: 40 })
    })

    it('our client finds no server', async () => {
      const server = await opensslServer(ccm8)
      await server.process.stop()
      await expect(OurClient.connect(server.port, soon)).rejects.toMatchObject({ code: 'NETWORK_UNREACHABLE' })
    })

    for (const [name, options, alert, cause] of [
      ['has another key', { ...ccm8, psk: wrongKey }, 51, 'its pre-shared key is not ours'],
      ['is unknown', { ...ccm8, psk: unknownIdentity }, 115, 'identity'],
      ['has no suite in common with our server', gcm, 40, 'suite'],
    ] as const) {
      it(`the client ${name}`, async () => {
        const server = await site.ourServer({ suites: [suiteId('PSK_WITH_AES_128_CCM_8')] })
        const client = opensslClient(server.port, options)
        await client.ended()
        await client.says(new RegExp(`SSL alert number ${alert}`))
        expect(server.failures).toHaveLength(1)
        expect(server.failures[0]).toMatchObject({ code: 'HANDSHAKE', alertCode: alert })
        expect(server.failures[0]?.message).toContain(cause)
        expect(server.sessions).toEqual([])
      })
    }
  })
})
