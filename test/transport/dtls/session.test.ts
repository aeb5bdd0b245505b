import { describe, expect, test } from 'vitest'
import type { Connection } from '../../../transport/connection.ts'
import { connectDtls } from '../../../transport/dtls/connect.ts'
import { psk } from '../../../transport/dtls/credentials.ts'
import { cipherSuites, serverKeyType } from '../../../transport/dtls/suites.ts'
import { DtlsSite, identity, key } from '../../helpers/dtls-site.ts'

const suites = [...cipherSuites.values()].filter(suite => serverKeyType(suite) === undefined)

describe('a full handshake', () => {
  for (const { id, name } of suites) {
    test(`${name}: both ends agree and exchange data`, async () => {
      const site = await new DtlsSite().listen()
      const connection = await site.connect({ suites: [id] })
      expect(connection.suite).toBe(name)
      expect(connection.isResumed).toBe(false)
      expect(site.accepted[0]?.connection.identity).toBe(identity)
      for (const length of [0, 1, 64, 1200, 16_384]) {
        const bytes = site.random.bytes(length)
        expect(await site.echo(connection, bytes)).toEqual(bytes)
      }
    })
  }

  test('a key that is asked for', async () => {
    const site = await new DtlsSite().listen()
    const connection = await site.connect({ credentials: psk(identity, () => Promise.resolve(key)) })
    expect(await site.echo(connection, Buffer.from('hello'))).toEqual(Buffer.from('hello'))
  })

  test('loses, doubles and reorders datagrams and still agrees', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const conditions = { loss: 0.3, duplication: 0.2, delayMs: [0, 50] as const }
      const site = await new DtlsSite({ seed, conditions }).listen()
      const connection = await site.connect({ parameters: { maximumTransmissions: 12 } })
      site.network.conditions = { loss: 0, duplication: 0, delayMs: [0, 0] }
      await site.clock.advance(120_000)
      expect(await site.echo(connection, Buffer.from('hello')), `seed ${seed}`).toEqual(Buffer.from('hello'))
    }
  })
})

describe('resumption', () => {
  for (const tickets of [true, false]) {
    test(tickets ? 'by ticket (RFC 5077)' : 'by session id (RFC 5246 §7.3)', async () => {
      const site = await new DtlsSite({ server: { tickets } }).listen()
      const first = await site.connect()
      const session = first.resumable
      expect(session?.ticket !== undefined).toBe(tickets)
      first.close()
      const second = await site.connect(session === undefined ? {} : { session })
      expect(second.isResumed).toBe(true)
      expect(await site.echo(second, Buffer.from('again'))).toEqual(Buffer.from('again'))
      expect(site.accepted.at(-1)?.connection.identity).toBe(identity)
    })
  }
})

describe('what goes wrong', () => {
  test('another key: decrypt_error, in a line that says so', async () => {
    const site = await new DtlsSite().listen()
    const credentials = psk(identity, Buffer.alloc(16, 1))
    await expect(site.connect({ credentials })).rejects.toMatchObject({
      code: 'HANDSHAKE',
      alertCode: 51,
      message: expect.stringContaining('its key for this identity is another one'),
    })
    expect(site.failures.map(({ message }) => message)).toEqual([expect.stringContaining('pre-shared key is not ours')])
  })

  test('an identity that nobody has: unknown_psk_identity', async () => {
    const site = await new DtlsSite().listen()
    await expect(site.connect({ credentials: psk('stranger', key) })).rejects.toMatchObject({
      code: 'HANDSHAKE',
      alertCode: 115,
    })
  })

  test('no suite in common: handshake_failure', async () => {
    const site = await new DtlsSite({ server: { suites: [0x00a8] } }).listen()
    await expect(site.connect({ suites: [0xc0a8] })).rejects.toMatchObject({ code: 'HANDSHAKE', alertCode: 40 })
  })

  test('nobody there: TIMEOUT after 63 s', async () => {
    const site = new DtlsSite()
    const startMs = site.clock.now()
    await expect(site.connect()).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(site.clock.now() - startMs).toBe(63_000)
  })

  test('a server that says no more after its cookie: a line that says what that may mean', async () => {
    const site = await new DtlsSite().listen()
    // The HelloVerifyRequest passes, the ServerHello does not.
    const connection = await site.network.connect(site.serverAddress)
    let heard = 0
    const deaf: Connection = {
      local: connection.local,
      remote: connection.remote,
      send: bytes => connection.send(bytes),
      receive: receiver =>
        connection.receive({
          datagram: bytes => {
            if (heard++ === 0) receiver.datagram(bytes)
          },
          failed: () => {},
        }),
      close: () => connection.close(),
    }
    const { clock, random } = site
    const opening = connectDtls(deaf, { clock, random, credentials: psk(identity, key) })
    await expect(clock.until(opening)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('no cipher suite in common'),
    })
  })
})
