import { describe, expect, onTestFinished, test } from 'vitest'
import type { ListenOptions } from '../../server/options.ts'
import type { ServerSecurity } from '../../server/security.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { Code, noPayload } from '../../transport/coap/message.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import { connectDtls } from '../../transport/dtls/connect.ts'
import { psk } from '../../transport/dtls/credentials.ts'
import { encodeDeregister, encodeRegister, encodeSend, encodeUpdate } from '../../transport/lwm2m/uplink.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const keys = { a: Buffer.alloc(16, 1), b: Buffer.alloc(16, 2) }
const register = encodeRegister({ endpoint: 'dev', version: '1.1', lifetimeSeconds: 3_600, objectLinks: '</3/0>' })
const registerAsleep = encodeRegister({
  endpoint: 'dev',
  version: '1.1',
  lifetimeSeconds: 3_600,
  objectLinks: '</3/0>',
  queueMode: true,
})
const send = encodeSend({ contentFormat: 110, payload: Buffer.from('[{"bn":"/3/0/9","v":1}]') })

async function secureServer(security: Partial<ServerSecurity> = {}, options: Partial<ListenOptions> = {}) {
  const { clock, random, network } = simulatedWorld()
  const errors: unknown[] = []
  const server = await Lwm2mServer.listen({
    clock,
    random,
    network,
    onError: error => errors.push(error),
    host: '10.0.0.2',
    security: { psk: keys, ...security },
    ...options,
  })
  onTestFinished(async () => {
    await server.close()
    network.clear()
    expect(clock.pendingTimers).toBe(0)
    expect(errors).toEqual([])
  })
  return {
    clock,
    server,
    /** A client that sends what it likes, and answers each request with 2.05. */
    client: async (identity: keyof typeof keys, localPort = 0) => {
      const wire = await network.connect(server.local, { localPort })
      const session = await clock.until(
        connectDtls(wire, { clock, random, credentials: psk(identity, keys[identity]), connectionIdLength: 0 }),
      )
      let answered = 0
      const handler = () => {
        answered++
        return { code: Code.content, options: [], payload: noPayload }
      }
      const peer = new CoapPeer(session, { clock, random, handler })
      return {
        wire,
        answered: () => answered,
        peer,
        code: async (message: typeof register) => (await clock.until(peer.request(message).response)).code,
        text: async (message: typeof register) =>
          Buffer.from((await clock.until(peer.request(message).response)).payload).toString(),
      }
    },
  }
}

function locationOf(server: Lwm2mServer): readonly string[] {
  return ['rd', server.registrations.get('dev')?.location ?? '']
}

describe('a registration belongs to its identity', () => {
  test('another one can neither update, nor de-register, nor replace it, nor send for it', async () => {
    const { server, client } = await secureServer()
    const owner = await client('a')
    const other = await client('b')
    expect(await owner.code(register)).toBe(Code.created)
    const location = locationOf(server)
    expect(await other.code(encodeUpdate(location, {}))).toBe(Code.forbidden)
    expect(await other.text(encodeUpdate(location, {}))).toMatch(/another identity/)
    expect(await other.code(encodeDeregister(location))).toBe(Code.forbidden)
    expect(await other.code(register)).toBe(Code.forbidden)
    expect(await other.code(send)).toBe(Code.badRequest)
    expect(server.registrations.get('dev')?.identity).toBe('a')
    expect(await owner.code(send)).toBe(Code.changed)
    expect(await owner.code(encodeDeregister(location))).toBe(Code.deleted)
    expect(await other.code(register)).toBe(Code.created)
  })

  test('not even from the address of its owner', async () => {
    const { server, client } = await secureServer()
    const owner = await client('a', 40_000)
    await owner.code(register)
    owner.peer.close()
    const other = await client('b', 40_000)
    expect(await other.code(send)).toBe(Code.badRequest)
    expect(await other.code(encodeUpdate(locationOf(server), {}))).toBe(Code.forbidden)
    await expect(server.read('dev', '/3/0')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('a new session of its own takes over at its Update', async () => {
    const { clock, server, client } = await secureServer()
    const before = await client('a')
    await before.code(register)
    const after = await client('a')
    expect(await after.code(encodeUpdate(locationOf(server), {}))).toBe(Code.changed)
    expect((await clock.until(server.execute('dev', '/3/0/4'))).responseCode).toBe(Code.content)
    expect(after.answered()).toBe(1)
    expect(before.answered()).toBe(0)
    expect(server.registrations.get('dev')?.address).toEqual(after.wire.local)
    expect(await after.code(send)).toBe(Code.changed)
  })

  test('the port is that of coaps', async () => {
    const { server } = await secureServer()
    expect(server.local.port).toBe(5684)
  })
})

describe('a session that is over', () => {
  test('a request fails at once, in words; after the next session it is answered', async () => {
    const { clock, server, client } = await secureServer()
    const first = await client('a')
    await first.code(register)
    first.peer.close()
    await clock.advance(10)
    await expect(server.execute('dev', '/3/0/4')).rejects.toMatchObject({
      code: 'CLOSED',
      message: expect.stringMatching(/no DTLS session/),
    })
    const second = await client('a')
    await second.code(encodeUpdate(locationOf(server), {}))
    expect((await clock.until(server.execute('dev', '/3/0/4'))).responseCode).toBe(Code.content)
  })

  test('a request under way fails with it', async () => {
    const { clock, server, client } = await secureServer()
    const first = await client('a')
    await first.code(register)
    first.wire.receive({ datagram: () => {}, failed: () => {} })
    const pending = server.execute('dev', '/3/0/4')
    pending.catch(() => undefined)
    first.peer.close()
    await expect(clock.until(pending)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('of a client with queue mode: a request waits for the next one', async () => {
    const { clock, server, client } = await secureServer()
    const first = await client('a')
    await first.code(registerAsleep)
    first.peer.close()
    await clock.advance(1_000)
    const pending = server.execute('dev', '/3/0/4')
    await clock.advance(10_000)
    const second = await client('a')
    await second.code(encodeUpdate(locationOf(server), {}))
    expect((await clock.until(pending)).responseCode).toBe(Code.content)
  })

  test('one that nobody has spoken over for an hour still leads to its client', async () => {
    const { clock, server, client } = await secureServer({ connectionIdLength: 4 })
    const first = await client('a')
    await first.code(register)
    await clock.advance(3_000_000)
    expect((await clock.until(server.execute('dev', '/3/0/4'))).responseCode).toBe(Code.content)
    await clock.advance(500_000)
    first.wire.rebind()
    expect(await first.code(send)).toBe(Code.changed)
  })
})

describe('the keys of a server', () => {
  test('may be known by a function, by the bytes of the identity', async () => {
    const { server, client } = await secureServer({
      psk: identity => (identity.equals(Buffer.from('a')) ? keys.a : undefined),
    })
    const one = await client('a')
    await one.code(register)
    expect(server.registrations.get('dev')?.identity).toBe('a')
    await expect(client('b')).rejects.toMatchObject({ code: 'HANDSHAKE', alertCode: 115 })
  })

  test.each([
    ['an empty key', { a: new Uint8Array() }],
    ['an endless key', { a: new Uint8Array(65) }],
    ['an empty identity', { '': keys.a }],
  ])('%s is refused before anybody can come', async (_, psks) => {
    const { clock, random, network } = simulatedWorld()
    const listening = Lwm2mServer.listen({ clock, random, network, security: { psk: psks } })
    await expect(listening).rejects.toMatchObject({ code: 'INVALID_SECURITY' })
  })
})
