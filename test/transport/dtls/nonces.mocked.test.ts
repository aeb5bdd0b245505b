import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { wakeDtls } from '../../../transport/dtls/connect.ts'
import { psk } from '../../../transport/dtls/credentials.ts'
import type { DtlsConnection } from '../../../transport/dtls/dtls-connection.ts'
import { createProtection } from '../../../transport/dtls/protection.ts'
import { ContentType } from '../../../transport/dtls/record.ts'
import { RecordLayer } from '../../../transport/dtls/record-layer.ts'
import { openResumable, sealResumable } from '../../../transport/dtls/resumable-session.ts'
import { cipherSuites } from '../../../transport/dtls/suites.ts'
import { seededRandom, systemRandom } from '../../../transport/random.ts'
import { DtlsSite, identity } from '../../helpers/dtls-site.ts'

/** What each encryption took, as it was then, and the buffers of all keys. */
const uses = vi.hoisted(() => ({ nonces: [] as string[], keys: [] as Buffer[] }))

vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  const keep = (bytes: unknown) => {
    if (Buffer.isBuffer(bytes)) uses.keys.push(bytes)
  }
  return {
    ...crypto,
    createCipheriv: vi.fn((...[cipher, secret, nonce, options]: Parameters<typeof createCipheriv>) => {
      keep(secret)
      uses.nonces.push(`${cipher} ${hex(secret as Uint8Array)} ${hex(nonce as Uint8Array)}`)
      return crypto.createCipheriv(cipher, secret, nonce, options)
    }),
    createDecipheriv: vi.fn((...[cipher, secret, nonce, options]: Parameters<typeof createDecipheriv>) => {
      keep(secret)
      return crypto.createDecipheriv(cipher, secret, nonce, options)
    }),
    createHmac: vi.fn((...[hash, secret]: Parameters<typeof createHmac>) => {
      keep(secret)
      return crypto.createHmac(hash, secret)
    }),
  }
})

beforeEach(() => {
  uses.nonces.length = 0
  uses.keys.length = 0
})

const suites = [...cipherSuites.values()]
const identified = { connectionIdLength: 4 }

/** Says something in both directions. */
async function talk(site: DtlsSite, connection: DtlsConnection): Promise<void> {
  for (const text of ['one', 'two', 'three'])
    expect((await site.echo(connection, Buffer.from(text)))?.toString()).toBe(text)
}

function expectFresh(atLeast: number): void {
  expect(uses.nonces.length).toBeGreaterThan(atLeast)
  const seen = new Set<string>()
  for (const use of uses.nonces) {
    expect(seen.has(use), use).toBe(false)
    seen.add(use)
  }
}

describe.each(suites)('$name: no nonce comes twice under a key', ({ id }) => {
  const options = { suites: [id] }

  test('in flights that are repeated, and in what follows', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const conditions = { loss: 0.3, duplication: 0.2, delayMs: [0, 900] as const }
      const site = await new DtlsSite({ seed, conditions }).listen()
      const connection = await site.connect({ ...options, parameters: { maximumTransmissions: 12 } })
      await site.clock.advance(120_000)
      site.network.conditions = { loss: 0, duplication: 0, delayMs: [0, 0] }
      await talk(site, connection)
    }
    expectFresh(100)
  })

  test('in a session that sleeps and moves', async () => {
    const site = await new DtlsSite({ server: identified }).listen()
    let connection = await site.connect({ ...options, ...identified })
    for (let sleeps = 0; sleeps < 5; sleeps++) {
      await talk(site, connection)
      const sleeping = connection.detach()
      if (sleeping === undefined) throw new Error('no Connection ID')
      connection = wakeDtls(sleeping, await site.network.connect(site.serverAddress))
      // Who wakes twice, or keeps the connection from before, counts on as well.
      await talk(site, wakeDtls(sleeping, await site.network.connect(site.serverAddress)))
      const path = await site.network.connect(site.serverAddress)
      connection = wakeDtls(sleeping, path)
      await talk(site, connection)
      path.rebind()
    }
    expectFresh(60)
  })

  test.each([true, false])('in sessions resumed from one, over a restart, too; by ticket: %s', async tickets => {
    const site = await new DtlsSite({ server: { tickets } }).listen()
    const first = await site.connect(options)
    await talk(site, first)
    const { resumable } = first
    if (resumable === undefined) throw new Error('not resumable')
    const storageKey = Buffer.alloc(32, 7)
    const stored = sealResumable(resumable, storageKey, 'account', systemRandom)
    for (let restarts = 0; restarts < 6; restarts++) {
      const session = openResumable(stored, storageKey, 'account')
      if (session === undefined) throw new Error('not stored')
      // A device whose randomness is the same after each start.
      const resumed = await site.connect({ ...options, session, random: seededRandom(5) })
      expect(resumed.isResumed).toBe(true)
      await talk(site, resumed)
      if (restarts % 2 === 0) resumed.close()
    }
    expectFresh(40)
  })

  test('in full handshakes of a client whose randomness repeats', async () => {
    const site = await new DtlsSite().listen()
    // A cookie holds as long as the ClientHello is the same: each from another address.
    for (let starts = 0; starts < 5; starts++)
      await talk(site, await site.connect({ ...options, random: seededRandom(5) }))
    expectFresh(40)
  })
})

describe('sequence numbers that are used up (RFC 6347 §4.1)', () => {
  const last = 2 ** 48 - 1

  test.each(suites)('$name: the last one seals, none after it, none again', suite => {
    const keys = {
      key: Buffer.alloc(suite.keyBytes, 1),
      macKey: Buffer.alloc(suite.macKeyBytes, 2),
      iv: Buffer.alloc(suite.fixedIvBytes, 3),
    }
    const protection = createProtection(suite, keys, systemRandom)
    const seal = (sequence: number) =>
      protection.seal(ContentType.applicationData, 1, sequence, Buffer.of(1), Buffer.alloc(0))
    seal(last - 1)
    expect(() => seal(last - 1)).toThrow(RangeError)
    expect(() => seal(0)).toThrow(RangeError)
    seal(last)
    for (const sequence of [last, last + 1, 0]) expect(() => seal(sequence)).toThrow(RangeError)
    expectFresh(1)
  })

  test('those of epoch 0 do not wrap either', () => {
    const layer = new RecordLayer(last)
    expect(layer.clear(ContentType.alert, Buffer.of(1, 0)).subarray(3, 11).toString('hex')).toBe('0000ffffffffffff')
    expect(() => layer.clear(ContentType.alert, Buffer.of(1, 0))).toThrow(/used up/)
  })

  test('a client that begins with the last one is answered by nothing, and forgotten', async () => {
    const site = await new DtlsSite().listen()
    const send = site.network.send.bind(site.network)
    site.network.send = (bytes, from, to) => {
      const changed = Buffer.from(bytes)
      // The second ClientHello: its cookie is behind an empty session id.
      if (to === site.serverAddress && changed[60] === 32) changed.writeUIntBE(last, 5, 6)
      send(changed, from, to)
    }
    await expect(site.connect()).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(site.failures.at(-1)).toMatchObject({ code: 'HANDSHAKE', message: expect.stringContaining('used up') })
    expect(site.accepted).toEqual([])
    expect(site.clock.pendingTimers).toBe(0)
  })
})

describe('keys are overwritten', () => {
  /** The secret of the cookies lives as long as the server. */
  const left = () => {
    const [cookies] = uses.keys
    return uses.keys.filter(secret => secret !== cookies && secret.some(byte => byte !== 0))
  }

  test.each(suites)('$name: when a session is closed, all that made up its keys', async ({ id }) => {
    const site = await new DtlsSite({ server: { tickets: false } }).listen()
    const connection = await site.connect({ suites: [id] })
    await talk(site, connection)
    expect(left().length).toBeGreaterThan(0)
    connection.close()
    await site.clock.advance(1)
    expect(left()).toEqual([])
  })

  test('when a handshake fails', async () => {
    const site = await new DtlsSite({ server: { tickets: false } }).listen()
    await expect(site.connect({ credentials: psk(identity, Buffer.alloc(16, 1)) })).rejects.toThrow('key')
    await site.clock.advance(1)
    expect(uses.keys.length).toBeGreaterThan(10)
    expect(left()).toEqual([])
  })

  test('when the handshake of another session takes its place, or the server closes', async () => {
    const site = await new DtlsSite({ server: { tickets: false } }).listen()
    const path = await site.network.connect(site.serverAddress, { localPort: 1_000 })
    const first = await site.connect({}, path)
    // Its good-bye is lost.
    site.network.conditions = { loss: 1, duplication: 0, delayMs: [0, 0] }
    first.close()
    site.network.conditions = { loss: 0, duplication: 0, delayMs: [0, 0] }
    await site.connect({}, await site.network.connect(site.serverAddress, { localPort: 1_000 }))
    await site.clock.advance(1)
    const ofSecond = new Set(left().map(secret => secret.toString('hex')))
    // The key of what each end seals, the same as of what the other opens.
    expect(ofSecond.size).toBe(2)
    await site.listener.close()
    await site.clock.advance(1)
    expect(left()).toEqual([])
  })
})
