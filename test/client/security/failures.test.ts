import { describe, expect, test } from 'vitest'
import { psk } from '../../../client/psk.ts'
import { server12 } from '../../../objects/definitions/server.ts'
import { TransportError } from '../../../transport/errors.ts'
import { identity, key, type SecureSiteOptions, secureSite } from '../../helpers/secure-site.ts'

const otherKey = Buffer.from('ff0102030405060708090a0b0c0d0eff', 'hex')

/** What the client says, and how often it has tried, in an hour. */
async function failing(options: SecureSiteOptions) {
  const site = await secureSite({ ...options, client: { ...options.client, objects: [server12] } })
  site.client.start()
  await site.clock.advance(3_600_000)
  const [first, ...rest] = site.events.filter(({ type }) => type === 'CONNECT_FAILURE')
  if (first?.type !== 'CONNECT_FAILURE') throw new Error('nothing has failed')
  return { site, cause: first.cause, attempts: rest.length + 1, alert: site.client.objects.get('/1/0/11') }
}

const secretsIn = (text: string) => [key, otherKey].some(secret => text.includes(secret.toString('hex')))

describe('a handshake that fails', () => {
  test.each<[string, SecureSiteOptions, RegExp, number | undefined]>([
    [
      'another key',
      { account: { security: psk(identity, otherKey) } },
      /^10\.0\.0\.2:5684 refused the DTLS handshake .*its key for this identity is another one$/,
      51,
    ],
    [
      'an unknown identity',
      { account: { security: psk('nobody', key) } },
      /^10\.0\.0\.2:5684 refused the DTLS handshake .*it does not know the identity$/,
      115,
    ],
    [
      'no suite in common',
      { account: { suites: [0xc0a8] }, security: { suites: [0x00a8] } },
      /^10\.0\.0\.2:5684 refused the DTLS handshake .*no cipher suite in common/,
      40,
    ],
    [
      'a suite that nobody knows',
      { account: { suites: [0x1301] } },
      /none of its cipher suites \(\/0\/0\/16\) is supported$/,
      undefined,
    ],
    [
      'a key that the application cannot say',
      { account: { security: psk(identity, () => Promise.reject(new Error('the store is locked'))) } },
      /the application could not say the key/,
      undefined,
    ],
    [
      'a key of the application without bytes',
      { account: { security: psk(identity, () => new Uint8Array()) } },
      /the application could not say the key/,
      undefined,
    ],
  ])('%s: one line that names the cause, its alert, and no storm', async (_, options, message, alert) => {
    const { cause, attempts, alert: recorded, site } = await failing(options)
    expect(cause.message).toMatch(message)
    expect(cause.message).not.toContain('\n')
    expect(recorded).toBe(alert)
    expect(attempts).toBeGreaterThan(3)
    expect(attempts).toBeLessThan(20)
    expect(secretsIn(JSON.stringify(site.events))).toBe(false)
    expect(site.failures.every(failure => !secretsIn(failure.message))).toBe(true)
  })

  test('a silent server: TIMEOUT after a minute, then the next attempt', async () => {
    const { cause, attempts } = await failing({ account: { uri: 'coaps://10.0.0.3' } })
    expect(cause).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^10\.0\.0\.3:5684 does not answer/),
    })
    expect(attempts).toBeLessThan(20)
  })

  test('is given up when the client stops, at once and without a trace', async () => {
    const site = await secureSite({ account: { uri: 'coaps://10.0.0.3' } })
    site.client.start()
    await site.clock.advance(1_500)
    await site.clock.until(site.client.stop())
    site.network.clear()
    expect(site.clock.pendingTimers).toBe(0)
  })

  test('that resumes a session which the server is silent about: the next one is a full one', async () => {
    const site = await secureSite({ account: { lifetimeSeconds: 86_400 }, client: { queueMode: { awakeSeconds: 20 } } })
    await site.register()
    await site.clock.advance(25_000)
    expect(site.handshakes()).toEqual(['full'])
    const { conditions } = site.network
    site.network.conditions = { ...conditions, loss: 1 }
    site.client.update()
    await site.clock.advance(62_000)
    site.network.conditions = conditions
    site.handshakes()
    await site.clock.advance(15_000)
    expect(site.handshakes()).toEqual(['full'])
    expect(site.eventTypes.slice(-3)).toEqual(['CONNECT_FAILURE', 'REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  })
})

describe('what an account says about its security', () => {
  const whatever = { uri: 'coaps://10.0.0.2', shortServerId: 1 }

  test.each<[string, Readonly<Record<string, unknown>>, string, RegExp]>([
    ['a coap URI with a key', { '/0/0/0': 'coap://10.0.0.2' }, 'INVALID_SECURITY', /coap:.* psk contradict/],
    ['a coaps URI without security', { '/0/0/2': 3 }, 'INVALID_SECURITY', /coaps:.* noSec contradict/],
    ['an empty identity', { '/0/0/3': new Uint8Array() }, 'INVALID_SECURITY', /identity \(\/0\/0\/3\) is empty/],
    ['an endless identity', { '/0/0/3': new Uint8Array(129) }, 'INVALID_SECURITY', /longer than 128 bytes/],
    ['an empty key', { '/0/0/5': new Uint8Array() }, 'INVALID_SECURITY', /key \(\/0\/0\/5\) is empty/],
    ['an endless key', { '/0/0/5': new Uint8Array(65) }, 'INVALID_SECURITY', /longer than 64 bytes/],
    ['EST', { '/0/0/2': 4 }, 'NOT_SUPPORTED', /security mode est is not supported/],
  ])('%s: CONNECT_FAILURE before anything is sent', async (_, values, code, message) => {
    const site = await secureSite()
    for (const [path, value] of Object.entries(values)) site.client.objects.set(path, value as never)
    site.client.start()
    await site.clock.advance(100)
    expect(site.events[0]).toMatchObject({ type: 'CONNECT_FAILURE', cause: { code } })
    expect(JSON.stringify(site.events[0])).toMatch(message)
    expect(site.connections).toEqual([])
  })

  test("the application's own connection is used as it is", async () => {
    const asked: unknown[] = []
    const site = await secureSite({
      account: { ...whatever },
      client: {
        connect: account => {
          asked.push(account)
          return Promise.reject(new TransportError('CANCELLED', 'not today'))
        },
      },
    })
    site.client.start()
    await site.clock.advance(100)
    expect(asked).toMatchObject([{ uri: whatever.uri, shortServerId: 1 }])
    expect(JSON.stringify(asked)).not.toMatch(/secretKey|identity/)
    expect(site.events[0]).toMatchObject({ cause: { code: 'CANCELLED', message: 'not today' } })
    expect(site.connections).toEqual([])
  })
})
