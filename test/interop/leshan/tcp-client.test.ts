import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { testObject } from '../../../objects/index.ts'
import { Lwm2mServer } from '../../../server/index.ts'
import { issueParties, type Parties } from '../dtls/certificates.ts'
import { payload, payloadSizes } from '../dtls/ends.ts'
import { describePeer } from '../peer-suite.ts'
import { TcpRelay } from '../tcp-relay.ts'
import { leshanInstall, leshanPrograms } from './leshan.ts'
import { type LeshanClient, leshanBytesPath, leshanValuePath, startLeshanClient } from './leshan-client.ts'
import { PassTable } from './pass-table.ts'

const cases = ['register, Update', 'payloads of 1 B to 16 kB', 'observe', 'a connection cut', 'de-register'] as const
const table = new PassTable('Leshan client over TCP and TLS', cases, ['our server'])

const schemes = ['coap+tcp', 'coaps+tcp'] as const
type Scheme = (typeof schemes)[number]

interface Ours {
  readonly server: Lwm2mServer
  /** Before it. */
  readonly relay: TcpRelay
}

const endpoint = 'urn:dev:ops:leshan-stream'

describePeer('A client of Leshan 2.0.0-M18 over TCP and TLS', leshanPrograms, leshanInstall, () => {
  const cleanUp: (() => unknown)[] = []
  let parties: Parties
  let ours: Readonly<Record<Scheme, Ours>>
  /** One program for both: its start takes longest. */
  let client: LeshanClient

  beforeAll(async () => {
    parties = await issueParties()
    ours = { 'coap+tcp': await ourServer('coap+tcp'), 'coaps+tcp': await ourServer('coaps+tcp') }
    client = await startLeshanClient({ endpoint, serverUri: ours['coap+tcp'].relay.uri })
  })
  afterAll(async () => {
    process.stdout.write(['', table, ''].join('\n'))
    await client?.close()
    for (const step of cleanUp.toReversed()) await step()
    await parties?.remove()
  })

  async function ourServer(scheme: Scheme): Promise<Ours> {
    const { chain, certificate } = parties.server
    const certificates = [{ certificate: chain, key: certificate.privateKey }]
    const server = await Lwm2mServer.listen({
      host: '127.0.0.1',
      port: 0,
      transports: ['tcp'],
      objects: [testObject],
      ...(scheme === 'coaps+tcp' && { security: { certificates, trustStore: [parties.root.der] } }),
    })
    const relay = await TcpRelay.start(`${scheme}://127.0.0.1:${server.local.port}`)
    cleanUp.push(
      () => server.close(),
      () => relay.close(),
    )
    return { server, relay }
  }

  describe.each(schemes)('%s', scheme => {
    const isSecure = scheme === 'coaps+tcp'
    const test = (name: (typeof cases)[number], run: () => Promise<void>) =>
      table.test(scheme, 'our server', name, '✓', run)
    let server: Lwm2mServer
    let relay: TcpRelay

    beforeAll(async () => {
      ;({ server, relay } = ours[scheme])
      if (!isSecure) return
      const own = await parties.plainNamedClient(endpoint)
      const { server: shown, root } = parties
      const trust = { server: shown.certificate.der, usage: 3, root: root.der } as const
      await client.setKeyPair(relay.uri, { kind: 'x509', own, ...trust })
    })

    async function valueAt(path: string): Promise<unknown> {
      return (await server.read(endpoint, path)).values[0]?.value
    }

    test('register, Update', async () => {
      await client.register()
      await client.update()
      expect(server.registrations.get(endpoint)).toMatchObject({
        version: '1.1',
        ...(isSecure && { identity: endpoint }),
      })
    })

    test('payloads of 1 B to 16 kB', async () => {
      for (const size of payloadSizes) {
        await server.write(endpoint, leshanBytesPath, payload(size))
        expect(Buffer.compare((await valueAt(leshanBytesPath)) as Uint8Array, payload(size))).toBe(0)
      }
    })

    test('observe', async () => {
      const seen: unknown[] = []
      const observation = server
        .observe(endpoint, leshanValuePath)
        .subscribe(({ values }) => seen.push(values[0]?.value))
      await vi.waitFor(() => expect(seen).toHaveLength(1))
      for (const value of [101, 102, 103]) {
        await client.setValue(value)
        await vi.waitFor(() => expect(seen.at(-1)).toBe(value))
      }
      observation.unsubscribe()
      expect(await valueAt(leshanValuePath)).toBe(103)
    })

    test('a connection cut', async () => {
      const seen: unknown[] = []
      const observation = server
        .observe(endpoint, leshanValuePath)
        .subscribe(({ values }) => seen.push(values[0]?.value))
      await vi.waitFor(() => expect(seen).toHaveLength(1))
      relay.fail()
      await expect(server.read(endpoint, leshanValuePath)).rejects.toMatchObject({ code: 'CLOSED' })
      await client.update()
      await client.setValue(104)
      await vi.waitFor(() => expect(seen.at(-1)).toBe(104))
      observation.unsubscribe()
      expect(await valueAt(leshanValuePath)).toBe(104)
      expect(relay.connectionCount).toBe(2)
      if (isSecure) expect(relay.handshakes).toEqual(['full', 'resumed'])
    })

    test('de-register', async () => {
      await client.deregister()
      await vi.waitFor(() => expect(server.registrations.get(endpoint)).toBeUndefined())
    })
  })
})
