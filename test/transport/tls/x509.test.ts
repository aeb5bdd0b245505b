import { beforeAll, describe, expect, test, vi } from 'vitest'
import { FrameReader } from '../../../transport/coap/frame.ts'
import { decodeSignal, type Signal } from '../../../transport/coap/signaling.ts'
import type { VerifyPeer } from '../../../transport/dtls/credentials.ts'
import { psk } from '../../../transport/dtls/credentials.ts'
import { x509 } from '../../../transport/dtls/key-pair.ts'
import { generateTestKeys } from '../../../transport/dtls/test-certificates.ts'
import type { Stream } from '../../../transport/stream.ts'
import type { TlsClientOptions, TlsServerOptions } from '../../../transport/tls-options.ts'
import { issue, issueAuthority, issueFamily, issueServer } from '../../helpers/certificates.ts'
import { Events, greet, receiving, shown, tlsSite, trusting } from '../../helpers/tls-site.ts'

let family: Awaited<ReturnType<typeof issueFamily>>
let server: TlsServerOptions
let client: TlsClientOptions

beforeAll(async () => {
  family = await issueFamily()
  const { root, intermediate } = family
  server = { credentials: [shown(family.server, intermediate)], verify: trusting('client', root) }
  client = { credentials: shown(family.client, intermediate), verify: trusting('server', root) }
})

/** What a client is told that is refused after its handshake. */
async function signals(stream: Stream): Promise<Signal[]> {
  const { bytes, closed } = receiving(stream)
  await closed.next()
  const reader = new FrameReader(10_000)
  for (const chunk of bytes.all) reader.push(chunk)
  const found: Signal[] = []
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) found.push(decodeSignal(frame))
  return found
}

test('both ends show certificates, and know each other by them', async () => {
  const [near, far] = await tlsSite(server).session(client)
  await greet([near, far])
  expect([far.identity, far.proof]).toEqual(['urn:dev:os:1', 'ownKey'])
  expect([near.identity, near.proof]).toEqual(['server', 'ownKey'])
})

test.each([
  ['TLS_AES_128_GCM_SHA256', 0x1301],
  ['TLS_AES_128_CCM_8_SHA256', 0x1305],
])('%s, of TLS 1.3', async (_name, id) => {
  const lines = new Events<string>()
  await greet(await tlsSite(server).session({ ...client, suites: [id], keyLog: lines.add }))
  expect(await lines.next()).toMatch(/^(SERVER|CLIENT)_HANDSHAKE_TRAFFIC_SECRET /)
})

test.each([
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 0xc0ae],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM', 0xc0ac],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 0xc02b],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 0xc023],
])('%s, of TLS 1.2', async (_name, id) => {
  const lines = new Events<string>()
  await greet(await tlsSite(server).session({ ...client, suites: [id], keyLog: lines.add }))
  expect(await lines.next()).toMatch(/^CLIENT_RANDOM /)
})

test('a server with keys of both types has suites for each', async () => {
  const rsa = await issueServer({ issuer: family.root, keys: await generateTestKeys('RSA-2048') })
  const site = tlsSite({ ...server, credentials: [...(server.credentials ?? []), shown(rsa)] })
  for (const id of [0xc02b, 0xc02f]) await greet(await site.session({ ...client, suites: [id] }))
})

test('of several certificates of one type the server shows the preferred one', async () => {
  const other = await issueServer({ issuer: family.root, commonName: 'other' })
  const site = tlsSite({ ...server, credentials: [shown(other), ...(server.credentials ?? [])] })
  const [near] = await site.session(client)
  expect(near.identity).toBe('other')
})

test('a server that asks for no certificate does not know who its client is', async () => {
  const { credentials = [] } = server
  const [near, far] = await tlsSite({ credentials }).session(client)
  await greet([near, far])
  expect([far.identity, far.proof]).toEqual([undefined, undefined])
})

describe('a server that is not to be trusted', () => {
  test('is refused', async () => {
    const site = tlsSite(server)
    const stranger = await issueAuthority('stranger')
    await expect(
      site.connect({ ...client, suites: [0xc02b], verify: trusting('server', stranger) }),
    ).rejects.toMatchObject({
      code: 'HANDSHAKE',
      alertCode: 48,
      isAlertOfPeer: false,
      message: expect.stringMatching(
        /^the TLS handshake with 10\.0\.0\.2:2 failed \(unknown_ca\): CN=intermediate: unknown issuer: /,
      ),
    })
  })

  test('gives no session that could be resumed without asking again', async () => {
    const sessions = new Events<Buffer>()
    const refusing: VerifyPeer = () => {
      throw new Error('never')
    }
    for (const suites of [[0xc02b], [0x1301]]) {
      const opened = tlsSite(server).connect({ ...client, suites, verify: refusing, onSession: sessions.add })
      await expect(opened).rejects.toMatchObject({ code: 'HANDSHAKE', alertCode: 80 })
    }
    expect(sessions.all).toEqual([])
  })

  test('cannot be told where nothing says so', async () => {
    const { credentials } = client
    await expect(tlsSite(server).connect({ credentials })).rejects.toMatchObject({ code: 'INVALID_SECURITY' })
  })
})

describe('a client that is not to be trusted', () => {
  test.each([0xc02b, 0x1301])('is told why by an Abort (suite %i)', async suite => {
    const site = tlsSite(server)
    const stranger = await issue({ commonName: 'stranger', purposes: ['client'] })
    const stream = await site.connect({ ...client, credentials: shown(stranger), suites: [suite] })
    const [csm, abort] = await signals(stream)
    expect(csm).toMatchObject({ kind: 'csm' })
    expect(abort).toMatchObject({ kind: 'abort', text: expect.stringContaining('CN=stranger: unknown issuer') })
    expect(await site.failures.next()).toMatchObject({ code: 'HANDSHAKE', alertCode: 48 })
    expect(site.accepted.all).toEqual([])
  })

  test('is not told what the application has thrown', async () => {
    const site = tlsSite({
      ...server,
      verify: () => {
        throw new Error('the password is 1234')
      },
    })
    const [, abort] = await signals(await site.connect(client))
    expect(abort).toMatchObject({ kind: 'abort', text: expect.not.stringContaining('1234') })
  })
})

describe('a client without a certificate', () => {
  test('shares a key with a server that has both', async () => {
    const site = tlsSite({ ...server, psk: () => Buffer.from('key') })
    const [, first] = await site.session({ credentials: psk('device', Buffer.from('key')) })
    expect([first.identity, first.proof]).toEqual(['device', 'sharedKey'])
    const [, second] = await site.session(client)
    expect([second.identity, second.proof]).toEqual(['urn:dev:os:1', 'ownKey'])
    const ofTls13 = () => tlsSite({ ...server, psk: () => undefined, suites: [0x1301] })
    expect(ofTls13).toThrow(expect.objectContaining({ code: 'NOT_SUPPORTED' }))
  })

  test('is refused', async () => {
    const site = tlsSite(server)
    site.plainClient()
    expect(await site.failures.next()).toMatchObject({
      alertCode: 40,
      message: 'the TLS handshake with a client failed (handshake_failure): the client shows no certificate',
    })
    expect(site.accepted.all).toEqual([])
  })

  test('is nobody, where none is required', async () => {
    const site = tlsSite({ ...server, requiresCertificate: false })
    site.plainClient()
    const stream = await site.accepted.next()
    expect([stream.identity, stream.proof]).toEqual([undefined, undefined])
  })
})

describe('a session that is resumed', () => {
  test.each([
    ['TLS 1.2', 0xc0ae],
    ['TLS 1.3', 0x1301],
  ])('in %s: the server knows its client by the certificate of the first handshake', async (_version, suite) => {
    const site = tlsSite(server)
    const verify = vi.fn(trusting('server', family.root))
    const sessions = new Events<Buffer>()
    const options = { ...client, verify, suites: [suite], onSession: sessions.add }
    await greet(await site.session(options))
    const session = await sessions.next()
    expect(verify).toHaveBeenCalledTimes(1)
    const [near, far] = await site.session({ ...options, session })
    await greet([near, far])
    expect(verify).toHaveBeenCalledTimes(1)
    expect([far.identity, far.proof]).toEqual(['urn:dev:os:1', 'ownKey'])
  })

  test('is refused once its client is not trusted any more', async () => {
    let isTrusted = true
    const trust = trusting('client', family.root)
    const nobody = trusting('client')
    const site = tlsSite({ ...server, verify: peer => (isTrusted ? trust : nobody)(peer) })
    const sessions = new Events<Buffer>()
    await greet(await site.session({ ...client, onSession: sessions.add }))
    isTrusted = false
    const stream = await site.connect({ ...client, session: await sessions.next() })
    expect(await signals(stream)).toContainEqual(expect.objectContaining({ kind: 'abort' }))
  })

  test('that is none, or of another server: a full handshake', async () => {
    const sessions = new Events<Buffer>()
    await greet(await tlsSite(server).session({ ...client, onSession: sessions.add }))
    for (const session of [await sessions.next(), Buffer.from('junk'), Buffer.alloc(0)]) {
      const [near, far] = await tlsSite(server).session({ ...client, session })
      expect([near.identity, far.identity]).toEqual(['server', 'urn:dev:os:1'])
    }
  })
})

test('a server tells by its name which one is asked for; both ends tell their secrets to whoever asks for them', async () => {
  const [atClient, atServer] = [new Events<string>(), new Events<string>()]
  const site = tlsSite({ ...server, keyLog: atServer.add })
  await greet(await site.session({ ...client, serverName: 'server.example', keyLog: atClient.add }))
  expect(atClient.all.map(line => line.split(' ')[0])).toContain('CLIENT_TRAFFIC_SECRET_0')
  expect([...atServer.all].sort()).toEqual([...atClient.all].sort())
})

test('a private key that is kept elsewhere is not supported', async () => {
  const { root, intermediate } = family
  const own = x509({ chain: [family.server.der, intermediate.der, root.der], key: () => Buffer.alloc(0) })
  const fault = { code: 'NOT_SUPPORTED', message: expect.stringContaining('cannot be kept elsewhere') }
  await expect(tlsSite(server).connect({ ...client, credentials: own })).rejects.toMatchObject(fault)
  expect(() => tlsSite({ credentials: [own] })).toThrow(expect.objectContaining(fault))
})

test('certificates that OpenSSL does not read', async () => {
  const own = shown(family.client)
  const broken = { ...own, chain: [...own.chain, Buffer.from('junk')] }
  await expect(tlsSite(server).connect({ ...client, credentials: broken })).rejects.toMatchObject({
    code: 'INVALID_SECURITY',
  })
})

test('who gives up', async () => {
  const abort = new AbortController()
  const opening = tlsSite(server).connect(client, abort.signal)
  abort.abort()
  await expect(opening).rejects.toMatchObject({ code: 'CLOSED' })
})
