import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { type ClientOptions, x509 } from '../../../index.ts'
import { testObject } from '../../../objects/index.ts'
import { issueParties, type Parties } from '../dtls/certificates.ts'
import { describePeer } from '../peer-suite.ts'
import { TcpRelay } from '../tcp-relay.ts'
import { changed, content } from './answers.ts'
import { writeAndRead } from './dtls-site.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { LifecycleClient, sensorValue } from './lifecycle-client.ts'
import { PassTable } from './pass-table.ts'

const cases = [
  'read, write and execute',
  'payloads of 1 B to 30 kB',
  'observe and cancel',
  'composite',
  'Send',
  'Update and de-register',
  'a connection cut',
  'queue mode',
] as const
const table = new PassTable('Leshan server over TCP and TLS', cases, ['our client'])

const value = (celsius: number) => ({ [sensorValue]: celsius })
const formats = { paths: 'SENML_CBOR', nodes: 'SENML_CBOR' } as const

describePeer('Leshan 2.0.0-M18 over TCP and TLS', leshanPrograms, leshanInstall, () => {
  let parties: Parties
  let leshan: Leshan

  beforeAll(async () => {
    parties = await issueParties()
    leshan = await startLeshan({ awakeTimeMs: 2_000, credentials: { own: parties.server, root: parties.rootFile } })
  })
  afterAll(async () => {
    process.stdout.write(['', table, ''].join('\n'))
    await leshan?.close()
    await parties?.remove()
  })
  const cleanUp: (() => unknown)[] = []
  const after = (step: () => unknown) => cleanUp.push(step)

  describe.each(['coap+tcp', 'coaps+tcp'] as const)('%s', scheme => {
    const isSecure = scheme === 'coaps+tcp'
    let count = 0

    async function site(options: Partial<ClientOptions> = {}) {
      const endpoint = `urn:dev:os:${isSecure ? "tls" : "tcp"}-${++count}`
      const relay = await TcpRelay.start(isSecure ? leshan.coapsTcpUri : leshan.coapTcpUri)
      after(() => relay.close())
      const server = { uri: relay.uri, shortServerId: 1 }
      const own = await parties.namedClient(endpoint)
      if (isSecure) await leshan.setKeyPair(endpoint, 'x509', own)
      const security = x509({ certificate: own.chain, key: own.certificate.privateKey })
      const device = new LifecycleClient({
        endpoint,
        servers: [isSecure ? { ...server, security } : server],
        ...(isSecure && { dtls: { trustStore: [parties.root.der] } }),
        versions: ['1.1'],
        ...options,
        objects: [testObject],
      })
      device.client.objects.create(testObject, 0, { integerValue: 20 })
      after(() => device.client.stop())
      const events = await leshan.events(endpoint)
      await device.register()
      await events.next('REGISTRATION')
      return { ...device, device, relay, events }
    }

    it('smoke', async () => {
      const { device, endpoint, relay, events, client, requests } = await site()
      const say = (...x: unknown[]) => process.stdout.write(x.map(y => typeof y === 'string' ? y : JSON.stringify(y)).join(' ') + '\n')
      say(requests, await leshan.client(endpoint))
      say('read', await leshan.read(endpoint, sensorValue))
      say('write', await leshan.write(endpoint, '/3442/0/120', { '/3442/0/120': 21 }))
      say('exec', await leshan.execute(endpoint, '/3442/0/2', '0'))
      await writeAndRead(leshan, device, [1, 64, 1200, 4096, 16384, 30000])
      say('wr ok')
      say('observe', await leshan.observe(endpoint, sensorValue))
      client.objects.set(sensorValue, 22)
      say((await events.next('NOTIFICATION')).data)
      say('comp', await leshan.readComposite(endpoint, [sensorValue, '/3442/0/120'], formats))
      say('obscomp', await leshan.observeComposite(endpoint, [sensorValue, '/3442/0/120'], formats))
      client.objects.set(sensorValue, 23)
      say((await events.next('NOTIFICATION', d => d.kind === 'composite')).data)
      await client.send([sensorValue])
      say((await events.next('SEND')).data)
      client.update()
      await events.next('UPDATED')
      say(requests, isSecure ? relay.handshakes : '')
      relay.cut()
      const t = performance.now()
      await events.next('UPDATED')
      say('reconnected after', performance.now() - t, requests, device.told.history.map(e => e.type), isSecure ? relay.handshakes : '')
      client.objects.set(sensorValue, 24)
      say(await Promise.race([events.next('NOTIFICATION', d => JSON.stringify(d).includes('24'), 3000).then(e => e.data, e => String(e))]))
      say('read', await leshan.read(endpoint, sensorValue))
      say(leshan.log)
    })
  })
})
