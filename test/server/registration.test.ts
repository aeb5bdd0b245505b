import { first } from 'rxjs'
import { expect, test } from 'vitest'
import { type CoapMessage, Code } from '../../transport/coap/message.ts'
import { decodeRegistered, encodeDeregister, encodeRegister, encodeUpdate } from '../../transport/lwm2m/uplink.ts'
import { endpoint, registeredSite, serverSite } from '../helpers/site.ts'

const register = (name: string, lifetimeSeconds: number) =>
  encodeRegister({ endpoint: name, version: '1.2', lifetimeSeconds, objectLinks: '</3/0>' })

/** A server, and peers that register by hand. */
async function bareSite(options: Parameters<typeof serverSite>[0] = {}) {
  const site = await serverSite(options)
  const peers = [await site.peer(), await site.peer()] as const
  /** What the server answers, to one peer or to the other. */
  const ask = (message: CoapMessage, from: 0 | 1 = 0) => site.clock.until(peers[from].request(message).response)
  return { ...site, ask }
}

test('Register: the server knows the client by its endpoint name', async () => {
  const { server, clock, events, close } = await registeredSite({ lifetimeSeconds: 60 })
  const registration = server.registrations.get(endpoint)
  expect(registration).toMatchObject({
    endpoint,
    version: '1.2',
    lifetimeSeconds: 60,
    address: { host: '10.0.0.1' },
    registeredMs: clock.now(),
    contentFormats: [112],
  })
  expect(registration?.objectLinks).toContain('</3303/0>')
  expect(events).toEqual([{ type: 'registered', registration, replaced: undefined }])
  await close()
})

test('Update: a client that keeps updating stays registered', async () => {
  const { server, clock, events, close } = await registeredSite({ lifetimeSeconds: 60 })
  await clock.advance(300_000)
  expect(server.registrations.size).toBe(1)
  expect(new Set(events.slice(1).map(({ type }) => type))).toEqual(new Set(['updated']))
  expect(events.length).toBeGreaterThanOrEqual(5)
  await close()
})

test('Update: what it does not name stays', async () => {
  const { server, clock, client, events, close } = await registeredSite({ lifetimeSeconds: 60 })
  const before = server.registrations.get(endpoint)
  await clock.advance(5_000)
  client.update()
  await clock.advance(2_000)
  const after = server.registrations.get(endpoint)
  expect(events.at(-1)).toEqual({ type: 'updated', registration: after, previous: before })
  expect(after).toEqual({ ...before, updatedMs: after?.updatedMs })
  expect(after?.updatedMs).toBeGreaterThan(before?.updatedMs as number)
  await close()
})

test('Update: a lifetime that the server writes comes back with the next Update', async () => {
  const { server, clock, close } = await registeredSite({ lifetimeSeconds: 60 })
  await clock.until(server.write(endpoint, '/1/0/1', 120))
  await clock.advance(5_000)
  expect(server.registrations.get(endpoint)?.lifetimeSeconds).toBe(120)
  await close()
})

test('Update: instances that came are announced', async () => {
  const { server, clock, client, sensor, close } = await registeredSite({ lifetimeSeconds: 60 })
  client.objects.create(sensor.definition, 7, { sensorValue: 1 })
  await clock.advance(5_000)
  expect(server.registrations.get(endpoint)?.objectLinks).toContain('</3303/7>')
  await close()
})

test('Update: a client behind a new address is asked there', async () => {
  const { server, clock, client, rebind, close } = await registeredSite({ lifetimeSeconds: 60 })
  const before = server.registrations.get(endpoint)?.address
  rebind()
  client.update()
  await clock.advance(5_000)
  expect(server.registrations.get(endpoint)?.address).not.toEqual(before)
  const { values } = await clock.until(server.read(endpoint, '/3/0/0'))
  expect(values).toEqual([{ path: [3, 0, 0], value: 'lwm2m-engine' }])
  await close()
})

test('De-register: a client that stops is gone', async () => {
  const { server, clock, client, events, close } = await registeredSite()
  await clock.until(client.stop())
  expect(server.registrations.size).toBe(0)
  expect(events.map(({ type }) => type)).toEqual(['registered', 'deregistered'])
  await close()
})

test('a server that forgot answers an Update with 4.04, and the client registers again', async () => {
  const { restartServer, clock, client, clientEvents, close } = await registeredSite()
  const server = await restartServer()
  client.update()
  await clock.advance(5_000)
  expect(clientEvents.map(({ type }) => type)).toEqual(['REGISTRATION_COMPLETE', 'REG_UPDATE', 'REGISTRATION_COMPLETE'])
  expect(server.registrations.get(endpoint)).toBeDefined()
  await server.close()
  await close()
})

test('the lifetime ends a registration of which nothing is heard', async () => {
  const { server, clock, network, events, close } = await registeredSite({ lifetimeSeconds: 60 })
  network.conditions = { ...network.conditions, loss: 1 }
  await clock.advance(59_999)
  expect(server.registrations.size).toBe(1)
  await clock.advance(1_001)
  expect(server.registrations.size).toBe(0)
  expect(events.at(-1)?.type).toBe('expired')
  await expect(server.read(endpoint, '/3/0')).rejects.toMatchObject({ code: 'UNKNOWN_ENDPOINT' })
  await close()
})

test('a lifetime of 0 never ends', async () => {
  const { server, clock, ask } = await bareSite()
  await ask(register('forever', 0))
  await clock.advance(10 * 365 * 86_400_000)
  expect(server.registrations.has('forever')).toBe(true)
  await server.close()
})

test('one timer ends all registrations, each at its own time', async () => {
  const { server, clock, ask, events } = await bareSite()
  await ask(register('client 1', 10))
  const timers = clock.pendingTimers
  for (let index = 2; index <= 100; index++) await ask(register(`client ${index}`, 10 * index))
  expect(clock.pendingTimers).toBe(timers)
  await clock.advance(505_000)
  expect(server.registrations.size).toBe(50)
  expect(events.filter(({ type }) => type === 'expired').map(event => event.registration.endpoint)).toEqual(
    Array.from({ length: 50 }, (_, index) => `client ${index + 1}`),
  )
  await clock.advance(500_000)
  expect(server.registrations.size).toBe(0)
  await server.close()
  expect(clock.pendingTimers).toBe(0)
})

test('a later registration with a shorter lifetime ends first', async () => {
  const { server, clock, ask } = await bareSite()
  await ask(register('long', 3_600))
  await ask(register('short', 5))
  await clock.advance(6_000)
  expect([...server.registrations.keys()]).toEqual(['long'])
  await server.close()
})

test('a Register under a known endpoint name replaces its registration', async () => {
  const { server, ask, events } = await bareSite()
  const former = await ask(register('client', 60))
  const second = await ask(register('client', 30), 1)
  expect(second.code).toBe(Code.created)
  expect(server.registrations.size).toBe(1)
  expect(server.registrations.get('client')?.lifetimeSeconds).toBe(30)
  expect(events[1]).toMatchObject({ type: 'registered', replaced: { lifetimeSeconds: 60 } })
  const location = decodeRegistered(former) as readonly string[]
  expect((await ask(encodeUpdate(location, {}))).code).toBe(Code.notFound)
  expect((await ask(encodeDeregister(location))).code).toBe(Code.notFound)
  expect(server.registrations.size).toBe(1)
  await server.close()
})

test('beyond the maximum a client is refused with 5.03, and a known one may still come back', async () => {
  const { server, ask } = await bareSite({ server: { maximumRegistrations: 2 } })
  await ask(register('a', 60))
  await ask(register('b', 60))
  expect((await ask(register('c', 60))).code).toBe(Code.serviceUnavailable)
  expect((await ask(register('a', 60))).code).toBe(Code.created)
  expect([...server.registrations.keys()].sort()).toEqual(['a', 'b'])
  await server.close()
})

test('an event comes after its response, so that a listener may ask at once', async () => {
  const { server, clock, client, wire, close } = await registeredSite()
  await clock.until(client.stop())
  const read = new Promise(resolve => {
    server.events$.pipe(first()).subscribe(() => resolve(server.read(endpoint, '/3/0/0')))
  })
  wire.length = 0
  client.start()
  await clock.until(read)
  expect(wire.map(line => line.slice(0, 6))).toEqual(['→ POST', '← 2.01', '← GET ', '→ 2.05'])
  await close()
})
