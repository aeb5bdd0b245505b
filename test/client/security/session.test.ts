import { firstValueFrom, take, toArray } from 'rxjs'
import { describe, expect, test } from 'vitest'
import type { QueueModeOptions } from '../../../client/options.ts'
import { psk } from '../../../client/psk.ts'
import { Code } from '../../../transport/coap/message.ts'
import { connectDtls } from '../../../transport/dtls/connect.ts'
import { endpoint, identity, key, type SecureSiteOptions, secureSite } from '../../helpers/secure-site.ts'

const cid = { connectionIdLength: 8 }
const sleepy = (whileAsleep: QueueModeOptions['whileAsleep'], options: SecureSiteOptions = {}): SecureSiteOptions => ({
  ...options,
  account: { lifetimeSeconds: 86_400 },
  server: { clientAwakeSeconds: 20 },
  client: { queueMode: { awakeSeconds: 20, ...(whileAsleep && { whileAsleep }) }, ...options.client },
})

type SecureSite = Awaited<ReturnType<typeof secureSite>>

async function registered(options: SecureSiteOptions = {}) {
  const site = await secureSite(options)
  await site.register()
  expect(site.handshakes()).toEqual(['full'])
  return site
}

async function read({ clock, server }: SecureSite) {
  const { values } = await clock.until(server.read(endpoint, '/3303/0/5700'))
  return values[0]?.value
}

async function sleepAndWake(site: SecureSite) {
  await site.clock.advance(25_000)
  expect(site.eventTypes.at(-1)).toBe('QUEUE_MODE_RX_OFF')
  site.client.update()
  await site.clock.advance(1_000)
}

describe('a client over DTLS', () => {
  test('registers, is read and observed, and de-registers', async () => {
    const site = await registered()
    expect(site.server.registrations.get(endpoint)?.identity).toBe(identity)
    expect(await read(site)).toBe(21.5)
    const seen = firstValueFrom(site.server.observe(endpoint, '/3303/0/5700').pipe(take(2), toArray()))
    await site.clock.advance(10)
    site.client.objects.set('/3303/0/5700', 23)
    expect((await site.clock.until(seen)).map(({ values }) => values[0]?.value)).toEqual([21.5, 23])
    await site.clock.until(site.client.stop())
    expect(site.server.registrations.size).toBe(0)
    expect(site.handshakes()).toEqual([])
  })

  test('sends by itself', async () => {
    const site = await registered({ security: cid })
    const sent = firstValueFrom(site.server.sends$)
    await site.clock.until(site.client.send(['/3303/0/5700']))
    expect(await sent).toMatchObject({ endpoint, values: [{ value: 21.5 }] })
  })

  test("the application's own connection may be one over DTLS, with credentials from elsewhere", async () => {
    const site = await secureSite({
      client: {
        servers: [{ uri: 'coap://anything', shortServerId: 1 }],
        connect: async () => {
          const { clock, random, network } = site
          const wire = await network.connect({ host: '10.0.0.2', port: 5684 })
          return connectDtls(wire, { clock, random, credentials: psk(identity, key) })
        },
      },
    })
    await site.register()
    expect(await read(site)).toBe(21.5)
    await site.restartServer()
    await site.clock.advance(10_000)
    expect(site.eventTypes).toContain('REG_TIMEOUT')
    expect(await read(site)).toBe(21.5)
  })

  test('a key that is asked for is in neither the objects nor the saved state', async () => {
    let asked = 0
    const ask = () => {
      asked++
      return Promise.resolve(key)
    }
    const site = await registered({ account: { security: psk(identity, ask) } })
    expect(asked).toBe(1)
    expect(site.client.objects.get('/0/0/5')).toEqual(new Uint8Array())
  })
})

describe('a session while the client sleeps', () => {
  test('with a Connection ID goes on without a handshake, over another socket', async () => {
    const site = await registered(sleepy('close', { security: cid }))
    await sleepAndWake(site)
    expect(site.eventTypes.at(-1)).toBe('REG_UPDATE_COMPLETE')
    expect(site.handshakes()).toEqual([])
    expect(site.connections).toHaveLength(2)
    expect(site.server.registrations.get(endpoint)?.address).toEqual(site.connections[1]?.local)
    expect(await read(site)).toBe(21.5)
  })

  test('without one is resumed', async () => {
    const site = await registered(sleepy('close'))
    await sleepAndWake(site)
    expect(site.eventTypes.at(-1)).toBe('REG_UPDATE_COMPLETE')
    expect(site.handshakes()).toEqual(['abbreviated'])
    expect(await read(site)).toBe(21.5)
  })

  test.each(['keep', 'listen'] as const)('%s: stays, with its socket', async whileAsleep => {
    const site = await registered(sleepy(whileAsleep))
    await sleepAndWake(site)
    expect(site.eventTypes.at(-1)).toBe('REG_UPDATE_COMPLETE')
    expect(site.handshakes()).toEqual([])
    expect(site.connections).toHaveLength(1)
  })

  test.each(['keep', 'listen'] as const)(
    '%s: one that the server ends is replaced on waking, and wakes nobody',
    async whileAsleep => {
      const site = await registered(sleepy(whileAsleep))
      await site.clock.advance(25_000)
      await site.restartServer()
      await site.clock.advance(600_000)
      expect(site.eventTypes.at(-1)).toBe('QUEUE_MODE_RX_OFF')
      site.client.update()
      await site.clock.advance(5_000)
      expect(site.eventTypes.slice(-2)).toEqual(['REG_UPDATE', 'REGISTRATION_COMPLETE'])
      expect(site.handshakes()).toEqual(['full'])
    },
  )

  test('goes on a hundred times, as the counting of its records does', async () => {
    const site = await registered(sleepy('close', { security: cid }))
    for (let index = 0; index < 100; index++) await sleepAndWake(site)
    expect(site.handshakes()).toEqual([])
    expect(site.eventTypes.filter(type => type === 'REG_UPDATE_COMPLETE')).toHaveLength(100)
    expect(site.connections).toHaveLength(101)
  })

  test('is told about what was observed, whether it goes on or is resumed', async () => {
    for (const security of [cid, {}]) {
      const site = await registered(sleepy('close', { security }))
      const values: unknown[] = []
      const subscription = site.server.observe(endpoint, '/3303/0/5700').subscribe(result => {
        values.push(result.values[0]?.value)
      })
      await site.clock.advance(10)
      await sleepAndWake(site)
      site.client.objects.set('/3303/0/5700', 30)
      await site.clock.advance(1_000)
      await sleepAndWake(site)
      site.client.objects.set('/3303/0/5700', 31)
      await site.clock.advance(1_000)
      expect(values.at(0)).toBe(21.5)
      expect(values).toContain(30)
      expect(values.at(-1)).toBe(31)
      subscription.unsubscribe()
      await site.clock.advance(1_000)
    }
  })
})

describe('a session over an interruption', () => {
  test.each([
    ['suspended', 'suspend', 'resume'],
    ['offline', 'enterOffline', 'exitOffline'],
  ] as const)('%s: goes on by its Connection ID, or is resumed', async (_, leave, comeBack) => {
    for (const [security, handshakes] of [
      [cid, []],
      [{}, ['abbreviated']],
    ] as const) {
      const site = await registered({ security })
      site.client[leave]()
      await site.clock.advance(60_000)
      site.client[comeBack]()
      await site.clock.advance(1_000)
      expect(site.eventTypes.at(-1)).toBe('REG_UPDATE_COMPLETE')
      expect(site.handshakes()).toEqual(handshakes)
    }
  })

  test('a stop ends one that is suspended, too: nobody knows for how long', async () => {
    const site = await registered({ security: cid })
    site.client.suspend()
    await site.clock.until(site.client.stop())
    await site.register()
    expect(site.handshakes()).toEqual(['abbreviated'])
  })

  test('other credentials end it: nothing goes on with those before', async () => {
    const site = await registered({ security: { ...cid, psk: { [identity]: key, other: key } } })
    site.client.suspend()
    site.client.objects.set('/0/0/3', Buffer.from('other'))
    site.client.resume()
    await site.clock.advance(1_000)
    expect(site.handshakes()).toEqual(['full'])
    // The registration belongs to the identity that made it.
    expect(site.events.at(-1)).toMatchObject({ type: 'REGISTRATION_FAILURE', responseCode: Code.forbidden })
  })

  test('a stop ends it; the next start resumes it', async () => {
    const site = await registered({ security: cid })
    await site.clock.until(site.client.stop())
    await site.register()
    expect(site.handshakes()).toEqual(['abbreviated'])
  })

  test('a change of address in mid-observation: a Connection ID carries it', async () => {
    const site = await registered({ security: cid })
    const values: unknown[] = []
    site.server.observe(endpoint, '/3303/0/5700').subscribe(result => values.push(result.values[0]?.value))
    await site.clock.advance(10)
    site.connections[0]?.rebind()
    site.client.objects.set('/3303/0/5700', 30)
    await site.clock.advance(1_000)
    expect(values).toEqual([21.5, 30])
    expect(await read(site)).toBe(30)
    const sent = firstValueFrom(site.server.sends$)
    site.connections[0]?.rebind()
    await site.clock.until(site.client.send(['/3303/0/5700']))
    expect((await sent).endpoint).toBe(endpoint)
    expect(site.handshakes()).toEqual([])
  })

  test('a server that has forgotten everything: a full handshake and a Register', async () => {
    const site = await registered({ account: { lifetimeSeconds: 300 } })
    await site.restartServer()
    await site.clock.advance(10_000)
    expect(site.handshakes()).toEqual(['full'])
    expect(site.eventTypes.slice(-3)).toEqual(['REG_TIMEOUT', 'REG_UPDATE', 'REGISTRATION_COMPLETE'])
  })

  test('a server that went without a word: the Update times out, the next session is a full one', async () => {
    const site = await registered({ security: cid, account: { lifetimeSeconds: 300 } })
    const { conditions } = site.network
    site.network.conditions = { ...conditions, loss: 1 }
    await site.restartServer()
    site.network.conditions = conditions
    site.client.update()
    await site.clock.advance(120_000)
    expect(site.handshakes()).toEqual(['full'])
    expect(site.eventTypes.slice(-3)).toEqual(['REG_UPDATE', 'REG_TIMEOUT', 'REGISTRATION_COMPLETE'])
  })
})
