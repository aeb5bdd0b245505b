import { createHash, createPublicKey } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CertificateSecurityOptions } from '../../../client/x509.ts'
import { x509 } from '../../../client/x509.ts'
import { server12 } from '../../../objects/definitions/server.ts'
import type { ServerSecurity } from '../../../server/security.ts'
import { signWith } from '../../../transport/dtls/signatures.ts'
import type { TestCertificate } from '../../../transport/dtls/test-certificates.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { issue, issueAuthority, pem, yearMs } from '../../helpers/certificates.ts'
import { MemoryPersistence } from '../../helpers/restart-site.ts'
import {
  credentials,
  endpoint,
  identity,
  type SecureSiteOptions,
  secureSite,
  key as sharedKey,
} from '../../helpers/secure-site.ts'

const startMs = new SimulatedClock().now()
const valid = { notBeforeMs: startMs - yearMs, notAfterMs: startMs + yearMs }

async function makeFamily() {
  const ca = await issueAuthority('test CA', valid)
  const intermediate = await issueAuthority('intermediate', { ...valid, issuer: ca })
  const stranger = await issueAuthority('stranger', valid)
  const ofServer = { ...valid, commonName: 'server', purposes: ['server'] } as const
  const ofClient = { ...valid, commonName: endpoint, purposes: ['client'] } as const
  const hosts = ['10.0.0.2']
  return {
    ca,
    intermediate,
    stranger,
    server: await issue({ ...ofServer, issuer: ca, hosts }),
    below: await issue({ ...ofServer, issuer: intermediate, hosts }),
    twin: await issue({ ...ofServer, issuer: ca, hosts }),
    selfSigned: await issue({ ...ofServer, hosts }),
    otherHost: await issue({ ...ofServer, issuer: ca, hosts: ['other.example'] }),
    expired: await issue({ ...ofServer, issuer: ca, hosts, notAfterMs: startMs - 1_000 }),
    ofStranger: await issue({ ...ofServer, issuer: stranger, hosts }),
    client: await issue({ ...ofClient, issuer: ca }),
    clientBelow: await issue({ ...ofClient, issuer: intermediate }),
    expiredClient: await issue({ ...ofClient, issuer: ca, notAfterMs: startMs - 1_000 }),
    strangeClient: await issue({ ...ofClient, issuer: stranger }),
    otherClient: await issue({ ...ofClient, issuer: ca, commonName: 'somebody' }),
    namedClient: await issue({ ...ofClient, issuer: ca, commonName: 'a device', uris: [endpoint] }),
  }
}

let family: Awaited<ReturnType<typeof makeFamily>>
type Name = keyof typeof family

beforeAll(async () => {
  family = await makeFamily()
})

interface Wish {
  /** What each end shows, its chain as text. */
  readonly client?: readonly [Name, ...Name[]]
  readonly server?: readonly [Name, ...Name[]]
  /** What the client is told of the server. */
  readonly known?: Partial<CertificateSecurityOptions>
  readonly trustStore?: readonly Name[]
  readonly security?: Partial<ServerSecurity>
  readonly options?: SecureSiteOptions
}

function material([own, ...others]: readonly [Name, ...Name[]]) {
  return { certificate: [own, ...others].map(name => pem(family[name])), key: keyText(family[own]) }
}

function keyText({ privateKey }: TestCertificate): string {
  return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

/** A device and a server that show certificates. */
function certificateSite({
  client = ['client'],
  server = ['server'],
  known,
  trustStore,
  security,
  options,
}: Wish = {}) {
  return secureSite({
    ...options,
    security: { psk: {}, certificates: [material(server)], trustStore: [family.ca.der], ...security },
    account: {
      security: x509({ ...material(client), serverCertificate: family.server.der, ...known }),
      ...options?.account,
    },
    client: {
      objects: [server12],
      ...(trustStore && { dtls: { trustStore: trustStore.map(name => family[name].der) } }),
      ...options?.client,
    },
  })
}

/** What the client says when it is not let in, or does not let itself in. */
async function failure(wish: Wish) {
  const site = await certificateSite(wish)
  site.client.start()
  await site.clock.advance(10_000)
  const [event] = site.events
  if (event?.type !== 'CONNECT_FAILURE') throw new Error(`it is ${event?.type}`)
  const { cause } = event
  return { site, cause, alert: site.client.objects.get('/1/0/11') }
}

describe('mutual X.509', () => {
  test('a device registers under the common name of its certificate', async () => {
    const site = await certificateSite()
    await site.register()
    expect(site.server.registrations.get(endpoint)?.identity).toBe(endpoint)
    expect((await site.clock.until(site.server.read(endpoint, '/1/0/0'))).values[0]?.value).toBe(1)
  })

  test('chains on both sides', async () => {
    const site = await certificateSite({
      client: ['clientBelow', 'intermediate'],
      server: ['below', 'intermediate'],
      known: { serverCertificate: pem(family.ca), usage: 2 },
    })
    await site.register()
    expect(site.server.registrations.get(endpoint)?.identity).toBe(endpoint)
  })

  test('the Security instance holds all of it (LwM2M Core 1.2.2 §E.1)', async () => {
    const { client } = await certificateSite({
      known: { usage: 1 },
      trustStore: ['ca'],
      options: { account: { serverName: '10.0.0.2' } },
    })
    const value = (resource: number) => client.objects.get(`/0/0/${resource}`)
    expect(value(2)).toBe(2)
    expect(value(3)).toEqual(new Uint8Array(family.client.der))
    expect(value(4)).toEqual(new Uint8Array(family.server.der))
    expect(value(5)).toEqual(new Uint8Array(family.client.privateKey.export({ format: 'der', type: 'pkcs8' })))
    expect([value(14), value(15)]).toEqual(['10.0.0.2', 1])
  })

  test.each(['KeyObject', 'function'])('a key that is a %s stays out of the objects', async kind => {
    const { privateKey } = family.client
    const key =
      kind === 'KeyObject'
        ? privateKey
        : async (data: Uint8Array, algorithm: Parameters<typeof signWith>[2]) => signWith(privateKey, data, algorithm)
    const site = await certificateSite({ known: { key } })
    expect(site.client.objects.get('/0/0/5')).toEqual(new Uint8Array())
    await site.register()
  })

  test('what is saved is taken again where such a key is the same, and holds no key', async () => {
    const persistence = new MemoryPersistence()
    const key = family.client.privateKey
    const site = await certificateSite({ known: { key }, options: { client: { persistence } } })
    await site.register()
    const text = persistence.text ?? ''
    const saved = persistence.copy()
    const secret = Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url')
    expect(text).toContain(family.client.der.toString('base64').slice(0, 40))
    expect(text).not.toContain(secret.toString('base64').slice(0, 40))
    const { conditions } = site.network
    site.network.conditions = { ...conditions, loss: 1 }
    await site.clock.until(site.client.stop())
    site.network.conditions = conditions
    const next = site.boot({ persistence: saved })
    next.start()
    await site.clock.until(next.registered())
    expect(site.eventTypes.at(-1)).toBe('REG_UPDATE_COMPLETE')
    await site.clock.until(next.stop())
  })

  test('sleeps and comes back by an abbreviated handshake', async () => {
    const site = await certificateSite({ options: { client: { queueMode: { awakeSeconds: 20 } } } })
    await site.register()
    await site.clock.advance(25_000)
    expect(site.handshakes()).toEqual(['full'])
    site.client.update()
    await site.clock.advance(1_000)
    expect(site.handshakes()).toEqual(['abbreviated'])
    expect(site.eventTypes.at(-1)).toBe('REG_UPDATE_COMPLETE')
    expect(site.server.registrations.get(endpoint)?.identity).toBe(endpoint)
  })
})

describe('certificate usage (/0/x/15)', () => {
  const trusts = { trustStore: ['ca'] } as const
  test.each<[string, Wish]>([
    ['0, CA constraint', { ...trusts, known: by('ca', 0) }],
    ['1, service certificate constraint', { ...trusts, known: by('server', 1) }],
    ['2, trust anchor assertion', { known: by('ca', 2) }],
    ['3, domain-issued certificate', { known: by('server', 3) }],
    ['3 of a self-signed certificate', { server: ['selfSigned'], known: by('selfSigned', 3) }],
    ['3 of an expired one for another host', { server: ['otherHost'], known: by('otherHost', 3) }],
    ['none, with a trust store alone', { ...trusts, known: {} }],
  ])('%s: registered', async (_, wish) => {
    const site = await certificateSite(resolved(wish))
    await site.register()
    expect(site.server.registrations.size).toBe(1)
  })

  test.each<[string, Wish, RegExp, number]>([
    ['0 with another CA', { ...trusts, known: by('stranger', 0) }, /CN=server: CA constraint: /, 48],
    ['1 with another certificate', { ...trusts, known: by('twin', 1) }, /service certificate constraint: /, 46],
    ['1 of a self-signed one', { ...trusts, server: ['selfSigned'], known: by('selfSigned', 1) }, /unknown issuer/, 48],
    ['2 with another CA', { known: by('stranger', 2) }, /unknown issuer: /, 48],
    [
      '2 for another host',
      { server: ['otherHost'], known: by('ca', 2) },
      /wrong host: it is for other\.example, not for 10\.0\.0\.2/,
      46,
    ],
    [
      '2 when expired',
      { server: ['expired'], known: by('ca', 2) },
      /expired: valid until 2023-11-14T22:13:19Z, now 2023-11-14T22:13:20Z/,
      45,
    ],
    ['3 with another certificate', { known: by('twin', 3) }, /domain-issued certificate: /, 46],
  ])('%s: CONNECT_FAILURE with its rule in a line', async (_, wish, message, alertCode) => {
    const { cause, site } = await failure(resolved(wish))
    expect(cause.code).toBe('HANDSHAKE')
    expect(cause.message).toMatch(message)
    expect(cause.message).not.toContain('\n')
    // The server is told.
    expect(site.failures[0]).toMatchObject({ alertCode, isAlertOfPeer: true })
  })

  test('the hash of a certificate (/0/x/13)', async () => {
    const hash = createHash('sha256').update(family.server.der).digest()
    const site = await certificateSite({ known: { serverCertificate: hash, matchingType: 1 } })
    await site.register()
    expect(site.client.objects.get('/0/0/13')).toBe(1)
  })
})

describe('a client that the server does not let in', () => {
  test.each<[string, Wish, RegExp, number]>([
    ['expired', { client: ['expiredClient'] }, /takes the certificate of this end for expired/, 45],
    ['of an unknown CA', { client: ['strangeClient'] }, /does not know who issued the certificate of this end/, 48],
  ])('%s: its alert is in /1/x/11', async (_, wish, message, code) => {
    const { cause, alert, site } = await failure(wish)
    expect(cause.message).toMatch(message)
    expect(alert).toBe(code)
    expect(site.failures[0]?.message).toMatch(new RegExp(`CN=${endpoint}: `))
  })

  test('a certificate for another endpoint name: 4.03 after a good handshake', async () => {
    const site = await certificateSite({ client: ['otherClient'] })
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.events[0]).toMatchObject({ type: 'REGISTRATION_FAILURE' })
    expect(JSON.stringify(site.events[0])).toMatch(/4\.03|131/)
    expect(site.server.registrations.size).toBe(0)
  })

  test('is let in under any name without `checkEndpoint`', async () => {
    const site = await certificateSite({ client: ['otherClient'], security: { checkEndpoint: false } })
    await site.register()
    expect(site.server.registrations.get(endpoint)?.identity).toBe('somebody')
  })

  test('one server knows clients by keys, too, whose identities are no endpoint names', async () => {
    const site = await certificateSite({
      security: { psk: { [identity]: sharedKey } },
      options: { account: { security: credentials } },
    })
    await site.register()
    expect(site.server.registrations.get(endpoint)?.identity).toBe(identity)
  })

  test('the name can be among the alternative ones', async () => {
    const site = await certificateSite({ client: ['namedClient'], security: { clientName: 'alternativeName' } })
    await site.register()
    expect(site.server.registrations.get(endpoint)?.identity).toBe(endpoint)
  })
})

/** Tables are made before the certificates are. */
type Later = Partial<CertificateSecurityOptions> & { readonly later?: Name }

function by(later: Name, usage: 0 | 1 | 2 | 3): Later {
  return { later, usage }
}

function resolved(wish: Wish): Wish {
  const { later, ...given }: Later = wish.known ?? {}
  const { serverCertificate: _, ...rest } = given
  return {
    ...wish,
    known: { ...rest, serverCertificate: later === undefined ? undefined : family[later].der } as never,
  }
}

describe('resources that are of no use', () => {
  test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['no certificate', { '/0/0/3': new Uint8Array() }, /the certificate \(\/0\/0\/3\) is empty/],
    ['garbage', { '/0/0/3': Buffer.from('garbage') }, /the certificate \(\/0\/0\/3\): malformed: neither DER nor PEM/],
    [
      'DER that is no certificate',
      { '/0/0/3': Buffer.from('3003020101', 'hex') },
      /the certificate \(\/0\/0\/3\): malformed/,
    ],
    ['no private key', { '/0/0/5': new Uint8Array() }, /the private key \(\/0\/0\/5\) is empty/],
    ['garbage as private key', { '/0/0/5': Buffer.from('garbage') }, /the private key \(\/0\/0\/5\): malformed/],
    [
      'nothing of the server',
      { '/0/0/4': new Uint8Array() },
      /the Server Public Key \(\/0\/0\/4\) is empty, and without/,
    ],
    [
      'garbage of the server',
      { '/0/0/4': Buffer.from('garbage') },
      /Server Public Key \(\/0\/x\/4\): unusable: neither DER nor PEM/,
    ],
    [
      'a constraint without a trust store',
      { '/0/0/15': 1 },
      /certificate usage \(\/0\/0\/15\) 1 needs `dtls\.trustStore`/,
    ],
    [
      'a hash of another length',
      { '/0/0/13': 2 },
      /Server Public Key \(\/0\/x\/4\): unusable: .* a hash of matching type 2 has 48/,
    ],
  ])('%s: INVALID_SECURITY before anything is sent', async (_, values, message) => {
    const site = await certificateSite()
    for (const [path, value] of Object.entries(values)) site.client.objects.set(path, value as never)
    site.client.start()
    await site.clock.advance(100)
    expect(site.events[0]).toMatchObject({ type: 'CONNECT_FAILURE', cause: { code: 'INVALID_SECURITY' } })
    expect(JSON.stringify(site.events[0])).toMatch(message)
    expect(site.connections).toEqual([])
  })

  test('a key of another certificate', async () => {
    const site = await certificateSite()
    site.client.objects.set('/0/0/5', family.otherClient.privateKey.export({ format: 'der', type: 'pkcs8' }))
    site.client.start()
    await site.clock.advance(100)
    expect(JSON.stringify(site.events[0])).toMatch(/the private key does not belong to the public key/)
    expect(() => x509({ certificate: family.client.der, key: keyText(family.otherClient) })).toThrow(/does not belong/)
  })

  test('PEM is read as well', async () => {
    const site = await certificateSite()
    site.client.objects.set('/0/0/3', Buffer.from(pem(family.client)))
    site.client.objects.set('/0/0/4', Buffer.from(pem(family.server)))
    site.client.objects.set('/0/0/5', Buffer.from(keyText(family.client)))
    await site.register()
  })
})

test('the public key of a certificate counts as it does (/0/x/4)', async () => {
  const spki = createPublicKey(family.server.privateKey).export({ format: 'der', type: 'spki' })
  const site = await certificateSite({ known: { serverCertificate: spki } })
  await site.register()
})
