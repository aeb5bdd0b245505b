import { describe, expect, test } from 'vitest'
import type { EndpointOptions } from '../../server/options.ts'
import type { ServerSecurity } from '../../server/security.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { type CoapMessage, Code } from '../../transport/coap/message.ts'
import type { Network } from '../../transport/connection.ts'
import type { TlsServerOptions } from '../../transport/tls-options.ts'
import { account, bootstrapSite } from '../helpers/bootstrap-site.ts'
import { issue, issueAuthority, nowMs, pem } from '../helpers/certificates.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const host = '10.0.0.2'
const ca = await issueAuthority('ca')
const own = await issue({ commonName: 'server', issuer: ca })
const trusted = await issue({ commonName: 'dev', issuer: ca })
const certificates = [{ certificate: pem(own), key: own.privateKey }]
const keyPair = { key: own.privateKey }
const psk = { a: Buffer.alloc(16, 1) }

describe('a server that listens by several transports', () => {
  test.each([
    [{}, ['coap 5683']],
    [{ transports: ['tcp'] }, ['coap+tcp 5683']],
    [{ transports: ['udp', 'tcp'] }, ['coap 5683', 'coap+tcp 5683']],
    [{ transports: ['tcp', 'udp', 'tcp'], port: 7 }, ['coap+tcp 7', 'coap 7']],
    [{ transports: ['udp', 'tcp'], port: 0 }, ['coap 49152', 'coap+tcp 49152']],
  ] satisfies [Partial<EndpointOptions>, string[]][])('%j: %j', async (options, listening) => {
    const listener = await Lwm2mServer.listen({ ...simulatedWorld(), host, ...options })
    expect(listener.uris.map(({ scheme, port }) => `${scheme} ${port}`)).toEqual(listening)
    const [{ port } = { port: 0 }] = listener.uris
    expect(listener.local).toEqual({ host, port })
    await listener.close()
    expect(() => listener.uris).toThrow('the server is closed')
  })

  test('any free port that somebody else has on TCP: another one there', async () => {
    const world = simulatedWorld()
    const other = await world.network.streams.listen({ host, port: 49_152 }, () => {})
    const listener = await Lwm2mServer.listen({ ...world, host, port: 0, transports: ['udp', 'tcp'] })
    expect(listener.uris).toEqual([
      { scheme: 'coap', host, port: 49_152 },
      { scheme: 'coap+tcp', host, port: expect.not.toBeOneOf([0, 49_152]) },
    ])
    await listener.close()
    await other.close()
  })

  test('a port that somebody has on TCP: ADDRESS_IN_USE, and UDP is free again', async () => {
    const world = simulatedWorld()
    const other = await world.network.streams.listen({ host, port: 5683 }, () => {})
    const both = Lwm2mServer.listen({ ...world, host, transports: ['udp', 'tcp'] })
    await expect(both).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await (await Lwm2mServer.listen({ ...world, host })).close()
    await other.close()
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('a network of datagrams alone: NOT_SUPPORTED', async () => {
    const { clock, random, network } = simulatedWorld()
    const datagrams: Network = {
      connect: (remote, options) => network.connect(remote, options),
      listen: (local, accept) => network.listen(local, accept),
    }
    const options = { clock, random, host, network: datagrams }
    await expect(Lwm2mServer.listen({ ...options, transports: ['udp', 'tcp'] })).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: 'this network carries datagrams only, not TCP',
    })
    await expect(Lwm2mServer.listen({ ...options, transports: [] })).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
    await (await Lwm2mServer.listen(options)).close()
  })
})

/** A server that is asked for TLS on a network that has none: what it would have spoken. */
async function tlsOf(security: ServerSecurity, transports: EndpointOptions['transports'] = ['tcp']) {
  const { clock, random, network } = simulatedWorld()
  await clock.advance(nowMs - clock.now())
  const asked: { options: TlsServerOptions | undefined; port: number }[] = []
  const watched: Network = {
    connect: (remote, options) => network.connect(remote, options),
    listen: (local, accept) => network.listen(local, accept),
    streams: {
      connect: remote => network.streams.connect(remote),
      listen: (local, accept, options) => {
        asked.push({ options: options?.tls, port: local.port })
        return network.streams.listen(local, accept)
      },
    },
  }
  const listener = await Lwm2mServer.listen({ clock, random, network: watched, host, security, transports })
  const { uris } = listener
  await listener.close()
  const [{ options, port } = { options: undefined, port: 0 }] = asked
  if (options === undefined) throw new Error('no TLS was asked for')
  return { options, port, schemes: uris.map(({ scheme }) => scheme) }
}

describe('TLS', () => {
  test('has the keys, the log and the ear of the security, on the port of coaps', async () => {
    const others = { suites: [0xc0a8], keyLog: () => {}, onFailure: () => {} }
    const { options, port, schemes } = await tlsOf({ psk, ...others }, ['udp', 'tcp'])
    expect(options.psk?.(Buffer.from('a'))).toEqual(Uint8Array.from(psk.a))
    expect(options.psk?.(Buffer.from('b'))).toBeUndefined()
    expect(options).toEqual({ psk: expect.any(Function), ...others })
    expect([port, schemes]).toEqual([5684, ['coaps', 'coaps+tcp']])
  })

  test('has the certificates, and who is trusted by theirs', async () => {
    const { options } = await tlsOf({ certificates, trustStore: [ca.der] })
    expect(options.credentials).toMatchObject([{ kind: 'x509', keyType: 'ec' }])
    expect(options.requiresCertificate).toBe(true)
    expect(options.verify?.({ kind: 'x509', chain: [trusted.der] })).toMatchObject({ identity: 'dev' })
    const stranger = await issue({ commonName: 'dev' })
    expect(() => options.verify?.({ kind: 'x509', chain: [stranger.der] })).toThrow()
  })

  test('asks for certificates as the security says', async () => {
    const optional = await tlsOf({ certificates, trustStore: [ca.der], clientCertificates: 'optional' })
    expect(optional.options.requiresCertificate).toBe(false)
    const none = await tlsOf({ certificates, trustStore: [ca.der], clientCertificates: 'none' })
    expect(none.options.verify).toBeUndefined()
  })

  test('leaves raw public keys to DTLS', async () => {
    const { options, schemes } = await tlsOf({ psk, keyPair, rawKeys: () => 'dev' }, ['udp', 'tcp'])
    expect(Object.keys(options)).toEqual(['psk'])
    expect(schemes).toEqual(['coaps', 'coaps+tcp'])
  })

  test.each<[string, ServerSecurity, string]>([
    [
      'raw public keys alone',
      { keyPair, rawKeys: () => 'dev' },
      'there are no raw public keys over TLS; give `psk` or `certificates`',
    ],
    ['nothing', {}, 'a server has to have `psk` or `certificates`'],
    [
      'certificates, and clients known by raw keys',
      { certificates, rawKeys: () => 'dev' },
      "nothing says which clients are to be trusted; give `trustStore`, or ask them for nothing: clientCertificates: 'none'",
    ],
  ])('%s: INVALID_SECURITY', async (_, security, message) => {
    await expect(tlsOf(security)).rejects.toMatchObject({ code: 'INVALID_SECURITY', message })
  })

  test('raw public keys alone for both transports: INVALID_SECURITY, and nothing listens', async () => {
    const world = simulatedWorld()
    const options = { ...world, host, security: { keyPair, rawKeys: () => 'dev' } }
    await expect(Lwm2mServer.listen({ ...options, transports: ['udp', 'tcp'] })).rejects.toMatchObject({
      code: 'INVALID_SECURITY',
    })
    await (await Lwm2mServer.listen(options)).close()
  })
})

describe('a bootstrap server over TCP', () => {
  test('bootstraps a client over the stream that it came by', async () => {
    const site = await bootstrapSite({ server: { transports: ['tcp'] } })
    const client = await site.device({ transport: 'tcp' })
    expect(await client.bootstrap()).toBe(Code.changed)
    expect(site.events[0]).toMatchObject({ type: 'requested', transport: 'tcp', address: client.address })
    expect(site.told.at(-1)).toBe('dev1 finished')
    await site.server.close()
  })

  test('a client that closes its connection in the middle: failed, and no session is left', async () => {
    const site = await bootstrapSite({ server: { transports: ['udp', 'tcp'] } })
    const never = new Promise<CoapMessage>(() => {})
    const client = await site.device({ transport: 'tcp', answer: () => never })
    await client.bootstrap()
    client.peer.close()
    await site.clock.advance(0)
    expect(site.events.at(-1)).toMatchObject({ type: 'failed', cause: { code: 'CLOSED' } })
    expect(site.server.sessions).toBe(0)
    await site.server.close()
  })

  test('a refusal tells by what it came', async () => {
    const {
      server: listener,
      device,
      events,
    } = await bootstrapSite({
      config: { clients: { dev9: { servers: [account] } } },
      server: { transports: ['tcp'] },
    })
    await (await device({ transport: 'tcp' })).bootstrap()
    expect(events).toMatchObject([{ type: 'refused', transport: 'tcp' }])
    await listener.close()
  })

  test('alone it begins nothing by itself', async () => {
    const { server: listener } = await bootstrapSite({ server: { transports: ['tcp'] } })
    expect(listener.uris).toEqual([{ scheme: 'coap+tcp', host: '10.0.0.9', port: 5683 }])
    await expect(listener.bootstrap('dev', { host: '10.0.0.1', port: 1 })).rejects.toMatchObject({
      code: 'CLOSED',
      message: 'over TCP it is the client that connects',
    })
    await listener.close()
  })
})
