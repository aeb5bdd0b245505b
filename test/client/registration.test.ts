import { expect, test } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { Code } from '../../transport/coap/message.ts'
import { TransportError } from '../../transport/errors.ts'
import { MemoryNetwork } from '../../transport/memory.ts'
import { clientSite, errorResponse } from '../helpers/client-site.ts'

test('Register tells version, endpoint, lifetime and objects, in this order', async () => {
  const site = await clientSite()
  await site.register()
  expect(site.uplinks).toEqual([
    {
      code: Code.post,
      path: '/rd',
      query: ['lwm2m=1.2', 'ep=device', 'lt=300'],
      payload: '</>;rt="oma.lwm2m";ct=112,</1>;ver=1.1,</1/0>,</3>;ver=1.1,</3/0>,</3303>;ver=1.1,</3303/0>',
    },
  ])
  expect(site.events).toEqual([
    { type: 'REGISTRATION_COMPLETE', shortServerId: 7, location: ['rd', 'r1'], lifetimeSeconds: 300 },
  ])
  await site.stop()
})

test('an Update is sent before the lifetime ends, again and again', async () => {
  const site = await clientSite({ lifetimeSeconds: 60 })
  await site.register()
  await site.clock.advance(180_000)
  const updates = site.uplinks.filter(({ path }) => path === '/rd/r1')
  expect(updates.length).toBeGreaterThanOrEqual(3)
  expect(updates[0]).toEqual({ code: Code.post, path: '/rd/r1', query: [], payload: '' })
  expect(site.uplinks.filter(({ path }) => path === '/rd')).toHaveLength(1)
  await site.stop()
})

test('a written lifetime is told in an Update, by the server and by the application alike', async () => {
  const site = await clientSite()
  await site.register()
  const written = await site.operate({
    kind: 'write',
    mode: 'replace',
    path: [1, 0, 1],
    contentFormat: 0,
    payload: Buffer.from('120'),
  })
  expect(written.code).toBe(Code.changed)
  await site.clock.advance(1_000)
  site.client.objects.set('/1/0/1', 240)
  await site.clock.advance(1_000)
  expect(site.uplinks.slice(1)).toEqual([
    { code: Code.post, path: '/rd/r1', query: ['lt=120'], payload: '' },
    { code: Code.post, path: '/rd/r1', query: ['lt=240'], payload: '' },
  ])
  await site.stop()
})

test('a lifetime beyond 136 years is told as 136 years', async () => {
  const site = await clientSite()
  await site.register()
  site.client.objects.set('/1/0/1', 2n ** 63n - 1n)
  await site.clock.advance(1_000)
  expect(site.uplinks.at(-1)).toMatchObject({ path: '/rd/r1', query: ['lt=4294967295'] })
  await site.stop()
})

test('instances that come and go are told in one Update with the links', async () => {
  const site = await clientSite()
  await site.register()
  site.client.objects.batch(() => {
    site.client.objects.create(temperature, 5)
    site.client.objects.create(temperature, 6)
  })
  site.sensor.delete()
  await site.clock.advance(1_000)
  expect(site.uplinks.slice(1)).toEqual([
    {
      code: Code.post,
      path: '/rd/r1',
      query: [],
      payload: '</>;rt="oma.lwm2m";ct=112,</1>;ver=1.1,</1/0>,</3>;ver=1.1,</3/0>,</3303>;ver=1.1,</3303/5>,</3303/6>',
    },
  ])
  await site.stop()
})

test('Registration Update Trigger: Execute /1/0/8 is followed by an Update', async () => {
  const site = await clientSite()
  await site.register()
  expect((await site.operate({ kind: 'execute', path: [1, 0, 8], arguments: '' })).code).toBe(Code.changed)
  await site.clock.advance(1_000)
  expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  await site.stop()
})

test('4.04 to an Update: the client registers again and keeps the new location', async () => {
  const site = await clientSite({
    answer: ({ path }) => (path === '/rd/r1' ? errorResponse(Code.notFound) : undefined),
  })
  await site.register()
  site.client.update()
  await site.clock.advance(1_000)
  site.client.update()
  await site.clock.advance(1_000)
  expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1', '/rd', '/rd/r3'])
  await site.stop()
})

test('a silent server: the client retries with growing delays and registers when the server is back', async () => {
  const site = await clientSite({ client: { retry: { initialDelaySeconds: 2, maximumDelaySeconds: 60 } } })
  const conditions = site.network.conditions
  site.network.conditions = { ...conditions, loss: 1 }
  site.client.start()
  await site.clock.advance(1_200_000)
  const failures = site.events.flatMap(event => (event.type === 'REG_TIMEOUT' ? [event] : []))
  expect(failures.length).toBeGreaterThan(5)
  for (const [index, failure] of failures.entries()) {
    const ceilingMs = Math.min(2_000 * 2 ** index, 60_000)
    expect(failure).toMatchObject({ failedAttempts: index + 1, cause: { code: 'TIMEOUT' } })
    expect(failure.retryDelayMs).toBeGreaterThanOrEqual(ceilingMs / 2)
    expect(failure.retryDelayMs).toBeLessThanOrEqual(ceilingMs)
  }
  site.network.conditions = conditions
  await site.clock.until(site.client.registered(), 160_000)
  await site.stop()
})

test('a rejected Register is told with its code and tried again', async () => {
  let rejections = 2
  const site = await clientSite({
    answer: ({ path }) => (path === '/rd' && rejections-- > 0 ? errorResponse(Code.forbidden) : undefined),
  })
  await site.register()
  expect(site.events.slice(0, 2)).toMatchObject([
    { type: 'REGISTRATION_FAILURE', responseCode: Code.forbidden, failedAttempts: 1 },
    { type: 'REGISTRATION_FAILURE', responseCode: Code.forbidden, failedAttempts: 2 },
  ])
  expect(site.eventTypes[2]).toBe('REGISTRATION_COMPLETE')
  await site.stop()
})

test('an unresolvable host is told with cause and next try', async () => {
  const site = await clientSite()
  const network = new MemoryNetwork({ clock: site.clock, random: { ...neverRandom } })
  network.connect = () => Promise.reject(new TransportError('HOST_NOT_FOUND', 'no such host'))
  const client = new Lwm2mClient({
    endpoint: 'lost',
    servers: [{ uri: 'coap://nowhere.invalid', shortServerId: 1 }],
    clock: site.clock,
    network,
  })
  const events: unknown[] = []
  client.events$.subscribe(event => events.push(event))
  client.start()
  await site.clock.advance(100)
  expect(events).toMatchObject([
    { type: 'CONNECT_FAILURE', cause: { code: 'HOST_NOT_FOUND', message: 'no such host' }, failedAttempts: 1 },
  ])
  await site.clock.until(client.stop())
  expect(site.clock.pendingTimers).toBe(0)
})

const neverRandom = { fraction: () => 0, uint32: () => 0, bytes: (length: number) => Buffer.alloc(length) }

test('stop de-registers, tells DISCONNECT and leaves no timer; start may follow', async () => {
  const site = await clientSite()
  await site.register()
  await site.clock.until(site.client.stop())
  expect(site.uplinks.at(-1)).toEqual({ code: Code.delete, path: '/rd/r1', query: [], payload: '' })
  expect(site.eventTypes.slice(1)).toEqual(['DEREGISTER', 'DISCONNECT'])
  await site.register()
  expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  await site.stop()
  expect(site.clock.pendingTimers).toBe(0)
})

test('a dead server delays the stop by five seconds at most', async () => {
  const site = await clientSite()
  await site.register()
  site.network.conditions = { ...site.network.conditions, loss: 1 }
  const startedMs = site.clock.now()
  await site.clock.until(site.client.stop())
  expect(site.clock.now() - startedMs).toBe(5_000)
  expect(site.eventTypes.slice(1)).toEqual(['DEREGISTER', 'DEREGISTER_FAILURE', 'DISCONNECT'])
  await site.server.close()
})

test('stop before the registration is made rejects registered()', async () => {
  const site = await clientSite()
  site.client.start()
  const registered = site.client.registered()
  registered.catch(() => undefined)
  await site.clock.until(site.client.stop())
  await expect(registered).rejects.toMatchObject({ code: 'CLOSED' })
  await site.stop()
})

test('the local port is kept across reconnects', async () => {
  const site = await clientSite({ lifetimeSeconds: 60 })
  await site.register()
  const { port } = site.peer.connection.remote
  site.network.conditions = { ...site.network.conditions, loss: 1 }
  await site.clock.advance(300_000)
  site.network.conditions = { ...site.network.conditions, loss: 0 }
  await site.clock.until(site.client.registered())
  expect(site.peer.connection.remote.port).toBe(port)
  expect(site.eventTypes.filter(type => type === 'REGISTRATION_COMPLETE')).toHaveLength(2)
  await site.stop()
})

test('several servers: each has a registration of its own', async () => {
  const site = await clientSite({
    client: {
      servers: [
        { uri: 'coap://10.0.0.2', shortServerId: 7 },
        { uri: 'coap://10.0.0.3', shortServerId: 8 },
      ],
    },
  })
  site.client.start()
  await site.clock.advance(1_000)
  expect(site.events).toMatchObject([{ type: 'REGISTRATION_COMPLETE', shortServerId: 7 }])
  await site.clock.advance(100_000)
  expect(site.events.slice(1)).toMatchObject([{ type: 'REG_TIMEOUT', shortServerId: 8 }])
  await site.stop()
  expect(site.clock.pendingTimers).toBe(0)
})

test('without a server there is nothing to try: NETWORK_ERROR', async () => {
  const site = await clientSite({ client: { servers: [] } })
  site.client.start()
  await site.clock.advance(0)
  expect(site.eventTypes).toEqual(['NETWORK_ERROR'])
  await expect(site.client.registered()).rejects.toMatchObject({ code: 'CLOSED' })
  await site.stop()
})

test('registered() rejects before the start, and while and after the client stops', async () => {
  const site = await clientSite()
  await expect(site.client.registered()).rejects.toMatchObject({ code: 'CLOSED' })
  await site.register()
  const stopped = site.client.stop()
  await expect(site.client.registered()).rejects.toMatchObject({ code: 'CLOSED' })
  await site.clock.until(stopped)
  await expect(site.client.registered()).rejects.toMatchObject({ code: 'CLOSED' })
  await site.stop()
})

test('a start while the client stops: the stop is done, and a new registration follows', async () => {
  const site = await clientSite()
  await site.register()
  const stopped = site.client.stop()
  site.client.start()
  const registered = site.client.registered()
  await site.clock.until(stopped)
  expect(site.eventTypes.slice(1)).toEqual(['DEREGISTER', 'DISCONNECT'])
  await site.clock.until(registered)
  expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  await site.stop()
})

test('a start does nothing to a client that runs, even when an account is another now', async () => {
  const site = await clientSite()
  await site.register()
  site.client.objects.set('/0/0/0', 'coap://10.0.0.3')
  site.client.start()
  site.client.update()
  await site.clock.advance(1_000)
  expect(site.eventTypes.slice(1)).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  expect(site.errors).toEqual([])
  await site.stop()
})

test('the next start takes the accounts as they are then', async () => {
  const site = await clientSite({
    client: {
      servers: [
        { uri: 'coap://10.0.0.3', shortServerId: 7 },
        { uri: 'coap://10.0.0.2', shortServerId: 8 },
      ],
    },
  })
  site.client.start()
  await site.clock.until(site.client.stop())
  site.client.objects.set('/0/0/0', 'coap://10.0.0.2')
  site.client.objects.delete('/0/1')
  site.client.objects.delete('/1/1')
  await site.register()
  expect(site.events.at(-1)).toMatchObject({ type: 'REGISTRATION_COMPLETE', shortServerId: 7 })
  await site.stop()
})
