import { afterAll, beforeAll, expect, it } from 'vitest'
import { psk as credentialsOf } from '../../../index.ts'
import { handshakesOf } from '../dtls/wire.ts'
import { describePeer } from '../peer-suite.ts'
import { Relay } from '../relay.ts'
import { content } from './answers.ts'
import { exchangesOf, type LeshanBootstrap, startLeshanBootstrap } from './bootstrap.ts'
import { freshPsk } from './dtls-site.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { LifecycleClient, sensorValue } from './lifecycle-client.ts'

describePeer('Leshan 2.0.0-M15 as bootstrap server over DTLS', leshanPrograms, leshanInstall, () => {
  let bootstrap: LeshanBootstrap
  let leshan: Leshan

  beforeAll(async () => {
    ;[bootstrap, leshan] = await Promise.all([startLeshanBootstrap(), startLeshan()])
  })
  afterAll(() => Promise.all([bootstrap?.close(), leshan?.close()]))

  it('a bootstrap over PSK leads to a server over PSK', async ({ onTestFinished }) => {
    const factory = freshPsk()
    const given = freshPsk()
    const toBootstrap = await Relay.start(bootstrap.coapsUri)
    const toServer = await Relay.start(leshan.coapsUri)
    onTestFinished(() => {
      toBootstrap.close()
      toServer.close()
    })
    const { client, endpoint, told, requests } = new LifecycleClient({
      bootstrap: { uri: toBootstrap.uri, security: credentialsOf(factory.identity, factory.key) },
      versions: ['1.1'],
    })
    onTestFinished(() => client.stop())
    await bootstrap.setPsk(endpoint, factory)
    await leshan.setPsk(endpoint, given)
    await bootstrap.configure(endpoint, {
      toDelete: ['/1'],
      security: {
        1: {
          uri: toServer.uri,
          securityMode: 'PSK',
          serverId: 1,
          publicKeyOrId: Buffer.from(given.identity).toString('hex'),
          secretKey: given.key.toString('hex'),
        },
      },
      servers: { 1: { shortId: 1, lifetime: 60 } },
    })
    const events = await bootstrap.events(endpoint)

    client.start()
    await told.next('REGISTRATION_COMPLETE')
    expect(exchangesOf(events)).toEqual([
      'BootstrapDelete /1: DELETED(202)',
      'BootstrapWrite /0/1 SENML_CBOR: CHANGED(204)',
      'BootstrapWrite /1/1 SENML_CBOR: CHANGED(204)',
      'BootstrapFinish: CHANGED(204)',
    ])
    expect(requests).toEqual(['Bootstrap-Request pct=112: 2.04', 'Register lwm2m=1.1 lt=60: 2.01'])
    expect(handshakesOf(toBootstrap.datagrams)).toEqual(['full'])
    expect(handshakesOf(toServer.datagrams)).toEqual(['full'])
    expect(await leshan.client(endpoint)).toMatchObject({ pskIdentity: given.identity, lifetime: 60 })
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
  })
})
