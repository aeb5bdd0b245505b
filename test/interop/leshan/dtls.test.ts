import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cipherSuites, serverKeyType } from '../../../transport/dtls/suites.ts'
import { payloadSizes, suiteId } from '../dtls/ends.ts'
import { loseEachDatagram } from '../dtls/loss.ts'
import { DtlsSite } from '../dtls/site.ts'
import { namesOf } from '../dtls/wire.ts'
import { describePeer } from '../peer-suite.ts'
import { content } from './answers.ts'
import { freshPsk, SecureClient, type SecureClientOptions, writeAndRead } from './dtls-site.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { sensorValue } from './lifecycle-client.ts'
import { PassTable } from './pass-table.ts'

const cases = ['payloads of 1 B to 16 kB', 'resumption after sleep'] as const
const suiteTable = new PassTable('Leshan server over DTLS 1.2', cases, ['our client'])
const idCases = ['another address in mid-observation', 'sleep without a handshake'] as const
const idTable = new PassTable('Leshan server and Connection IDs', idCases, ['our client'])

/** Scandium has CBC only with the MAC first, which we do not have. */
const suites = [...cipherSuites.values()].filter(suite => suite.cipher !== 'cbc' && serverKeyType(suite) === undefined)

/** RFC 7252 §4.3: an empty confirmable message, and the Reset that answers it. */
const ping = Buffer.from([0x40, 0, 0, 1])
const pong = Buffer.from([0x70, 0, 0, 1])

const queueMode = { awakeSeconds: 1 }

describePeer('Leshan 2.0.0-M18 over DTLS', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan
  /** One that finds clients by their addresses alone. */
  let withoutIds: Leshan
  const site = new DtlsSite()

  beforeAll(async () => {
    ;[leshan, withoutIds] = await Promise.all([startLeshan(), startLeshan({ connectionIdLength: 0 })])
  })
  afterAll(async () => {
    process.stdout.write(['', suiteTable, idTable, ''].join('\n'))
    await Promise.all([leshan?.close(), withoutIds?.close()])
  })

  async function registered(server: Leshan, options?: SecureClientOptions): Promise<SecureClient> {
    const secure = await SecureClient.create(server, options)
    site.after(() => secure.stop())
    await secure.register()
    return secure
  }

  describe.each(suites)('$name', ({ id, name }) => {
    suiteTable.test(name, 'our client', 'payloads of 1 B to 16 kB', '✓', async () => {
      const secure = await registered(leshan, { suites: [id] })
      expect(await leshan.client(secure.endpoint)).toMatchObject({ pskIdentity: secure.psk.identity })
      await writeAndRead(leshan, secure, payloadSizes)
      expect(secure.handshakes).toEqual(['full'])
    })

    suiteTable.test(name, 'our client', 'resumption after sleep', '✓', async () => {
      const secure = await registered(withoutIds, { suites: [id], queueMode })
      await secure.told.next('QUEUE_MODE_RX_OFF')
      secure.client.update()
      await secure.told.next('REG_UPDATE_COMPLETE')
      expect(secure.requests).toEqual(['Register lwm2m=1.1 lt=300 Q: 2.01', 'Update: 2.04'])
      expect(secure.handshakes).toEqual(['full', 'abbreviated'])
      expect(await withoutIds.read(secure.endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
    })
  })

  describe.each([0, 1, 20])('Connection IDs of Leshan with 6 bytes, of ours with %i', connectionIdLength => {
    const row = `${connectionIdLength} bytes`
    const dtls = { connectionIdLength }

    idTable.test(row, 'our client', 'another address in mid-observation', '✓', async () => {
      const secure = await registered(leshan, { dtls })
      const events = await leshan.events(secure.endpoint)
      await leshan.observe(secure.endpoint, sensorValue)
      const before = (await leshan.client(secure.endpoint)).address

      await secure.relay.move()
      secure.client.objects.set(sensorValue, 22)
      expect((await events.next('NOTIFICATION')).data.val).toEqual({ [sensorValue]: 22 })
      secure.client.objects.set(sensorValue, 23)
      expect((await events.next('NOTIFICATION')).data.val).toEqual({ [sensorValue]: 23 })

      // Leshan asks where the latest registration message came from.
      secure.client.update()
      const after = (await events.next('UPDATED')).data.registration.address
      expect(after).toBe(`127.0.0.1:${secure.relay.serverSidePort}`)
      expect(after).not.toBe(before)
      expect(await leshan.read(secure.endpoint, sensorValue)).toEqual(content({ [sensorValue]: 23 }))

      expect(secure.requests).toEqual(['Register lwm2m=1.1 lt=300: 2.01', 'Update: 2.04'])
      expect(secure.handshakes).toEqual(['full'])
      const names = namesOf(secure.relay.datagrams)
      expect(names).toContain('client: cid')
      expect(names.includes('server: cid')).toBe(connectionIdLength > 0)
    })

    idTable.test(row, 'our client', 'sleep without a handshake', '✓', async () => {
      const secure = await registered(leshan, { dtls, queueMode })
      await secure.told.next('QUEUE_MODE_RX_OFF')
      await secure.relay.move()
      secure.client.update()
      await secure.told.next('REG_UPDATE_COMPLETE')
      expect(secure.requests).toEqual(['Register lwm2m=1.1 lt=300 Q: 2.01', 'Update: 2.04'])
      expect(secure.handshakes).toEqual(['full'])
      expect(await leshan.read(secure.endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
    })
  })

  it('each datagram of a handshake lost once', async () => {
    const psk = freshPsk()
    await withoutIds.setPsk(psk.identity, psk)
    await loseEachDatagram(async isLost => {
      const relay = await site.relayTo({ port: Number(new URL(withoutIds.coapsUri).port) }, isLost)
      const client = await site.ourClient(relay.port, { psk })
      client.send(ping)
      await client.receives(pong)
      return relay.datagrams
    })
  })

  it('Leshan has forgotten everything: a full handshake, then Register', async () => {
    const secure = await registered(leshan, { queueMode })
    await secure.told.next('QUEUE_MODE_RX_OFF')
    await leshan.forgetSessions()
    secure.client.update()
    await secure.told.next('REGISTRATION_COMPLETE')
    const register = 'Register lwm2m=1.1 lt=300 Q: 2.01'
    expect(secure.requests).toEqual([register, 'Update', register])
    expect(secure.handshakes).toEqual(['full', 'full'])
  })

  it('a handshake that Leshan begins is refused, and the registration goes on', async () => {
    const secure = await registered(leshan)
    await leshan.forgetSessions()
    await expect(leshan.read(secure.endpoint, sensorValue)).rejects.toMatchObject({ httpStatus: 500 })
    expect(namesOf(secure.relay.datagrams).slice(-2)).toEqual(['server: ClientHello', 'client: alert'])
    expect(secure.told.history.map(({ type }) => type)).toEqual(['REGISTRATION_COMPLETE'])

    secure.client.update()
    await secure.told.next('REG_TIMEOUT')
    await secure.told.next('REGISTRATION_COMPLETE')
    expect(secure.handshakes).toEqual(['full', 'full'])
    expect(await leshan.read(secure.endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
  })

  // Scandium answers nothing where it does not know the identity, or cannot decrypt the Finished.
  const unanswered = 'did not finish the DTLS handshake; its key for this identity may be another one'
  for (const [name, options, cause] of [
    ['another key', { change: psk => ({ ...psk, key: Buffer.from('another key') }) }, unanswered],
    ['an unknown identity', { change: psk => ({ ...psk, identity: 'unknown' }) }, unanswered],
    ['no suite in common', { suites: [suiteId('PSK_WITH_AES_128_CBC_SHA256')] }, 'no cipher suite in common'],
  ] satisfies [string, SecureClientOptions, string][]) {
    it(`${name}: CONNECT_FAILURE, with its cause in a line`, async () => {
      const dtls = { maximumTransmissions: 3, initialTimeoutMs: 200 }
      const secure = await SecureClient.create(leshan, { ...options, dtls })
      site.after(() => secure.stop())
      secure.client.start()
      const { data } = await secure.told.next('CONNECT_FAILURE')
      expect(data).toMatchObject({ failedAttempts: 1, cause: { code: 'HANDSHAKE' } })
      expect(data.cause.message).toContain(cause)
      expect(data.cause.message).not.toContain('\n')
      expect(data.retryDelayMs).toBeGreaterThan(500)
      expect(secure.requests).toEqual([])
    })
  }
})
