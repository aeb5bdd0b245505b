import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testObject } from '../../../objects/index.ts'
import { Lwm2mServer } from '../../../server/index.ts'
import { issueParties, type Parties, type Party } from '../dtls/certificates.ts'
import { payload, payloadSizes } from '../dtls/ends.ts'
import { DtlsSite } from '../dtls/site.ts'
import { handshakesOf } from '../dtls/wire.ts'
import { describePeer } from '../peer-suite.ts'
import type { Relay } from '../relay.ts'
import { usageCaseNames, usageCases, usageNames } from './certificate-usages.ts'
import { leshanInstall, leshanPrograms } from './leshan.ts'
import { type LeshanClient, leshanBytesPath, startLeshanClient } from './leshan-client.ts'
import { PassTable } from './pass-table.ts'

const cases = ['payloads of 1 B to 16 kB', 'full handshake', 'abbreviated handshake'] as const
const table = new PassTable('Leshan client, certificates and raw public keys', cases, ['our server'])
const usageTable = new PassTable('Leshan client, certificate usage', usageCaseNames, ['our server'])

const endpoint = 'urn:dev:ops:leshan-certified'

describePeer('A client of Leshan 2.0.0-M18 and certificates', leshanPrograms, leshanInstall, () => {
  const site = new DtlsSite()
  let parties: Parties
  let own: Party
  let client: LeshanClient

  beforeAll(async () => {
    parties = await issueParties()
    own = await parties.plainNamedClient(endpoint)
    // It is told of its servers later.
    client = await startLeshanClient({ endpoint, serverUri: 'coaps://127.0.0.1:9', connectionIdLength: 0 })
  })
  afterAll(async () => {
    process.stdout.write(['', table, usageTable, ''].join('\n'))
    await client?.close()
    await parties?.remove()
  })

  async function ourServer(kind: 'x509' | 'rpk', shown: Party): Promise<{ server: Lwm2mServer; relay: Relay }> {
    const server = await Lwm2mServer.listen({
      host: '127.0.0.1',
      port: 0,
      objects: [testObject],
      security: {
        parameters: { initialTimeoutMs: 200 },
        ...(kind === 'rpk'
          ? { keyPair: { key: shown.certificate.privateKey }, rawKeys: { [endpoint]: own.certificate.publicKey } }
          : {
              certificates: [{ certificate: shown.chain, key: shown.certificate.privateKey }],
              trustStore: [parties.root.der],
            }),
      },
    })
    site.after(() => server.close())
    return { server, relay: await site.relayTo(server.local) }
  }

  describe.each(['x509', 'rpk'] as const)('%s', kind => {
    async function registered(): Promise<Awaited<ReturnType<typeof ourServer>>> {
      const ours = await ourServer(kind, parties.server)
      const root = parties.root.der
      await client.setKeyPair(
        ours.relay.uri,
        kind === 'rpk'
          ? { kind, own, server: parties.server }
          : { kind, own, server: parties.server.certificate.der, usage: 3, root },
      )
      await client.register()
      return ours
    }

    table.test(kind, 'our server', 'payloads of 1 B to 16 kB', '✓', async () => {
      const { server, relay } = await registered()
      expect(server.registrations.get(endpoint)?.identity).toBe(endpoint)
      for (const size of payloadSizes) {
        await server.write(endpoint, leshanBytesPath, payload(size))
        const read = (await server.read(endpoint, leshanBytesPath)).values[0]?.value
        expect(Buffer.compare(read as Uint8Array, payload(size))).toBe(0)
      }
      expect(handshakesOf(relay.datagrams)).toEqual(['full'])
    })

    for (const how of ['full', 'abbreviated'] as const) {
      table.test(kind, 'our server', `${how} handshake`, '✓', async () => {
        const { server, relay } = await registered()
        const before = server.registrations.get(endpoint)?.identity
        await client.reconnect(how === 'full' ? 'full' : 'resume')
        await client.update()
        expect(handshakesOf(relay.datagrams)).toEqual(['full', how])
        expect(server.registrations.get(endpoint)?.identity).toBe(before)
      })
    }
  })

  describe('certificate usage (/0/x/15)', () => {
    for (const { name, usage, shown, given, isTrusted } of usageCases) {
      // Leshan takes none for an authority that is not said to be one, even where the certificate itself is what it was given.
      const isRefused = usage === 2 && name === 'self-signed'
      usageTable.test(usageNames[usage], 'our server', name, isRefused ? '◐' : '✓', async () => {
        const { relay } = await ourServer('x509', parties[shown])
        const root = parties.root.der
        await client.setKeyPair(relay.uri, { kind: 'x509', own, server: given(parties), usage, root })
        expect(await client.tryToRegister()).toBe(isTrusted && !isRefused ? 'REGISTERED' : 'FAILED')
      })
    }
  })

  it.each(['x509', 'rpk'] as const)('our server does not trust the %s of a stranger', async kind => {
    const { server, relay } = await ourServer(kind, parties.server)
    const stranger = parties.strangeClient
    const root = parties.root.der
    await client.setKeyPair(
      relay.uri,
      kind === 'rpk'
        ? { kind, own: stranger, server: parties.server }
        : { kind, own: stranger, server: parties.server.certificate.der, usage: 3, root },
    )
    expect(await client.tryToRegister()).toBe('FAILED')
    expect(server.registrations.get(endpoint)).toBeUndefined()
  })
})
