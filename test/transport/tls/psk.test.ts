import { expect, test } from 'vitest'
import { psk } from '../../../transport/dtls/credentials.ts'
import type { TlsClientOptions } from '../../../transport/tls-options.ts'
import { Events, greet, tlsSite } from '../../helpers/tls-site.ts'

const key = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
const lookup = (identity: Buffer) => (identity.toString() === 'device' ? key : undefined)
const client = (identity: string | Uint8Array = 'device', secret: Uint8Array = key): TlsClientOptions => ({
  credentials: psk(identity, secret),
})
const pskCcm8 = 0xc0a8

test('both ends share a key: the server knows by which identity', async () => {
  const site = tlsSite({ psk: lookup })
  const [near, far] = await site.session(client())
  await greet([near, far])
  expect(far.identity).toBe('device')
  expect(far.proof).toBe('sharedKey')
  expect(near.identity).toBeUndefined()
})

test.each([
  ['TLS_PSK_WITH_AES_128_CCM_8', 0xc0a8],
  ['TLS_PSK_WITH_AES_128_CCM', 0xc0a4],
  ['TLS_PSK_WITH_AES_128_GCM_SHA256', 0x00a8],
  ['TLS_PSK_WITH_AES_128_CBC_SHA256', 0x00ae],
  ['TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', 0xc037],
])('%s', async (_name, id) => {
  const site = tlsSite({ psk: lookup })
  const [near, far] = await site.session({ ...client(), suites: [id] })
  await greet([near, far])
  expect(far.identity).toBe('device')
})

test('suites that OpenSSL lacks are left out; none left is not supported', async () => {
  const site = tlsSite({ psk: lookup })
  const [near, far] = await site.session({ ...client(), suites: [0xd005, pskCcm8] })
  await greet([near, far])
  await expect(site.connect({ ...client(), suites: [0xd005] })).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  // A suite of certificates is none of a shared key.
  await expect(site.connect({ ...client(), suites: [0xc02b] })).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
})

test('no suite in common', async () => {
  const site = tlsSite({ psk: lookup, suites: [0x00a8] })
  await expect(site.connect({ ...client(), suites: [pskCcm8] })).rejects.toMatchObject({
    code: 'HANDSHAKE',
    alertCode: 40,
    isAlertOfPeer: true,
    message:
      '10.0.0.2:2 refused the TLS handshake (handshake_failure): the two have no cipher suite in common, or it does not know the identity',
  })
  expect(await site.failures.next()).toMatchObject({
    code: 'HANDSHAKE',
    alertCode: 40,
    message: 'the TLS handshake with a client failed (handshake_failure): the two have no cipher suite in common',
  })
})

test('another key', async () => {
  const site = tlsSite({ psk: lookup })
  await expect(site.connect(client('device', Buffer.from('other')))).rejects.toMatchObject({ code: 'HANDSHAKE' })
  expect(await site.failures.next()).toMatchObject({
    alertCode: 20,
    message: 'the TLS handshake with a client failed (bad_record_mac): its key for this identity is another one',
  })
  expect(site.accepted.all).toEqual([])
})

test('an identity that nobody has', async () => {
  const site = tlsSite({ psk: lookup })
  await expect(site.connect(client('stranger'))).rejects.toMatchObject({ code: 'HANDSHAKE' })
  expect(await site.failures.next()).toMatchObject({
    alertCode: 115,
    message:
      'the TLS handshake with a client failed (unknown_psk_identity): nobody is known by the identity of the client',
  })
})

test('what the application throws when it is asked for a key does not reach the client', async () => {
  const site = tlsSite({
    psk: () => {
      throw new Error('the database is down')
    },
  })
  await expect(site.connect(client())).rejects.toMatchObject({ code: 'HANDSHAKE' })
  expect(await site.failures.next()).toMatchObject({
    alertCode: 80,
    cause: new Error('the database is down'),
    message:
      'the TLS handshake with a client failed (internal_error): the application could not say the key, sign or verify',
  })
})

test('a server does not use a key that is empty or too long', async () => {
  for (const bad of [Buffer.alloc(0), Buffer.alloc(65)]) {
    const site = tlsSite({ psk: () => bad })
    await expect(site.connect(client())).rejects.toMatchObject({ code: 'HANDSHAKE' })
    expect(await site.failures.next()).toMatchObject({ alertCode: 80 })
  }
})

test('identities and keys of a client that TLS cannot carry', async () => {
  const site = tlsSite({ psk: lookup })
  const faults = [
    [client(Buffer.from([0xff, 0xfe])), 'the identity is no text, which it has to be over TLS'],
    [client('dev\0ice'), 'the identity is no text, which it has to be over TLS'],
    [client('x'.repeat(129)), 'the identity is longer than 128 bytes'],
    [client(''), 'the identity is empty'],
    [client('device', Buffer.alloc(65)), 'the pre-shared key is longer than 64 bytes'],
  ] as const
  for (const [options, message] of faults) {
    await expect(site.connect(options)).rejects.toMatchObject({ code: 'INVALID_SECURITY', message })
  }
})

test('a key that is kept elsewhere is asked for', async () => {
  const site = tlsSite({ psk: lookup })
  const [near, far] = await site.session({ credentials: psk('device', () => Promise.resolve(key)) })
  await greet([near, far])
})

test('sessions of shared keys are not resumed: nobody would say whose they are', async () => {
  const site = tlsSite({ psk: lookup })
  const sessions = new Events<Buffer>()
  const [near, far] = await site.session({ ...client(), onSession: sessions.add })
  await greet([near, far])
  const session = sessions.all.at(-1)
  const [, again] = await site.session({ ...client(), ...(session && { session }) })
  expect(again.identity).toBe('device')
})

test('both ends tell the secrets of the session to whoever asks for them', async () => {
  const [atClient, atServer] = [new Events<string>(), new Events<string>()]
  const site = tlsSite({ psk: lookup, keyLog: atServer.add })
  await site.session({ ...client(), keyLog: atClient.add })
  expect(atClient.all).toEqual([expect.stringMatching(/^CLIENT_RANDOM [0-9a-f]{64} [0-9a-f]{96}$/)])
  expect(atServer.all).toEqual(atClient.all)
})

test('no error holds the key', async () => {
  const site = tlsSite({ psk: lookup })
  const error: unknown = await site.connect(client('device', Buffer.from('a very secret key'))).catch((e: unknown) => e)
  const failure = await site.failures.next()
  const { inspect } = await import('node:util')
  expect(inspect([error, failure], { depth: 20 })).not.toMatch(/a very secret key|00112233/)
})

test('a server without keys and certificates is none', () => {
  expect(() => tlsSite({})).toThrow(expect.objectContaining({ code: 'INVALID_SECURITY' }))
})
