import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { OptionsError } from '../../../client/options-error.ts'
import { type RawKeySecurityOptions, rpk } from '../../../client/rpk.ts'
import type { ServerSecurity } from '../../../server/security.ts'
import { endpoint, secureSite } from '../../helpers/secure-site.ts'

function keyPair() {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    privateKey,
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: spki(privateKey),
  }
}

function spki(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' })
}

const device = keyPair()
const server = keyPair()
const stranger = keyPair()

function rawKeySite(known: Partial<RawKeySecurityOptions> = {}, security: Partial<ServerSecurity> = {}) {
  return secureSite({
    security: { psk: {}, keyPair: { key: server.pem }, rawKeys: { [endpoint]: device.publicKey }, ...security },
    account: { security: rpk({ key: device.pem, serverPublicKey: server.publicKey, ...known }) },
  })
}

describe('raw public keys on both sides (RFC 7250)', () => {
  test.each<[string, Partial<RawKeySecurityOptions>]>([
    ['as they are', {}],
    ['a KeyObject, with its public key', { key: device.privateKey, publicKey: device.publicKey }],
    [
      'the hash of the server’s',
      { serverPublicKey: createHash('sha256').update(server.publicKey).digest(), matchingType: 1 },
    ],
  ])('%s: registered under the name of the key', async (_, known) => {
    const site = await rawKeySite(known)
    await site.register()
    expect(site.server.registrations.get(endpoint)?.identity).toBe(endpoint)
    expect(site.client.objects.get('/0/0/2')).toBe(1)
    expect(site.client.objects.get('/0/0/3')).toEqual(new Uint8Array(device.publicKey))
  })

  test('another server: refused, and it is told', async () => {
    const site = await rawKeySite({ serverPublicKey: stranger.publicKey })
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.events[0]).toMatchObject({
      type: 'CONNECT_FAILURE',
      cause: { code: 'HANDSHAKE', message: expect.stringMatching(/raw public key: not the expected one/) },
    })
    expect(site.failures[0]).toMatchObject({ alertCode: 46, isAlertOfPeer: true })
  })

  test('a client that nobody knows: refused', async () => {
    const site = await rawKeySite({ key: stranger.pem })
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.events[0]).toMatchObject({
      type: 'CONNECT_FAILURE',
      cause: { message: expect.stringMatching(/does not accept the certificate or public key of this end/) },
    })
    expect(site.failures[0]?.message).toMatch(/the client: raw public key: nobody's: SHA-256 /)
  })

  test('a key that is known by another name: 4.03, unless names are not checked', async () => {
    const rawKeys = () => 'somebody'
    const site = await rawKeySite({}, { rawKeys })
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.events[0]).toMatchObject({ type: 'REGISTRATION_FAILURE' })
    const lenient = await rawKeySite({}, { rawKeys, checkEndpoint: false })
    await lenient.register()
    expect(lenient.server.registrations.get(endpoint)?.identity).toBe('somebody')
  })
})

describe('what is no raw public key', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['garbage', () => rpk({ key: 'garbage', serverPublicKey: server.publicKey }), /`rpk`: the private key: malformed/],
    [
      'garbage of the server',
      () => rpk({ key: device.pem, serverPublicKey: 'garbage' }),
      /`rpk`: the expected public key: unusable/,
    ],
    [
      'a function alone',
      () => rpk({ key: () => Buffer.alloc(0), serverPublicKey: server.publicKey }),
      /needs its public key/,
    ],
    [
      'no pair',
      () => rpk({ key: device.pem, publicKey: stranger.publicKey, serverPublicKey: server.publicKey }),
      /does not belong to the public key/,
    ],
  ])('%s: OptionsError', (_, make, message) => {
    expect(make).toThrow(OptionsError)
    expect(make).toThrow(message)
  })

  test.each<[string, string, Uint8Array, RegExp]>([
    ['no own key', '/0/0/3', new Uint8Array(), /the public key \(\/0\/0\/3\) is empty/],
    ['no key of the server', '/0/0/4', new Uint8Array(), /the Server Public Key \(\/0\/0\/4\) is empty/],
    ['garbage', '/0/0/4', Buffer.from('garbage'), /the Server Public Key \(\/0\/0\/4\): unusable: neither DER nor PEM/],
    ['another key', '/0/0/3', stranger.publicKey, /the private key does not belong to the public key/],
  ])('%s in the Security instance: INVALID_SECURITY before anything is sent', async (_, path, value, message) => {
    const site = await rawKeySite()
    site.client.objects.set(path, value)
    site.client.start()
    await site.clock.advance(100)
    expect(site.events[0]).toMatchObject({ type: 'CONNECT_FAILURE', cause: { code: 'INVALID_SECURITY' } })
    expect(JSON.stringify(site.events[0])).toMatch(message)
    expect(site.connections).toEqual([])
  })
})
