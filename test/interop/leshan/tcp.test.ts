import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClientOptions, x509 } from '../../../index.ts'
import { testObject } from '../../../objects/index.ts'
import { issueParties, type Parties } from '../dtls/certificates.ts'
import { payload, payloadSizes } from '../dtls/ends.ts'
import { describePeer } from '../peer-suite.ts'
import { TcpRelay } from '../tcp-relay.ts'
import { changed, content } from './answers.ts'
import { writeAndRead } from './dtls-site.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { LifecycleClient, sensorValue } from './lifecycle-client.ts'
import { PassTable } from './pass-table.ts'

const cases = [
  'register, Update, de-register',
  'read, write, execute',
  'payloads of 1 B to 30 kB',
  'observe and cancel',
  'composite operations',
  'Send',
  'a connection cut',
  'queue mode',
] as const
const table = new PassTable('Leshan server over TCP and TLS', cases, ['our client'])

const schemes = ['coap+tcp', 'coaps+tcp'] as const
type Scheme = (typeof schemes)[number]

const [integerValue, bytesPath] = ['/3442/0/120', '/3442/0/150'] as const
const value = (celsius: number) => ({ [sensorValue]: celsius })
const formats = { paths: 'SENML_CBOR', nodes: 'SENML_CBOR' } as const

describePeer('Leshan 2.0.0-M18 over TCP and TLS', leshanPrograms, leshanInstall, () => {
  let parties: Parties
  let leshan: Leshan
  let count = 0
  const cleanUp: (() => unknown)[] = []

  beforeAll(async () => {
    parties = await issueParties()
    leshan = await startLeshan({ awakeTimeMs: 2_000, credentials: { own: parties.server, root: parties.rootFile } })
  })
  afterAll(async () => {
    process.stdout.write(['', table, ''].join('\n'))
    for (const step of cleanUp.toReversed()) await step()
    await leshan?.close()
    await parties?.remove()
  })

  /** Registers a client of its own, and tells what is seen of it at both ends and on the wire; `strange` with the certificate of a stranger. */
  async function site(
    scheme: Scheme,
    { strange = false, ...options }: Partial<ClientOptions> & { readonly strange?: boolean } = {},
  ) {
    const isSecure = scheme === 'coaps+tcp'
    const endpoint = `urn:dev:os:stream-${++count}`
    const relay = await TcpRelay.start(isSecure ? leshan.coapsTcpUri : leshan.coapTcpUri)
    cleanUp.push(() => relay.close())
    const own = await (strange ? parties.strangeNamedClient(endpoint) : parties.namedClient(endpoint))
    if (isSecure) await leshan.setKeyPair(endpoint, 'x509', own)
    const security = x509({ certificate: own.chain, key: own.certificate.privateKey })
    const device = new LifecycleClient({
      endpoint,
      servers: [{ uri: relay.uri, shortServerId: 1, ...(isSecure && { security }) }],
      ...(isSecure && { dtls: { trustStore: [parties.root.der] } }),
      versions: ['1.1'],
      ...options,
      objects: [testObject],
    })
    const { client, requests, told } = device
    client.objects.create(testObject, 0, { integerValue: 20 })
    cleanUp.push(() => client.stop())
    const events = await leshan.events(endpoint)
    client.start()
    return { device, client, endpoint, relay, requests, told, events }
  }

  async function registered(scheme: Scheme, options?: Partial<ClientOptions>) {
    const made = await site(scheme, options)
    await made.told.next('REGISTRATION_COMPLETE')
    await made.events.next('REGISTRATION')
    return made
  }

  describe.each(schemes)('%s', { concurrent: true }, scheme => {
    const test = (name: (typeof cases)[number], run: () => Promise<void>) =>
      table.test(scheme, 'our client', name, '✓', run)

    test('register, Update, de-register', async () => {
      const { client, endpoint, relay, requests, told, events } = await registered(scheme)
      expect(await leshan.client(endpoint)).toMatchObject({
        bindingMode: '[T]',
        ...(scheme === 'coaps+tcp' && { x509CommonName: endpoint }),
      })
      client.update()
      await told.next('REG_UPDATE_COMPLETE')
      await client.stop()
      expect((await events.next('DEREGISTRATION')).data.expired).toBe(false)
      expect(requests).toEqual(['Register lwm2m=1.1 lt=300 b=T: 2.01', 'Update: 2.04', 'De-register: 2.02'])
      expect(relay.connectionCount).toBe(1)
    })

    test('read, write, execute', async () => {
      const { endpoint, requests, events } = await registered(scheme)
      expect(await leshan.read(endpoint, sensorValue)).toEqual(content(value(21.5)))
      expect(await leshan.write(endpoint, integerValue, { [integerValue]: 21 })).toEqual(changed)
      expect(await leshan.read(endpoint, integerValue)).toEqual(content({ [integerValue]: 21 }))
      expect(await leshan.read(endpoint, '/3442/0/9999')).toMatchObject({ status: 'NOT_FOUND(404)' })
      expect(await leshan.execute(endpoint, '/1/0/8')).toEqual(changed)
      await events.next('UPDATED')
      expect(requests.at(-1)).toMatch(/^Update/)
    })

    test('payloads of 1 B to 30 kB', async () => {
      const { device } = await registered(scheme)
      await writeAndRead(leshan, device, [...payloadSizes, 30_000])
    })

    test('observe and cancel', async () => {
      const { client, endpoint, events } = await registered(scheme)
      expect(await leshan.observe(endpoint, sensorValue)).toEqual(content(value(21.5)))
      for (const celsius of [22, 23, 24]) {
        client.objects.set(sensorValue, celsius)
        expect((await events.next('NOTIFICATION')).data.val).toEqual(value(celsius))
      }
      expect(await leshan.cancelActively(endpoint, sensorValue)).toEqual(content(value(24)))
      client.objects.set(sensorValue, 25)
      // What is sent after it arrives after it.
      await client.send([sensorValue])
      await events.next('SEND')
      expect(events.history.filter(({ type }) => type === 'NOTIFICATION')).toHaveLength(3)
    })

    test('composite operations', async () => {
      const { client, endpoint, events } = await registered(scheme)
      const paths = [sensorValue, integerValue]
      const both = (celsius: number, integer: number) => ({ ...value(celsius), [integerValue]: integer })
      expect(await leshan.readComposite(endpoint, paths, formats)).toEqual(content(both(21.5, 20)))
      expect(await leshan.writeComposite(endpoint, { [integerValue]: 21 }, formats.nodes)).toEqual(changed)
      expect(await leshan.observeComposite(endpoint, paths, formats)).toEqual(content(both(21.5, 21)))
      client.objects.set(sensorValue, 22)
      expect((await events.next('NOTIFICATION')).data.val).toEqual(both(22, 21))
      expect(await leshan.cancelCompositeActively(endpoint, paths)).toEqual(content(both(22, 21)))
    })

    test('Send', async () => {
      const { client, events } = await registered(scheme)
      await client.send([sensorValue])
      expect((await events.next('SEND')).data.timed).toEqual([{ time: null, val: value(21.5) }])
      client.objects.set(bytesPath, payload(20_000))
      await client.send([bytesPath])
      expect((await events.next('SEND')).data.timed).toEqual([
        { time: null, val: { [bytesPath]: payload(20_000).toString('hex') } },
      ])
    })

    test('a connection cut', async () => {
      const retry = { initialDelaySeconds: 0.2, maximumDelaySeconds: 1 }
      const { client, endpoint, relay, requests, told, events } = await registered(scheme, { retry })
      await leshan.observe(endpoint, sensorValue)
      relay.fail(2)
      await told.next('REG_UPDATE_COMPLETE')
      // The first one, two that came to nothing, and the last.
      expect(relay.connectionCount).toBe(4)
      expect(requests).toEqual(['Register lwm2m=1.1 lt=300 b=T: 2.01', 'Update: 2.04'])
      client.objects.set(sensorValue, 22)
      expect((await events.next('NOTIFICATION')).data.val).toEqual(value(22))
      expect(await leshan.read(endpoint, sensorValue)).toEqual(content(value(22)))
      if (scheme === 'coaps+tcp') expect(relay.handshakes).toEqual(['full', 'resumed'])
    })

    test('queue mode', async () => {
      const queueMode = { awakeSeconds: 1, whileAsleep: 'close' } as const
      const { client, endpoint, relay, requests, told, events } = await registered(scheme, { queueMode })
      await Promise.all([told.next('QUEUE_MODE_RX_OFF'), events.next('SLEEPING')])
      expect(relay.openCount).toBe(0)
      const delayed = leshan.read(endpoint, sensorValue)
      await events.next('DELAYED')
      client.update()
      expect(await delayed).toEqual(content(value(21.5)))
      expect(requests).toEqual(['Register lwm2m=1.1 lt=300 b=T Q: 2.01', 'Update: 2.04'])
      if (scheme === 'coaps+tcp') expect(relay.handshakes).toEqual(['full', 'resumed'])
    })
  })

  it('Leshan does not trust the certificate of a stranger', async () => {
    const { told, requests } = await site('coaps+tcp', { strange: true })
    expect((await told.next('CONNECT_FAILURE')).data.cause).toMatchObject({
      // With TLS 1.3 it says so when our handshake is over already.
      code: 'CLOSED',
      message: expect.stringContaining('has ended the TLS session (certificate_unknown)'),
    })
    expect(requests).toEqual([])
  })
})
