import { describe, expect, test } from 'vitest'
import { security } from '../../../objects/definitions/security.ts'
import { server } from '../../../objects/definitions/server.ts'
import { Code } from '../../../transport/coap/message.ts'
import { type ClientSite, type ClientSiteOptions, errorResponse } from '../../helpers/client-site.ts'
import { anotherServer, bootstrapScenario, registeredScenario, scenario } from '../../helpers/scenario.ts'
import { binding, serverUri } from '../../helpers/transport.ts'

const servers = [
  { uri: serverUri('10.0.0.2'), shortServerId: 7 },
  { uri: serverUri('10.0.0.3'), shortServerId: 8 },
]
const retry = { initialDelaySeconds: 10, maximumDelaySeconds: 60, attempts: 3 }

/** Two servers, the second at 10.0.0.3; `prioritize` gives them an order. */
async function twoServers(options: ClientSiteOptions = {}) {
  const site = await scenario({ ...options, client: { servers, ...options.client } })
  const other = await anotherServer(site, '10.0.0.3')
  const order: number[] = []
  site.client.events$.subscribe(event => {
    if (event.type === 'REGISTRATION_COMPLETE') order.push(event.shortServerId)
  })
  return { site, other, order }
}

function prioritize({ client }: ClientSite, first: number, second: number): void {
  client.objects.set('/1/0/13', first)
  client.objects.set('/1/1/13', second)
}

function createAccount({ client }: ClientSite, host: string, shortServerId: number): void {
  client.objects.batch(() => {
    client.objects.create(security, 5, {
      lwm2mServerUri: serverUri(host),
      bootstrapServer: false,
      securityMode: 3,
      publicKeyOrIdentity: new Uint8Array(),
      serverPublicKey: new Uint8Array(),
      secretKey: new Uint8Array(),
      shortServerId,
    })
    client.objects.create(server, 5, {
      shortServerId,
      lifetime: 300,
      notificationStoringWhenDisabledOrOffline: false,
      binding,
    })
  })
}

describe('without an order', () => {
  test('all register at once, and each is updated by itself', async () => {
    const { site, other } = await twoServers()
    await site.register()
    site.client.update(8)
    await site.clock.advance(1_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd'])
    expect(other.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
  })

  test('registered() waits for all of them', async () => {
    const { site, other } = await twoServers()
    other.script.answer = () => (other.uplinks.length < 3 ? errorResponse(Code.forbidden) : undefined)
    await site.register()
    expect(other.uplinks).toHaveLength(3)
  })

  test('one that fails does not disturb the other', async () => {
    const { site, other } = await twoServers({ client: { servers, retry } })
    other.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(600_000)
    expect(other.uplinks).toHaveLength(3)
    expect(site.eventTypes).not.toContain('NETWORK_ERROR')
    expect(site.uplinks.filter(({ path }) => path === '/rd')).toHaveLength(1)
    expect(site.uplinks.length).toBeGreaterThan(2)
  })

  test('NETWORK_ERROR when the last of them has failed', async () => {
    const { site, other } = await twoServers({ client: { servers, retry } })
    other.script.answer = () => errorResponse(Code.forbidden)
    site.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(600_000)
    expect(site.eventTypes.at(-1)).toBe('NETWORK_ERROR')
    expect(site.eventTypes.filter(type => type === 'NETWORK_ERROR')).toHaveLength(1)
    expect([site.uplinks.length, other.uplinks.length]).toEqual([3, 3])
  })

  test('reconnect tries one again that had given up', async () => {
    const { site, other } = await twoServers({ client: { servers, retry } })
    other.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(600_000)
    other.script.answer = undefined
    site.client.reconnect(8)
    await site.clock.advance(1_000)
    expect(site.events.at(-1)).toMatchObject({ type: 'REGISTRATION_COMPLETE', shortServerId: 8 })
  })

  test('a server of two that gives up and may bootstrap makes the client bootstrap', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers, client: { retry } })
    const other = await anotherServer(site, '10.0.0.3')
    other.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(60_000)
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.events.at(-1)).toMatchObject({ type: 'REGISTRATION_COMPLETE', shortServerId: 7 })
  })

  test('stop de-registers from all of them', async () => {
    const { site, other } = await twoServers()
    await site.register()
    await site.clock.until(site.client.stop())
    expect(site.uplinks.at(-1)?.code).toBe(Code.delete)
    expect(other.uplinks.at(-1)?.code).toBe(Code.delete)
    expect(site.eventTypes.filter(type => type === 'DISCONNECT')).toHaveLength(2)
  })

  test('what one server observes and sets stays its own', async () => {
    const { site, other } = await twoServers()
    await site.register()
    await site.operate({ kind: 'writeAttributes', path: [3303, 0, 5700], attributes: ['pmin=60'] })
    const { notifications } = await site.observe('/3303/0/5700')
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(10_000)
    expect(notifications).toEqual([])
    site.client.disable(8)
    await site.clock.advance(60_000)
    expect(notifications.map(({ payload }) => payload)).toEqual(['30'])
    expect(other.uplinks.at(-1)?.code).toBe(Code.delete)
  })
})

describe('registration priority order, /1/x/13', () => {
  test('the lowest registers first, the next after it', async () => {
    const { site, other, order } = await twoServers()
    prioritize(site, 2, 1)
    other.script.answer = () => (other.uplinks.length === 1 ? errorResponse(Code.forbidden) : undefined)
    site.client.objects.set('/1/1/15', true)
    await site.register()
    expect(order).toEqual([8, 7])
  })

  test('servers without one do not wait', async () => {
    const { site, other, order } = await twoServers()
    site.client.objects.set('/1/0/13', 1)
    site.script.answer = () => (site.uplinks.length < 3 ? errorResponse(Code.forbidden) : undefined)
    await site.register()
    expect(order).toEqual([8, 7])
    expect(other.uplinks).toHaveLength(1)
  })

  test('a failure lets the next go on, without registration failure block', async () => {
    const { site, order } = await twoServers()
    prioritize(site, 1, 2)
    site.script.answer = () => (site.uplinks.length < 3 ? errorResponse(Code.forbidden) : undefined)
    await site.register()
    expect(order).toEqual([8, 7])
  })

  test('a failure holds the next back with registration failure block, /1/x/15', async () => {
    const { site, other, order } = await twoServers()
    prioritize(site, 1, 2)
    site.client.objects.set('/1/0/15', true)
    site.script.answer = () => (site.uplinks.length < 3 ? errorResponse(Code.forbidden) : undefined)
    site.client.start()
    await site.clock.advance(1_000)
    expect(other.uplinks).toEqual([])
    await site.clock.until(site.client.registered())
    expect(order).toEqual([7, 8])
  })

  test('a server blocked by one that gives up is not tried: NETWORK_ERROR', async () => {
    const { site, other } = await twoServers({ client: { servers, retry } })
    prioritize(site, 1, 2)
    site.client.objects.set('/1/0/15', true)
    site.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(3_600_000)
    expect(other.uplinks).toEqual([])
    expect(site.eventTypes.at(-1)).toBe('NETWORK_ERROR')
  })

  test('each has its own initial delay, /1/x/14, from its turn on', async () => {
    const { site, other } = await twoServers()
    prioritize(site, 1, 2)
    site.client.objects.set('/1/0/14', 30)
    site.client.objects.set('/1/1/14', 20)
    const startedMs = site.clock.now()
    await site.register()
    expect([site.uplinkTimes[0], other.times[0]]).toEqual([startedMs + 30_000, startedMs + 50_000])
  })

  test('retry counts are those of each server', async () => {
    const { site, other } = await twoServers()
    for (const [instance, count] of [2, 4].entries()) {
      site.client.objects.set(`/1/${instance}/17`, count)
      site.client.objects.set(`/1/${instance}/18`, 1)
      site.client.objects.set(`/1/${instance}/20`, 1)
    }
    site.script.answer = () => errorResponse(Code.forbidden)
    other.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(60_000)
    expect([site.uplinks.length, other.uplinks.length]).toEqual([2, 4])
  })
})

describe('accounts that come and go at run time', () => {
  test('a new one registers', async () => {
    const site = await registeredScenario()
    const other = await anotherServer(site, '10.0.0.4')
    createAccount(site, '10.0.0.4', 9)
    await site.clock.advance(1_000)
    expect(other.uplinks).toMatchObject([{ path: '/rd' }])
    expect(site.uplinks.at(-1)).toMatchObject({ path: '/rd/r1' })
    expect(site.uplinks.at(-1)?.payload).toContain('</1/5>')
  })

  test('one whose instances are deleted de-registers', async () => {
    const { site, other } = await twoServers()
    await site.register()
    site.client.objects.batch(() => {
      site.client.objects.delete('/0/1')
      site.client.objects.delete('/1/1')
    })
    await site.clock.advance(1_000)
    expect(other.uplinks.at(-1)).toMatchObject({ code: Code.delete, path: '/rd/r1' })
    expect(site.events).toContainEqual({ type: 'DISCONNECT', shortServerId: 8 })
    await site.clock.advance(10_000)
    expect(site.uplinks.at(-1)?.payload).not.toContain('</1/1>')
    await site.clock.until(site.client.registered())
  })

  test('one that is deleted and made again registers again', async () => {
    const { site, other } = await twoServers()
    await site.register()
    site.client.objects.batch(() => {
      site.client.objects.delete('/0/1')
      site.client.objects.delete('/1/1')
    })
    await site.clock.advance(1_000)
    createAccount(site, '10.0.0.3', 8)
    await site.clock.advance(1_000)
    expect(other.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1', '/rd'])
  })

  test('one that is deleted and made again at once, while its De-register is under way, registers again', async () => {
    const { site, other } = await twoServers()
    await site.register()
    site.client.objects.batch(() => {
      site.client.objects.delete('/0/1')
      site.client.objects.delete('/1/1')
    })
    createAccount(site, '10.0.0.3', 8)
    await site.clock.advance(10_000)
    expect(other.uplinks.at(-1)?.path).toBe('/rd')
    await site.clock.until(site.client.registered())
  })

  test('while the client is suspended counts when it resumes', async () => {
    const site = await registeredScenario()
    const other = await anotherServer(site, '10.0.0.4')
    site.client.suspend()
    createAccount(site, '10.0.0.4', 9)
    await site.clock.advance(1_000)
    expect(other.uplinks).toEqual([])
    site.client.resume()
    await site.clock.advance(1_000)
    expect(other.uplinks).toMatchObject([{ path: '/rd' }])
  })

  test('while the client is offline counts when it is online again', async () => {
    const site = await registeredScenario()
    const other = await anotherServer(site, '10.0.0.4')
    site.client.enterOffline()
    createAccount(site, '10.0.0.4', 9)
    await site.clock.advance(1_000)
    expect(other.uplinks).toEqual([])
    site.client.exitOffline()
    await site.clock.advance(1_000)
    expect(other.uplinks).toMatchObject([{ path: '/rd' }])
  })

  test('the last one that goes leaves nothing to serve: NETWORK_ERROR', async () => {
    const site = await registeredScenario()
    site.client.objects.batch(() => {
      site.client.objects.delete('/0/0')
      site.client.objects.delete('/1/0')
    })
    await site.clock.advance(1_000)
    expect(site.uplinks.at(-1)?.code).toBe(Code.delete)
    expect(site.eventTypes.slice(1)).toEqual(['DEREGISTER', 'DISCONNECT', 'NETWORK_ERROR'])
  })

  test('the last one that goes makes a client bootstrap that can', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [{ uri: serverUri('10.0.0.2'), shortServerId: 7 }] })
    await site.register()
    site.client.objects.batch(() => {
      site.client.objects.delete('/0/1')
      site.client.objects.delete('/1/0')
    })
    await site.clock.advance(5_000)
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })
})
