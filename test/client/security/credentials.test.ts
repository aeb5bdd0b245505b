import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Lwm2mClient } from '../../../client/client.ts'
import { destinationOf } from '../../../client/destination.ts'
import { ExternalKeys } from '../../../client/external-keys.ts'
import { factoryBootstrap } from '../../../client/factory-bootstrap.ts'
import type { ClientOptions, ServerOptions } from '../../../client/options.ts'
import { OptionsError } from '../../../client/options-error.ts'
import { psk } from '../../../client/psk.ts'
import { rpk } from '../../../client/rpk.ts'
import { serverAccounts } from '../../../objects/account.ts'
import { formatServerUri } from '../../../transport/uri.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'

const key = Buffer.from('00ff', 'hex')
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rawKeys = rpk({ key: privateKey, serverPublicKey: publicKey.export({ format: 'der', type: 'spki' }) })
const secure: ServerOptions = { uri: 'coaps://example.org', shortServerId: 1, security: psk('me', key) }

/** The way to the first server of a client with these options. */
function destination(
  server: Partial<ServerOptions>,
  change: (store: ReturnType<typeof factoryBootstrap>['store']) => void = () => {},
) {
  const { store, keys } = factoryBootstrap({ endpoint: 'a', servers: [{ ...secure, ...server }] })
  change(store)
  const [account] = serverAccounts(store)
  if (account === undefined) throw new Error('there is no account')
  const { clock, network } = simulatedWorld()
  const environment = { store, keys, clock, network, dtls: {} }
  const { uri, security } = destinationOf(account, environment)
  const stored = security?.credentials.kind === 'psk' ? security.credentials.key : undefined
  return { uri: formatServerUri(uri), security, key: stored, account }
}

describe('psk(identity, key)', () => {
  test('takes a text as UTF-8, bytes as they are, and copies of both', () => {
    expect(psk('é', key)).toEqual({ kind: 'psk', identity: Buffer.from('é'), key: Uint8Array.from(key) })
    const mine = Uint8Array.of(1, 2)
    const credentials = psk(mine, mine)
    mine.fill(0)
    expect(credentials).toMatchObject({ identity: Uint8Array.of(1, 2), key: Uint8Array.of(1, 2) })
  })

  test.each<[string, () => unknown, RegExp]>([
    ['an empty identity', () => psk('', key), /identity .*is empty/],
    ['129 bytes of identity', () => psk('é'.repeat(64) + 'a', key), /identity .*longer than 128 bytes/],
    ['an empty key', () => psk('a', new Uint8Array()), /key is empty/],
    ['65 bytes of key', () => psk('a', new Uint8Array(65)), /key is longer than 64 bytes/],
    ['digits in place of a key', () => Reflect.apply(psk, undefined, ['a', '0011']), /key is no Uint8Array; .*'hex'/],
    ['no key', () => Reflect.apply(psk, undefined, ['a']), /key is no Uint8Array/],
  ])('%s: OptionsError', (_, make, message) => {
    expect(make).toThrow(OptionsError)
    expect(make).toThrow(message)
  })
})

describe('options that contradict each other', () => {
  const client = (options: Partial<ClientOptions>) => () => new Lwm2mClient({ endpoint: 'a', servers: [], ...options })
  test.each<[string, Partial<ClientOptions>, RegExp]>([
    [
      'coap with a key',
      { servers: [{ ...secure, uri: 'coap://h' }] },
      /^coap:\/\/h:5683 is not secured, but has `security`/,
    ],
    ['coaps without one', { servers: [{ uri: 'coaps://h', shortServerId: 1 }] }, /^coaps:\/\/h:5684 needs `security`/],
    [
      'coap+tcp with a key',
      { servers: [{ ...secure, uri: 'coap+tcp://h' }] },
      /^coap\+tcp:\/\/h:5683 is not secured, but has `security`; write coaps\+tcp:\/\/$/,
    ],
    [
      'coaps+tcp without one',
      { servers: [{ uri: 'coaps+tcp://h', shortServerId: 1 }] },
      /^coaps\+tcp:\/\/h:5684 needs `security`, such as psk/,
    ],
    [
      'coaps+tcp with raw public keys',
      { bootstrap: { uri: 'coaps+tcp://h', security: rawKeys } },
      /^coaps\+tcp:\/\/h:5684: there are no raw public keys over TLS; use psk or x509, or coaps:\/\/ over UDP$/,
    ],
    ['coap to bootstrap with a key', { bootstrap: { uri: 'coap://h', security: psk('a', key) } }, /is not secured/],
    ['coaps to bootstrap without one', { bootstrap: { uri: 'coaps://h' } }, /needs `security`/],
    ['no suite', { servers: [{ ...secure, suites: [] }] }, /`suites`/],
    ['a suite of three bytes', { servers: [{ ...secure, suites: [0x10000] }] }, /`suites`/],
    [
      'credentials that nobody checked',
      { servers: [{ ...secure, security: { kind: 'psk', identity: Buffer.alloc(0), key } }] },
      /is empty/,
    ],
    ['a long Connection ID', { dtls: { connectionIdLength: 21 } }, /`dtls.connectionIdLength` .* 0 to 20/],
    [
      'garbage to trust',
      { dtls: { trustStore: [Buffer.from('x')] } },
      /^`dtls.trustStore`: entry 1 .* neither DER nor PEM/,
    ],
    ['a tiny MTU', { dtls: { mtuBytes: 100 } }, /`dtls.mtuBytes`/],
    ['a short session key', { dtls: { sessionKey: Buffer.alloc(16) } }, /`dtls.sessionKey` must have 32 bytes/],
  ])('%s: OptionsError', (_, options, message) => {
    expect(client(options)).toThrow(OptionsError)
    expect(client(options)).toThrow(message)
  })

  test("what secures the application's own connection is its own matter", () => {
    const connect = () => Promise.reject(new Error('unused'))
    expect(client({ connect, servers: [{ uri: 'coaps://h', shortServerId: 1 }] })).not.toThrow()
  })
})

describe('the Security instance of the factory', () => {
  test('holds mode, identity and key, byte for byte', () => {
    const { objects } = new Lwm2mClient({ endpoint: 'a', servers: [{ ...secure, suites: [0xc0a8, 0xa8] }] })
    expect(objects.get('/0/0/2')).toBe(0)
    expect(objects.get('/0/0/3')).toEqual(new Uint8Array(Buffer.from('me')))
    expect(objects.get('/0/0/5')).toEqual(Uint8Array.from(key))
    expect(objects.get('/0/0/16')).toEqual({ 0: 0xc0a8, 1: 0xa8 })
  })

  test('its accounts hold no secret', () => {
    const { account } = destination({})
    expect(Object.keys(account)).not.toEqual(expect.arrayContaining(['secretKey']))
    expect(Object.values(account).some(value => value instanceof Uint8Array)).toBe(false)
  })
})

describe('the way to a server', () => {
  test.each([
    ['coaps://example.org', 'example.org'],
    ['coaps://example.org.', 'example.org'],
    ['coaps+tcp://example.org', 'example.org'],
    ['coaps://192.0.2.1', undefined],
    ['coaps://[2001:db8::1]', undefined],
  ])('%s: SNI %s', (uri, serverName) => {
    expect(destination({ uri }).security?.serverName).toBe(serverName)
  })

  test('by UDP and by TCP is another one: no session of the one is for the other', () => {
    const [udp, tcp] = [destination({}), destination({ binding: 'T' })]
    expect([udp.uri, tcp.uri]).toEqual(['coaps://example.org:5684', 'coaps+tcp://example.org:5684'])
    expect(tcp.security?.fingerprint).not.toBe(udp.security?.fingerprint)
  })

  test('with raw public keys stays with UDP, which the server is taken to have', () => {
    expect(destination({ binding: 'T', security: rawKeys }).uri).toBe('coaps://example.org:5684')
  })

  test.each([
    [
      'coaps+tcp://h',
      3,
      'coaps+tcp://h:5684 with security mode noSec contradict each other: coaps+tcp:// needs credentials',
    ],
    ['coap+tcp://h', 0, 'coap+tcp://h:5683 with security mode psk contradict each other: write coaps+tcp://'],
    ['coap://h', 0, 'coap://h:5683 with security mode psk contradict each other: write coaps://'],
  ])('%s with mode %i: INVALID_SECURITY', (uri, mode, message) => {
    const write = (store: ReturnType<typeof factoryBootstrap>['store']) => {
      store.set([0, 0, 0], uri)
      store.set([0, 0, 2], mode)
      store.set([1, 0, 7], 'UT')
    }
    expect(() => destination({}, write)).toThrow(expect.objectContaining({ code: 'INVALID_SECURITY', message }))
  })

  test('the name in /0/x/14 comes before that of the URI', () => {
    const { security } = destination({}, store => store.set([0, 0, 14], 'other.example'))
    expect(security?.serverName).toBe('other.example')
    expect(destination({ serverName: 'third.example' }).security?.serverName).toBe('third.example')
    expect(destination({ serverName: '192.0.2.1' }).security?.serverName).toBeUndefined()
  })

  test('a key that is a function is asked for, as long as nobody writes another server, identity or key', async () => {
    const server = { security: psk('me', () => key) }
    const { key: ask } = destination(server)
    if (typeof ask !== 'function') throw new Error('the key is not asked for')
    expect(await ask()).toEqual(key)
    expect(destination(server, store => store.set([0, 0, 5], Uint8Array.of(7))).key).toEqual(Uint8Array.of(7))
    for (const [resource, value] of [
      [0, 'coaps://evil.example'],
      [3, Uint8Array.of(1)],
    ] as const) {
      expect(() => destination(server, store => store.set([0, 0, resource], value))).toThrow(/\/0\/0\/5.* is empty/)
    }
  })

  test('keys of the application belong to one instance', () => {
    const keys = new ExternalKeys()
    const identity = Buffer.from('me')
    keys.add(0, 'coaps://h', identity, { kind: 'psk', key: () => key })
    expect(keys.find(0, 'coaps://h', identity)?.kind).toBe('psk')
    expect(keys.find(1, 'coaps://h', identity)).toBeUndefined()
  })
})
