import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { AlertDescription } from '../../../transport/dtls/alert.ts'
import type { CertificateCredentials, KeyPairCredentials, SigningKey } from '../../../transport/dtls/credentials.ts'
import type { DtlsClientOptions, DtlsServerOptions } from '../../../transport/dtls/parameters.ts'
import { signWith } from '../../../transport/dtls/signatures.ts'
import { cipherSuites, serverKeyType } from '../../../transport/dtls/suites.ts'
import {
  clientCertificate,
  clientKey,
  pem,
  rsaCertificate,
  serverCertificate,
  serverKey,
  trusting,
} from '../../helpers/dtls-credentials.ts'
import { recordsOf } from '../../helpers/dtls-duel.ts'
import { DtlsSite, identity } from '../../helpers/dtls-site.ts'

type ClientOptions = Partial<DtlsClientOptions>

const trustsClients = trusting(clientCertificate, clientKey, rsaCertificate)
const trustsServers = trusting(serverCertificate, serverKey, rsaCertificate)

/** A server with a certificate that asks its clients for theirs. */
const server: Partial<DtlsServerOptions> = { credentials: [serverCertificate], verify: trustsClients }
const client: ClientOptions = { credentials: clientCertificate, verify: trustsServers }

async function siteOf(options: Partial<DtlsServerOptions> = {}): Promise<DtlsSite> {
  return new DtlsSite({ server: { ...server, ...options } }).listen()
}

/** Connects, exchanges data, and tells who each end takes the other for. */
async function meet(
  site: DtlsSite,
  options: ClientOptions,
): Promise<{ client: string | undefined; server: string | undefined }> {
  const connection = await site.connect(options)
  const bytes = site.random.bytes(100)
  expect(await site.echo(connection, bytes)).toEqual(bytes)
  return { client: site.accepted.at(-1)?.connection.identity, server: connection.identity }
}

const both = { client: 'device-1', server: 'server.example' }

describe('a full handshake', () => {
  for (const suite of cipherSuites.values()) {
    const keyType = serverKeyType(suite)
    if (keyType === undefined) continue
    test(suite.name, async () => {
      const site = await siteOf({ credentials: [serverCertificate, rsaCertificate] })
      const connection = await site.connect({ ...client, suites: [suite.id] })
      expect(connection.suite).toBe(suite.name)
      expect(connection.identity).toBe(keyType === 'ec' ? 'server.example' : 'rsa.example')
      expect(site.accepted[0]?.connection.identity).toBe('device-1')
      const bytes = site.random.bytes(16_384)
      expect(await site.echo(connection, bytes)).toEqual(bytes)
    })
  }

  test('prefers the suite of RFC 7252 §9.1.3.3', async () => {
    const connection = await (await siteOf()).connect(client)
    expect(connection.suite).toBe('TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8')
  })

  test('a client with a key of RSA (rsa_sign)', async () => {
    const options = { ...client, credentials: rsaCertificate }
    expect(await meet(await siteOf(), options)).toEqual({ client: 'rsa.example', server: 'server.example' })
  })

  test('the chain is shown as it is, the own certificate first', async () => {
    const chain = [...serverCertificate.chain, ...rsaCertificate.chain]
    const shown: (readonly Uint8Array[])[] = []
    const site = await siteOf({ credentials: [{ ...serverCertificate, chain }] })
    await site.connect({
      ...client,
      verify: peer => {
        if (peer.kind === 'x509') shown.push(peer.chain.map(each => Buffer.from(each)))
        return trustsServers(peer)
      },
    })
    expect(shown).toEqual([chain])
  })

  test('loses, doubles and reorders datagrams, cut in small ones, and still agrees', async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const conditions = { loss: 0.25, duplication: 0.2, delayMs: [0, 50] as const }
      const parameters = { maximumTransmissions: 16, mtuBytes: 400 }
      const site = await new DtlsSite({ seed, conditions, server: { ...server, parameters } }).listen()
      const connection = await site.connect({ ...client, parameters })
      site.network.conditions = { loss: 0, duplication: 0, delayMs: [0, 0] }
      await site.clock.advance(120_000)
      expect(await site.echo(connection, Buffer.from('hello')), `seed ${seed}`).toEqual(Buffer.from('hello'))
    }
  })

  test('no datagram is larger than the MTU', async () => {
    const parameters = { mtuBytes: 400 }
    const site = await siteOf({ parameters, credentials: [rsaCertificate] })
    const send = vi.spyOn(site.network, 'send')
    await meet(site, { ...client, parameters })
    expect(Math.max(...send.mock.calls.map(([bytes]) => bytes.length))).toBeLessThanOrEqual(400)
    expect(send.mock.calls.length).toBeGreaterThan(10)
  })
})

describe('who proves what', () => {
  const anonymous: ClientOptions = { ...client, credentials: { kind: 'anonymous' } }

  test('nobody is asked for: the client stays unknown', async () => {
    const site = await siteOf({ clientCertificates: 'none' })
    expect(await meet(site, anonymous)).toEqual({ client: undefined, server: 'server.example' })
    expect(await meet(site, client)).toEqual({ client: undefined, server: 'server.example' })
  })

  test('a client that may prove who it is does, or not', async () => {
    const site = await siteOf({ clientCertificates: 'optional' })
    expect(await meet(site, anonymous)).toEqual({ client: undefined, server: 'server.example' })
    expect(await meet(site, client)).toEqual(both)
  })

  test('a client that has to and cannot: handshake_failure (RFC 5246 §7.4.6)', async () => {
    await expectRefusal(await siteOf(), anonymous, AlertDescription.handshakeFailure, 'shows no certificate')
  })

  test.each<[string, KeyPairCredentials, KeyPairCredentials, string, string]>([
    ['raw public keys on both sides (RFC 7250)', clientKey, serverKey, 'key of client', 'key of server'],
    ['a certificate and a raw public key', clientCertificate, serverKey, 'device-1', 'key of server'],
    ['a raw public key and a certificate', clientKey, serverCertificate, 'key of client', 'server.example'],
  ])('%s', async (_name, own, ofServer, clientName, serverName) => {
    const site = await siteOf({ credentials: [ofServer], peerCertificateTypes: [own.kind] })
    const options = { ...client, credentials: own, peerCertificateTypes: [ofServer.kind] }
    expect(await meet(site, options)).toEqual({ client: clientName, server: serverName })
  })

  test('one server, with clients of all kinds', async () => {
    const site = await siteOf({ credentials: [serverCertificate, serverKey, rsaCertificate] })
    expect(await meet(site, {})).toEqual({ client: identity, server: undefined })
    expect(await meet(site, client)).toEqual(both)
    expect(await meet(site, { ...client, credentials: clientKey })).toEqual({
      client: 'key of client',
      server: 'key of server',
    })
    expect(await meet(site, { ...client, suites: [0xc02f] })).toEqual({ client: 'device-1', server: 'rsa.example' })
  })

  test('an own key is asked for its signature where it is kept', async () => {
    const asked: string[] = []
    const keptElsewhere = ({ key, ...credentials }: CertificateCredentials): CertificateCredentials => ({
      ...credentials,
      key: (data, algorithm) => {
        asked.push(algorithm.name)
        if (typeof key === 'function') throw new Error('a key is at hand')
        return Promise.resolve(signWith(key, data, algorithm))
      },
    })
    const site = await siteOf({ credentials: [keptElsewhere(serverCertificate)] })
    expect(await meet(site, { ...client, credentials: keptElsewhere(rsaCertificate) })).toEqual({
      client: 'rsa.example',
      server: 'server.example',
    })
    expect(asked).toEqual(['ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256'])
  })
})

describe('resumption', () => {
  test.each([true, false])('each end knows the other again; by ticket: %s', async tickets => {
    const site = await siteOf({ tickets })
    const first = await site.connect(client)
    const session = first.resumable
    if (session === undefined) throw new Error('the session cannot be resumed')
    first.close()
    const verify = vi.fn(trustsServers)
    const second = await site.connect({ ...client, verify, session })
    expect(second.isResumed).toBe(true)
    expect(verify).not.toHaveBeenCalled()
    expect(second.identity).toBe('server.example')
    expect(second.resumable?.peerIdentity).toBe('server.example')
    expect(await site.echo(second, Buffer.from('again'))).toEqual(Buffer.from('again'))
    expect(site.accepted.at(-1)?.connection.identity).toBe('device-1')
  })

  test('of a client that nobody knows', async () => {
    const site = await siteOf({ clientCertificates: 'none' })
    const session = (await site.connect(client)).resumable
    const second = await site.connect({ ...client, ...(session && { session }) })
    expect(second.isResumed).toBe(true)
    expect(site.accepted.at(-1)?.connection.identity).toBeUndefined()
  })

  test('a session of other credentials is not offered', async () => {
    const site = await siteOf()
    const session = (await site.connect(client)).resumable
    const second = await site.connect(session && { session })
    expect(second.isResumed).toBe(false)
    expect(site.accepted.at(-1)?.connection.identity).toBe(identity)
  })
})

/** The client is refused by the server, which says why. */
async function expectRefusal(site: DtlsSite, options: ClientOptions, alertCode: number, why: string): Promise<void> {
  await expect(site.connect(options)).rejects.toMatchObject({ code: 'HANDSHAKE', alertCode })
  await site.clock.advance(1)
  expect(site.failures).toMatchObject([{ alertCode, message: expect.stringContaining(why) }])
  expect(site.accepted).toEqual([])
}

/** The client refuses the server and says why, and tells it. */
async function expectServerRefused(
  site: DtlsSite,
  options: ClientOptions,
  alertCode: number,
  why: string,
): Promise<void> {
  await expect(site.connect(options)).rejects.toMatchObject({
    code: 'HANDSHAKE',
    alertCode,
    message: expect.stringContaining(why),
  })
  await site.clock.advance(1)
  expect(site.failures).toMatchObject([{ alertCode }])
}

describe('what goes wrong', () => {
  const { privateKey: foreignKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signsWrongly: SigningKey = (data, algorithm) => signWith(foreignKey, data, algorithm)

  test('a client that has not the key of its certificate: decrypt_error (RFC 5246 §7.4.8)', async () => {
    const options = { ...client, credentials: { ...clientCertificate, key: signsWrongly } }
    await expectRefusal(await siteOf(), options, AlertDescription.decryptError, 'does not hold the private key')
  })

  test('a server that has not the key of its certificate: decrypt_error (RFC 5246 §7.4.3)', async () => {
    const site = await siteOf({ credentials: [{ ...serverCertificate, key: signsWrongly }] })
    await expectServerRefused(site, client, AlertDescription.decryptError, 'does not hold the private key')
  })

  test('a Finished that no key opens: decrypt_error, which speaks of no pre-shared key', async () => {
    const site = await siteOf()
    const path = await site.network.connect(site.serverAddress)
    const send = path.send.bind(path)
    path.send = bytes => {
      const damaged = Buffer.from(bytes)
      for (const { epoch, fragment } of recordsOf(damaged)) if (epoch === 1) fragment.reverse()
      send(damaged)
    }
    await expect(site.connect(client, path)).rejects.toMatchObject({
      alertCode: AlertDescription.decryptError,
      message: expect.stringContaining('the Finished message of this end does not fit'),
    })
    expect(site.failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/the client has other keys: the handshake may have been altered on its way$/),
    ])
  })

  test('a signature that is not there in the end: internal_error', async () => {
    const key: SigningKey = () => Promise.reject(new Error('no card in the slot'))
    const options = { ...client, credentials: { ...clientCertificate, key } }
    await expect((await siteOf()).connect(options)).rejects.toMatchObject({ code: 'HANDSHAKE', alertCode: 80 })
  })

  test('a server that is not trusted: the alert that verify chose', async () => {
    const options = { ...client, verify: trusting(rsaCertificate) }
    await expectServerRefused(await siteOf(), options, AlertDescription.unknownCa, 'a stranger')
  })

  test('a client that is not trusted: the alert that verify chose', async () => {
    const site = await siteOf({ verify: trusting() })
    await expectRefusal(site, client, AlertDescription.unknownCa, 'a stranger')
  })

  test('a client that was not told whom to trust trusts nobody: certificate_unknown', async () => {
    const { verify: _, ...trustsNobody } = client
    await expectServerRefused(await siteOf(), trustsNobody, AlertDescription.certificateUnknown, 'to be trusted')
  })

  test('an application that fails to verify: internal_error', async () => {
    const verify = () => {
      throw new TypeError('verify is broken')
    }
    await expect((await siteOf()).connect({ ...client, verify })).rejects.toMatchObject({ alertCode: 80 })
  })

  test('a key of a curve that was not offered: unsupported_certificate', async () => {
    const p384: CertificateCredentials = { ...serverCertificate, chain: [certificateBytes('server-p384')] }
    const site = await siteOf({ credentials: [p384] })
    const options = { ...client, verify: trusting(p384) }
    await expectServerRefused(site, options, AlertDescription.unsupportedCertificate, 'kind that was not asked for')
  })

  test('a server that shows no form the client verifies: unsupported_certificate (RFC 7250 §4.2)', async () => {
    const site = await siteOf()
    await expectRefusal(site, { ...client, credentials: clientKey }, AlertDescription.unsupportedCertificate, 'no form')
  })

  test('a client that shows no form the server verifies: unsupported_certificate (RFC 7250 §4.2)', async () => {
    const site = await siteOf({ credentials: [serverCertificate, serverKey], peerCertificateTypes: ['x509'] })
    await expectRefusal(
      site,
      { ...client, credentials: clientKey },
      AlertDescription.unsupportedCertificate,
      'in no form',
    )
    const lenient = await siteOf({
      credentials: [serverKey],
      peerCertificateTypes: ['x509'],
      clientCertificates: 'optional',
    })
    expect(await meet(lenient, { ...client, credentials: clientKey })).toEqual({
      client: undefined,
      server: 'key of server',
    })
  })

  test('a server without the keys that the client asks for: handshake_failure', async () => {
    const withPsk = await new DtlsSite({ server: { credentials: [] } }).listen()
    await expectRefusal(withPsk, client, AlertDescription.handshakeFailure, 'no cipher suite in common')
    const withRsa = await siteOf({ credentials: [rsaCertificate] })
    await expectRefusal(withRsa, { ...client, suites: [0xc0ae] }, AlertDescription.handshakeFailure, 'no cipher suite')
    const withoutPsk = new DtlsSite({ server: { suites: [0xc0ae] } })
    await expectRefusal(await withoutPsk.listen(), {}, AlertDescription.handshakeFailure, 'no cipher suite in common')
  })
})

function certificateBytes(name: Parameters<typeof pem>[0]): Buffer {
  return Buffer.from(pem(name).split('-----')[2] ?? '', 'base64')
}
