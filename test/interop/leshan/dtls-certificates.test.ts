import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClientOptions } from '../../../index.ts'
import { testObject } from '../../../objects/index.ts'
import { systemClock } from '../../../transport/clock.ts'
import { connectDtls } from '../../../transport/dtls/connect.ts'
import type { DtlsConnection } from '../../../transport/dtls/dtls-connection.ts'
import type { DtlsClientOptions } from '../../../transport/dtls/parameters.ts'
import { cipherSuites, serverKeyType } from '../../../transport/dtls/suites.ts'
import { systemRandom } from '../../../transport/random.ts'
import { udpNetwork } from '../../../transport/udp.ts'
import { issueParties, knowing, type Parties, type Party, verifying } from '../dtls/certificates.ts'
import { payloadSizes } from '../dtls/ends.ts'
import { DtlsSite } from '../dtls/site.ts'
import { handshakesOf } from '../dtls/wire.ts'
import { describePeer } from '../peer-suite.ts'
import type { Relay } from '../relay.ts'
import { content } from './answers.ts'
import { usageCaseNames, usageCases, usageNames } from './certificate-usages.ts'
import { writeAndRead } from './dtls-site.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { LifecycleClient, sensorValue } from './lifecycle-client.ts'
import { PassTable } from './pass-table.ts'

const cases = ['payloads of 1 B to 16 kB', 'resumption after sleep'] as const
const table = new PassTable('Leshan server, certificates and raw public keys', cases, ['our client'])
const usageTable = new PassTable('Leshan server, certificate usage', usageCaseNames, ['our client'])

type Kind = 'x509' | 'rpk'

/** Scandium has CBC only with the MAC first, which we do not have; our servers have keys of P-256 here. */
const suites = [...cipherSuites.values()].filter(suite => suite.cipher !== 'cbc' && serverKeyType(suite) === 'ec')

describePeer('Leshan 2.0.0-M18 and certificates', leshanPrograms, leshanInstall, () => {
  const site = new DtlsSite()
  let parties: Parties
  /** By what they show. They find clients by their addresses, so that a session is resumed after sleep. */
  let leshans: Readonly<Record<'server' | 'selfSignedServer', Leshan>>

  beforeAll(async () => {
    parties = await issueParties()
    const start = (own: Party) => startLeshan({ connectionIdLength: 0, credentials: { own, root: parties.rootFile } })
    const [server, selfSignedServer] = await Promise.all([start(parties.server), start(parties.selfSignedServer)])
    leshans = { server, selfSignedServer }
  })
  afterAll(async () => {
    process.stdout.write(['', table, usageTable, ''].join('\n'))
    await Promise.all(Object.values(leshans ?? {}).map(leshan => leshan.close()))
    await parties?.remove()
  })

  type Trust = Pick<DtlsClientOptions, 'verify'> & Partial<Pick<DtlsClientOptions, 'suites'>>

  /** A client that proves to be whom its endpoint name says, or somebody else. */
  async function startClient(
    kind: Kind,
    trust: Trust,
    { leshan = leshans.server, own: given, ...options }: Partial<ClientOptions> & { leshan?: Leshan; own?: Party } = {},
  ): Promise<LifecycleClient & { readonly relay: Relay; readonly own: Party }> {
    const relay = await site.relayTo({ port: Number(new URL(leshan.coapsUri).port) })
    let own: Party | undefined
    let latest: DtlsConnection | undefined
    const secure = new LifecycleClient({
      coap: { ackTimeoutMs: 300, maxRetransmit: 2 },
      versions: ['1.1'],
      ...options,
      objects: [testObject],
      servers: [{ uri: relay.uri, shortServerId: 1 }],
      connect: async () => {
        const session = latest?.resumable
        if (own === undefined) throw new Error('it has nothing to show yet')
        latest = await connectDtls(await udpNetwork.connect({ host: '127.0.0.1', port: relay.port }), {
          clock: systemClock,
          random: systemRandom,
          parameters: { initialTimeoutMs: 200, maximumTransmissions: 3 },
          credentials: own[kind],
          ...trust,
          ...(session && { session }),
        })
        return latest
      },
    })
    site.after(() => secure.client.stop())
    own = given ?? (await parties.namedClient(secure.endpoint))
    await leshan.setKeyPair(secure.endpoint, kind, own)
    secure.client.objects.create(testObject, 0)
    secure.client.start()
    return Object.assign(secure, { relay, own })
  }

  function trustOf(kind: Kind): Trust {
    const trustStore = [parties.root.der]
    return {
      verify:
        kind === 'rpk' ? knowing(parties.server) : verifying({ purpose: 'server', trustStore, hosts: ['127.0.0.1'] }),
    }
  }

  describe.each(['x509', 'rpk'] as const)('%s', kind => {
    describe.each(suites)('$name', ({ id, name }) => {
      const row = `${name}, ${kind}`

      table.test(row, 'our client', 'payloads of 1 B to 16 kB', '✓', async () => {
        const secure = await startClient(kind, { ...trustOf(kind), suites: [id] })
        await secure.told.next('REGISTRATION_COMPLETE')
        expect(await leshans.server.client(secure.endpoint)).toMatchObject(
          kind === 'rpk'
            ? { rawPublicKey: secure.own.certificate.publicKey.toString('hex') }
            : { x509CommonName: secure.endpoint },
        )
        await writeAndRead(leshans.server, secure, payloadSizes)
        expect(handshakesOf(secure.relay.datagrams)).toEqual(['full'])
      })

      table.test(row, 'our client', 'resumption after sleep', '✓', async () => {
        const secure = await startClient(kind, { ...trustOf(kind), suites: [id] }, { queueMode: { awakeSeconds: 1 } })
        await secure.told.next('QUEUE_MODE_RX_OFF')
        secure.client.update()
        await secure.told.next('REG_UPDATE_COMPLETE')
        expect(secure.requests).toEqual(['Register lwm2m=1.1 lt=300 Q: 2.01', 'Update: 2.04'])
        expect(handshakesOf(secure.relay.datagrams)).toEqual(['full', 'abbreviated'])
        expect(await leshans.server.read(secure.endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
      })
    })
  })

  describe('certificate usage (/0/x/15)', () => {
    for (const { name, usage, shown, given, isTrusted } of usageCases) {
      usageTable.test(usageNames[usage], 'our client', name, '✓', async () => {
        const verify = verifying({
          purpose: 'server',
          trustStore: [parties.root.der],
          hosts: ['127.0.0.1'],
          usage,
          serverCertificate: given(parties),
        })
        const secure = await startClient('x509', { verify }, { leshan: leshans[shown] })
        if (isTrusted) {
          await secure.told.next('REGISTRATION_COMPLETE')
          return
        }
        const { data } = await secure.told.next('CONNECT_FAILURE')
        expect(data.cause).toMatchObject({ code: 'HANDSHAKE' })
        expect(data.cause.message).toMatch(/^.*CN=(server|intermediate): .*$/)
        expect(secure.requests).toEqual([])
      })
    }
  })

  describe('what comes to nothing', () => {
    it('Leshan does not trust the certificate of a stranger', async () => {
      const own = await parties.strangeNamedClient('urn:dev:ops:stranger')
      const secure = await startClient('x509', trustOf('x509'), { own })
      expect((await secure.told.next('CONNECT_FAILURE')).data.cause).toMatchObject({ code: 'HANDSHAKE' })
    })

    it('the certificate is for another endpoint name: a good handshake, then 4.03 (Forbidden)', async () => {
      const own = await parties.namedClient('urn:dev:ops:somebody-else')
      const secure = await startClient('x509', trustOf('x509'), { own })
      await secure.told.next('REGISTRATION_FAILURE')
      expect(secure.requests).toEqual(['Register lwm2m=1.1 lt=300: 4.03'])
    })
  })
})
