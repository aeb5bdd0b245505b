import { afterAll, beforeAll, expect, it } from 'vitest'
import { x509 } from '../../../index.ts'
import { issueParties, type Parties } from '../dtls/certificates.ts'
import { handshakesOf } from '../dtls/wire.ts'
import { describePeer } from '../peer-suite.ts'
import { Relay } from '../relay.ts'
import { content } from './answers.ts'
import { type LeshanBootstrap, startLeshanBootstrap } from './bootstrap.ts'
import { freshPsk } from './dtls-site.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { LifecycleClient, sensorValue } from './lifecycle-client.ts'

describePeer('Leshan 2.0.0-M15 as bootstrap server over X.509', leshanPrograms, leshanInstall, () => {
  let parties: Parties
  let bootstrap: LeshanBootstrap
  let keyed: Leshan
  let certified: Leshan

  beforeAll(async () => {
    parties = await issueParties()
    const credentials = { own: parties.server, root: parties.rootFile }
    ;[bootstrap, keyed, certified] = await Promise.all([
      startLeshanBootstrap({ credentials }),
      startLeshan(),
      startLeshan({ credentials }),
    ])
  })
  afterAll(async () => {
    await Promise.all([bootstrap?.close(), keyed?.close(), certified?.close()])
    await parties?.remove()
  })

  it('a bootstrap over X.509 leads to a server over PSK and one over X.509', async ({ onTestFinished }) => {
    const relays = await Promise.all([bootstrap, keyed, certified].map(({ coapsUri }) => Relay.start(coapsUri)))
    const [toBootstrap, toKeyed, toCertified] = relays as [Relay, Relay, Relay]
    onTestFinished(() => {
      for (const relay of relays) relay.close()
    })
    const endpoint = 'urn:dev:os:bootstrapped-by-certificate'
    const factory = await parties.namedClient(endpoint)
    const { client, told } = new LifecycleClient({
      endpoint,
      bootstrap: {
        uri: toBootstrap.uri,
        security: x509({ certificate: factory.chain, key: factory.certificate.privateKey }),
      },
      dtls: { trustStore: [parties.root.der] },
      versions: ['1.1'],
    })
    onTestFinished(() => client.stop())
    const given = await parties.plainNamedClient(endpoint)
    const shared = freshPsk()
    await bootstrap.setCertified(endpoint)
    await keyed.setPsk(endpoint, shared)
    await certified.setKeyPair(endpoint, 'x509', given)
    await bootstrap.configure(endpoint, {
      toDelete: ['/1'],
      security: {
        1: {
          uri: toKeyed.uri,
          securityMode: 'PSK',
          serverId: 1,
          publicKeyOrId: Buffer.from(shared.identity).toString('hex'),
          secretKey: shared.key.toString('hex'),
        },
        2: {
          uri: toCertified.uri,
          securityMode: 'X509',
          serverId: 2,
          publicKeyOrId: given.certificate.der.toString('hex'),
          serverPublicKey: parties.server.certificate.der.toString('hex'),
          secretKey: given.certificate.privateKey.export({ format: 'der', type: 'pkcs8' }).toString('hex'),
        },
      },
      servers: { 1: { shortId: 1, lifetime: 60 }, 2: { shortId: 2, lifetime: 60 } },
    })

    client.start()
    await told.next('REGISTRATION_COMPLETE')
    await told.next('REGISTRATION_COMPLETE')
    for (const relay of relays) expect(handshakesOf(relay.datagrams)).toEqual(['full'])
    expect(await keyed.client(endpoint)).toMatchObject({ pskIdentity: shared.identity, lifetime: 60 })
    expect(await certified.client(endpoint)).toMatchObject({ x509CommonName: endpoint, lifetime: 60 })
    for (const leshan of [keyed, certified])
      expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
  })
})
