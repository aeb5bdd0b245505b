import { generateKeyPairSync } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import {
  accessControl,
  device,
  ObjectStore,
  ObjectsApi,
  parsePath,
  performBootstrap,
  security,
  server,
  serverAccounts,
} from '../../../objects/index.ts'
import { OptionNumber, pathOptions, stringOption } from '../../../transport/coap/options.ts'
import { Code } from '../../../transport/index.ts'
import { decodeBootstrapOperation, encodeOutcome } from '../../../transport/lwm2m/downlink.ts'
import { describePeer } from '../peer-suite.ts'
import {
  type BootstrapConfiguration,
  type BootstrapEvents,
  exchangesOf,
  type LeshanBootstrap,
  type ServerConfiguration,
  startLeshanBootstrap,
} from './bootstrap.ts'
import { leshanInstall, leshanPrograms } from './leshan.ts'
import { connectPeer } from './peer.ts'

const none = Buffer.alloc(0)
const noSec = { securityMode: 3, publicKeyOrIdentity: none, serverPublicKey: none, secretKey: none }

/** What a client has before: the Bootstrap-Server Account, and one of a server. */
interface Before {
  readonly bootstrapInstance?: number
  readonly serverInstance?: number
}

describePeer('Leshan 2.0.0-M15 as bootstrap server over UDP', leshanPrograms, leshanInstall, () => {
  let leshan: LeshanBootstrap
  let cleanUp: (() => void)[] = []
  let count = 0

  beforeAll(async () => {
    leshan = await startLeshanBootstrap({ timeoutMs: 1_000 })
  })
  afterEach(() => {
    for (const step of cleanUp.toReversed()) step()
    cleanUp = []
  })
  afterAll(() => leshan?.close())

  /** The objects of a client, and its end of the Bootstrap interface, without the rest of our client. */
  async function site({ bootstrapInstance = 0, serverInstance }: Before = {}) {
    const endpoint = `urn:dev:os:bootstrap-${++count}`
    const store = new ObjectStore()
    for (const definition of [security, server, accessControl, device]) store.define(definition)
    const objects = new ObjectsApi(store)
    objects.create(security, bootstrapInstance, { ...noSec, lwm2mServerUri: leshan.coapUri, bootstrapServer: true })
    objects.create(device, 0, { errorCode: { 0: 0 }, supportedBindingAndModes: 'U' })
    if (serverInstance !== undefined) {
      const account = { ...noSec, lwm2mServerUri: 'coap://old.example', bootstrapServer: false, shortServerId: 7 }
      objects.create(security, serverInstance, account)
      objects.create(server, serverInstance, {
        shortServerId: 7,
        lifetime: 300,
        notificationStoringWhenDisabledOrOffline: false,
        binding: 'U',
      })
    }
    /** What a request waits for before it is performed. */
    const hold = { until: Promise.resolve() }
    const peer = await connectPeer(leshan.coapUri, async ({ message }) => {
      await hold.until
      return encodeOutcome(await performBootstrap(store, {}, decodeBootstrapOperation(message)))
    })
    cleanUp.push(() => peer.close())
    const events = await leshan.events(endpoint)
    /** Sends a Bootstrap-Request. @returns the code of the answer. */
    const request = async (preferredFormat?: number) => {
      const query = preferredFormat === undefined ? [] : [`pct=${preferredFormat}`]
      const options = [
        ...pathOptions(OptionNumber.uriPath, ['bs']),
        ...[`ep=${endpoint}`, ...query].map(text => stringOption(OptionNumber.uriQuery, text)),
      ]
      return (await peer.request({ code: Code.post, options, payload: new Uint8Array() }).response).code
    }
    /** The resources of an instance by their ids, bytes in hexadecimal. */
    const contentOf = (instance: string) => {
      const [objectId = 0] = parsePath(instance)
      const contents = store.resources(objectId).map(({ id }) => [id, objects.get(`${instance}/${id}`)] as const)
      const plain = contents.map(([id, content]) => [id, content instanceof Uint8Array ? hex(content) : content])
      return Object.fromEntries(plain.filter(([, content]) => content !== undefined))
    }
    return { endpoint, store, contentOf, events, request, hold }
  }

  const serverAt = (shortId: number): BootstrapConfiguration['security'][number] => ({
    uri: `coap://server${shortId}.example`,
    securityMode: 'NO_SEC',
    serverId: shortId,
  })
  const oneServer: BootstrapConfiguration = { security: { 1: serverAt(1) }, servers: { 1: { shortId: 1 } } }

  const registrationResources: ServerConfiguration = {
    shortId: 1,
    lifetime: 60,
    defaultMinPeriod: 2,
    defaultMaxPeriod: 30,
    disableTimeout: 90,
    notifIfDisabled: true,
    binding: 'U',
    registrationPriority: 10,
    initialDelay: 0,
    registrationFailure: false,
    bootstrapOnRegistrationFailure: true,
    communicationRetryCount: 3,
    communicationRetryTimer: 15,
    sequenceDelayTimer: 600,
    sequenceRetryCount: 2,
    trigger: true,
  }

  for (const [format, preferredFormat] of [
    ['TLV', undefined],
    ['TLV', 11_542],
    ['SENML_JSON', 110],
    ['SENML_CBOR', 112],
  ] as const) {
    const wish = preferredFormat === undefined ? 'without a preferred format' : `with pct=${preferredFormat}`
    it(`${wish}: Delete, then Write with PSK credentials in ${format}, then Finish`, async () => {
      const { endpoint, contentOf, events, request, store } = await site({ serverInstance: 3 })
      await leshan.configure(endpoint, {
        toDelete: ['/0', '/1'],
        security: {
          1: {
            uri: 'coaps://server1.example:5684',
            securityMode: 'PSK',
            serverId: 1,
            publicKeyOrId: '6964656e74697479',
            secretKey: '000102fdfeff',
            clientOldOffTime: 5,
            sni: 'server1.example',
          },
        },
        servers: { 1: registrationResources },
      })

      expect(await request(preferredFormat)).toBe(Code.changed)
      await events.next('FINISHED')

      expect(exchangesOf(events)).toEqual([
        'BootstrapDelete /0: DELETED(202)',
        'BootstrapDelete /1: DELETED(202)',
        `BootstrapWrite /0/1 ${format}: CHANGED(204)`,
        `BootstrapWrite /1/1 ${format}: CHANGED(204)`,
        'BootstrapFinish: CHANGED(204)',
      ])
      expect(store.instanceIds(0)).toEqual([0, 1])
      expect(contentOf('/0/0')).toEqual({ 0: leshan.coapUri, 1: true, 2: 3, 3: '', 4: '', 5: '' })
      expect(contentOf('/0/1')).toEqual({
        0: 'coaps://server1.example:5684',
        1: false,
        2: 0,
        3: '6964656e74697479',
        4: '',
        5: '000102fdfeff',
        6: 3,
        7: '',
        8: '',
        9: '',
        10: 1,
        11: 5,
        12: 0,
        14: 'server1.example',
      })
      expect(store.instanceIds(1)).toEqual([1])
      expect(contentOf('/1/1')).toEqual({
        0: 1,
        1: 60,
        2: 2,
        3: 30,
        5: 90,
        6: true,
        7: 'U',
        13: 10,
        14: 0,
        15: false,
        16: true,
        17: 3,
        18: 15,
        19: 600,
        20: 2,
        21: true,
      })
      expect(serverAccounts(store)).toMatchObject([{ shortServerId: 1, securityMode: 'psk', lifetimeSeconds: 60 }])
    })
  }

  it('Discover finds the Bootstrap-Server Account, and the other accounts go around it', async () => {
    const { endpoint, store, events, request } = await site({ bootstrapInstance: 1, serverInstance: 4 })
    await leshan.configure(endpoint, {
      autoIdForSecurityObject: true,
      toDelete: ['/0', '/1'],
      security: { 5: serverAt(1), 6: serverAt(2) },
      servers: { 0: { shortId: 1 }, 1: { shortId: 2 } },
    })

    expect(await request(112)).toBe(Code.changed)
    const { data } = await events.next('RESPONSE')
    await events.next('FINISHED')

    expect(data.objectLinks).toEqual(
      expect.arrayContaining([
        { url: '/', attributes: { lwm2m: '1.1' } },
        { url: '/0/1', attributes: {} },
        { url: '/0/4', attributes: { ssid: '7', uri: '"coap://old.example"' } },
        { url: '/1/4', attributes: { ssid: '7' } },
        { url: '/3/0', attributes: {} },
      ]),
    )
    expect(exchangesOf(events)).toEqual([
      'BootstrapDiscover /: CONTENT(205)',
      'BootstrapDelete /0: DELETED(202)',
      'BootstrapDelete /1: DELETED(202)',
      'BootstrapWrite /0/0 SENML_CBOR: CHANGED(204)',
      'BootstrapWrite /0/2 SENML_CBOR: CHANGED(204)',
      'BootstrapWrite /1/0 SENML_CBOR: CHANGED(204)',
      'BootstrapWrite /1/1 SENML_CBOR: CHANGED(204)',
      'BootstrapFinish: CHANGED(204)',
    ])
    expect(serverAccounts(store)).toMatchObject([
      { securityInstanceId: 0, serverInstanceId: 0, shortServerId: 1, uri: 'coap://server1.example' },
      { securityInstanceId: 2, serverInstanceId: 1, shortServerId: 2, uri: 'coap://server2.example' },
    ])
  })

  it('Read of the Server object', async () => {
    const { endpoint, events, request } = await site()
    await leshan.configure(endpoint, {
      ...oneServer,
      servers: { 1: registrationResources },
      toRead: ['/1', '/1/1', '/0'],
    })

    await request()
    await events.next('FINISHED')

    const reads = events.history
      .filter(({ type }) => type === 'RESPONSE')
      .map(({ data }) => data as BootstrapEvents['RESPONSE'])
      .filter(({ operation }) => operation === 'BootstrapRead')
    expect(reads).toMatchObject([
      { path: '/1', status: 'CONTENT(205)', content: { '/1/1/0': 1, '/1/1/1': 60, '/1/1/7': 'U' } },
      { path: '/1/1', status: 'CONTENT(205)', content: { '/1/1/0': 1, '/1/1/1': 60, '/1/1/7': 'U' } },
      { path: '/0', status: 'METHOD_NOT_ALLOWED(405)' },
    ])
  })

  it('Write of raw public keys', async () => {
    const { endpoint, contentOf, events, request } = await site()
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const publicKeyOrId = hex(own.publicKey.export({ type: 'spki', format: 'der' }))
    const serverPublicKey = hex(theirs.publicKey.export({ type: 'spki', format: 'der' }))
    const secretKey = hex(own.privateKey.export({ type: 'pkcs8', format: 'der' }))
    await leshan.configure(endpoint, {
      security: { 1: { ...serverAt(1), securityMode: 'RPK', publicKeyOrId, serverPublicKey, secretKey } },
      servers: { 1: { shortId: 1 } },
    })

    await request(110)
    await events.next('FINISHED')
    expect(contentOf('/0/1')).toMatchObject({ 2: 1, 3: publicKeyOrId, 4: serverPublicKey, 5: secretKey })
  })

  it('Write in blocks of what is longer than a datagram', async () => {
    const { endpoint, contentOf, events, request } = await site()
    const rights = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index, index % 32]))
    await leshan.configure(endpoint, {
      ...oneServer,
      acls: { 0: { objectId: 1, objectInstanceId: 1, acls: rights, accessControlOwner: 1 } },
    })

    await request(110)
    await events.next('FINISHED')
    expect(exchangesOf(events)).toContain('BootstrapWrite /2/0 SENML_JSON: CHANGED(204)')
    expect(contentOf('/2/0')).toEqual({ 0: 1, 1: 1, 2: rights, 3: 1 })
  })

  it('Finish is 4.06 when an account has no server', async () => {
    const { endpoint, events, request } = await site()
    await leshan.configure(endpoint, { security: { 1: serverAt(1), 2: serverAt(2) }, servers: { 1: { shortId: 1 } } })

    await request()
    expect((await events.next('FAILED')).data.cause).toBe('FINISH_FAILED')
    expect(exchangesOf(events).at(-1)).toBe('BootstrapFinish: NOT_ACCEPTABLE(406)')
  })

  it('a refused operation does not end the session', async () => {
    const { endpoint, store, events, request } = await site()
    await leshan.configure(endpoint, { ...oneServer, toDelete: ['/0/0', '/3/0', '/9'] })

    await request()
    await events.next('FINISHED')
    expect(exchangesOf(events).slice(0, 3)).toEqual([
      'BootstrapDelete /0/0: METHOD_NOT_ALLOWED(405)',
      'BootstrapDelete /3/0: METHOD_NOT_ALLOWED(405)',
      'BootstrapDelete /9: NOT_FOUND(404)',
    ])
    expect(store.instanceIds(0)).toEqual([0, 1])
  })

  it('Bootstrap-Request is 4.00 without a configuration', async () => {
    const { endpoint, events, request } = await site()
    await leshan.configure(endpoint, oneServer)
    await leshan.forget(endpoint)

    expect(await request()).toBe(Code.badRequest)
    expect((await events.next('FAILED')).data.cause).toBe('NO_BOOTSTRAP_CONFIG')
    expect(events.history.map(({ type }) => type)).toEqual(['AUTHORIZED', 'NO_CONFIG', 'FAILED'])
  })

  it('a second Bootstrap-Request ends the session of the first', async () => {
    const { endpoint, events, request, hold } = await site()
    await leshan.configure(endpoint, oneServer)
    let release = () => {}
    hold.until = new Promise(resolve => {
      release = resolve
    })

    await request()
    const { data: first } = await events.next('REQUEST')
    await request()
    release()
    expect((await events.next('FAILED')).data).toMatchObject({ session: first.session, cause: 'CANCELLED' })
    expect((await events.next('FINISHED')).data.session).not.toBe(first.session)
  })

  it('a client that does not answer fails the session', async () => {
    const { endpoint, events, request, hold } = await site()
    await leshan.configure(endpoint, oneServer)
    hold.until = new Promise(() => {})

    await request()
    expect((await events.next('REQUEST_FAILED')).data).toMatchObject({ operation: 'BootstrapWrite', path: '/0/1' })
    expect((await events.next('FAILED')).data.cause).toBe('REQUEST_FAILED')
  })

  it('a configuration that cannot work is refused', async () => {
    const inconsistent = leshan.configure('urn:dev:os:none', { security: {}, servers: { 1: { shortId: 1 } } })
    await expect(inconsistent).rejects.toMatchObject({
      httpStatus: 400,
      message: expect.stringContaining('no security entry'),
    })
  })
})

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
