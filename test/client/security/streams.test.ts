import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Lwm2mClient } from '../../../client/client.ts'
import type { ClientOptions, ServerOptions } from '../../../client/options.ts'
import { psk } from '../../../client/psk.ts'
import { rpk } from '../../../client/rpk.ts'
import type { ClientEvent } from '../../../machines/events.ts'
import { security } from '../../../objects/definitions/security.ts'
import { TransportError } from '../../../transport/errors.ts'
import { MemoryPersistence } from '../../helpers/restart-site.ts'
import { scriptedServer } from '../../helpers/scripted-server.ts'
import { simulatedWorld } from '../../helpers/simulated-world.ts'
import { tlsNetwork } from '../../helpers/tls-network.ts'

const host = 'server.example'
const key = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex')
const sessions = [Buffer.from('a first session'), Buffer.from('a second session')] as const
const sessionKey = Buffer.alloc(32, 7)
const retry = { initialDelaySeconds: 5, maximumDelaySeconds: 5 }

/** A client that is to speak TLS with a server; what it asks for is noted, and nothing is encrypted. */
async function tlsSite(account: Partial<ServerOptions> = {}, options: Partial<ClientOptions> = {}) {
  const { clock, random, network: memory } = simulatedWorld()
  const server = await scriptedServer({ clock, random, network: memory, host })
  const tls = tlsNetwork(memory)
  const events: ClientEvent[] = []
  const boot = (more: Partial<ClientOptions> = {}) => {
    const client = new Lwm2mClient({
      endpoint: 'device',
      servers: [{ uri: `coaps+tcp://${host}:5683`, shortServerId: 1, security: psk('me', key), ...account }],
      clock,
      random,
      network: tls.network,
      retry,
      ...options,
      ...more,
    })
    client.events$.subscribe(event => events.push(event))
    return client
  }
  const client = boot()
  onTestFinished(async () => {
    await clock.until(client.stop())
    await server.close()
    memory.clear()
    expect(clock.pendingTimers).toBe(0)
  })
  return {
    ...tls,
    clock,
    memory,
    server,
    client,
    boot,
    events,
    async register(one = client) {
      one.start()
      await clock.until(one.registered())
      await clock.advance(0)
    },
    async reconnect() {
      client.reconnect()
      await clock.advance(10_000)
    },
    /** The sessions that were offered, one a connection. */
    get offered() {
      return tls.asked.map(({ session }) => session?.toString())
    },
  }
}

describe('coaps+tcp://', () => {
  test('TLS is asked for with what the Security instance holds', async () => {
    const lines: string[] = []
    const site = await tlsSite({ suites: [0xc0a8] }, { dtls: { keyLog: line => lines.push(line) } })
    await site.register()
    expect(site.asked).toMatchObject([
      {
        credentials: { kind: 'psk', key: Uint8Array.from(key) },
        serverName: host,
        suites: [0xc0a8],
        keyLog: expect.any(Function),
      },
    ])
    expect(site.offered).toEqual([undefined])
    expect(site.server.uplinks[0]?.query).toContain('b=T')
  })

  test('an address is no name to ask for', async () => {
    const site = await tlsSite({ uri: 'coaps+tcp://10.0.0.2' })
    site.client.start()
    await site.clock.advance(0)
    expect(site.asked[0]).not.toHaveProperty('serverName')
  })

  test('of `coaps://` with a binding of TCP alone, too', async () => {
    const site = await tlsSite({ uri: `coaps://${host}:5683`, binding: 'T' })
    await site.register()
    expect(site.asked).toHaveLength(1)
  })

  test('raw public keys that a server has written: one clear line', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { publicKey } = rpk({ key: privateKey, serverPublicKey: Buffer.alloc(32), matchingType: 1 })
    const site = await tlsSite()
    const secretKey = privateKey.export({ format: 'der', type: 'pkcs8' })
    const written = { securityMode: 1, publicKeyOrIdentity: publicKey, serverPublicKey: publicKey, secretKey }
    site.client.objects.instance(security, 0).set(written)
    site.client.start()
    await site.clock.advance(0)
    expect(site.events).toMatchObject([
      {
        type: 'CONNECT_FAILURE',
        cause: {
          code: 'NOT_SUPPORTED',
          message: `coaps+tcp://${host}:5683: there are no raw public keys over TLS; use psk or x509, or coaps:// over UDP`,
        },
      },
    ])
    expect(site.asked).toEqual([])
  })

  test('without credentials: INVALID_SECURITY, which names the scheme', async () => {
    const site = await tlsSite()
    site.client.objects.set('/0/0/2', 3)
    site.client.start()
    await site.clock.advance(0)
    const message = `coaps+tcp://${host}:5683 with security mode noSec contradict each other: coaps+tcp:// needs credentials`
    expect(site.events).toMatchObject([{ type: 'CONNECT_FAILURE', cause: { code: 'INVALID_SECURITY', message } }])
  })
})

describe('what is being opened when the client stops', () => {
  test('a handshake is given up', async () => {
    const site = await tlsSite()
    site.script.handshake = 'pending'
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.signals[0]?.aborted).toBe(false)
    await site.clock.until(site.client.stop())
    expect(site.signals[0]?.aborted).toBe(true)
  })

  test('so is the exchange of settings', async () => {
    const site = await tlsSite({ uri: 'coaps+tcp://mute:1' })
    let closed = 0
    await site.memory.streams.listen({ host: 'mute', port: 1 }, stream => {
      stream.receive({ bytes: () => undefined, drained: () => undefined, closed: () => closed++ })
    })
    site.client.start()
    await site.clock.advance(1_000)
    expect([site.events, closed]).toEqual([[], 0])
    await site.clock.until(site.client.stop())
    await site.clock.advance(0)
    expect(closed).toBe(1)
  })
})

describe('a TLS session', () => {
  test('is offered by the next connection, the newest of several', async () => {
    const site = await tlsSite()
    site.script.session = sessions[0]
    await site.register()
    // With TLS 1.3 more of them may come.
    site.asked[0]?.onSession?.(sessions[1])
    await site.reconnect()
    await site.reconnect()
    expect(site.offered).toEqual([undefined, 'a second session', 'a first session'])
  })

  test('over which the server stumbles is not offered again', async () => {
    const site = await tlsSite()
    site.script.session = sessions[0]
    await site.register()
    site.script.handshake = new TransportError('HANDSHAKE', 'no')
    await site.reconnect()
    expect(site.offered.slice(0, 3)).toEqual([undefined, 'a first session', undefined])
  })

  test('of a server that does not answer is still good', async () => {
    const site = await tlsSite()
    site.script.session = sessions[0]
    await site.register()
    site.script.handshake = new TransportError('TIMEOUT', 'nobody')
    await site.reconnect()
    expect(site.offered.slice(1, 3)).toEqual(['a first session', 'a first session'])
  })

  test('counts for the credentials that it was agreed with alone', async () => {
    const site = await tlsSite()
    site.script.session = sessions[0]
    await site.register()
    site.client.objects.set('/0/0/3', Buffer.from('somebody else'))
    await site.reconnect()
    expect(site.offered).toEqual([undefined, undefined])
  })

  const restarted = async (first: Partial<ClientOptions>, second = first, change = (text: string) => text) => {
    const persistence = new MemoryPersistence()
    const site = await tlsSite({}, { persistence, ...first })
    site.script.session = sessions[0]
    await site.register()
    const text = persistence.text ?? ''
    const next = persistence.copy()
    next.text = change(text)
    const client = site.boot({ ...second, persistence: next })
    await site.register(client)
    await site.clock.until(client.stop())
    return { offered: site.offered[1], text }
  }

  test('outlives a restart with a key of the application, encrypted', async () => {
    const { offered, text } = await restarted({ dtls: { sessionKey } })
    expect(offered).toBe('a first session')
    expect(text).toContain('"tlsSession"')
    expect(text).not.toContain(sessions[0].toString())
    expect(text).not.toContain(sessions[0].toString('base64'))
  })

  test.each<[string, Partial<ClientOptions>, Partial<ClientOptions>, ((text: string) => string)?]>([
    ['without one', {}, {}],
    ['with another one', { dtls: { sessionKey } }, { dtls: { sessionKey: Buffer.alloc(32, 8) } }],
    [
      'when it was damaged',
      { dtls: { sessionKey } },
      { dtls: { sessionKey } },
      text => text.replace(/"tlsSession":"...../, '"tlsSession":"AAAAA'),
    ],
  ])('%s it does not', async (_, first, second, change) => {
    expect((await restarted(first, second, change)).offered).toBeUndefined()
  })
})
