import { expect, test } from 'vitest'
import { parseDeviceFile } from '../../client/device-file.ts'
import { Fleet, type FleetOptions } from '../../client/fleet.ts'
import type { FleetProgress } from '../../client/fleet-tally.ts'
import { OptionsError } from '../../client/options-error.ts'
import { psk } from '../../client/psk.ts'
import type { ListenOptions } from '../../server/options.ts'
import { derivedKey } from '../../transport/dtls/derived-key.ts'
import { seededRandom } from '../../transport/random.ts'
import { serverSite } from '../helpers/site.ts'

const account = { uri: 'coap://10.0.0.2', shortServerId: 1 }

/** A fleet beside a server, under simulated time. */
async function fleetSite(
  { count = 10, startOverSeconds = 1, ...options }: Partial<FleetOptions> = {},
  listen?: Partial<ListenOptions>,
) {
  const site = await serverSite(listen && { server: listen })
  const { clock, network, onError } = site
  const random = (index: number) => seededRandom(1_000 + index)
  const fleet = new Fleet({ count, server: account, startOverSeconds, clock, network, random, onError, ...options })
  return { ...site, fleet }
}

test('the devices start one after another, and de-register at the end', async () => {
  const { clock, fleet, server, events } = await fleetSite()
  fleet.start()
  await clock.advance(450)
  expect(fleet.progress).toEqual({ count: 10, running: 5, registered: 5, failures: 0, updates: 0 })
  await clock.advance(550)
  expect(fleet.progress).toMatchObject({ running: 10, registered: 10 })
  expect([...server.registrations.values()].map(({ endpoint }) => endpoint)).toEqual(
    Array.from({ length: 10 }, (_, index) => `urn:dev:os:fleet-${index}`),
  )
  await clock.until(fleet.stop())
  expect(fleet.progress).toMatchObject({ running: 0, registered: 0 })
  expect(server.registrations.size).toBe(0)
  expect(events.filter(({ type }) => type === 'deregistered')).toHaveLength(10)
})

test('more than begin in one turn, all at once', async () => {
  const { clock, fleet } = await fleetSite({ count: 50, startOverSeconds: 0 })
  fleet.start()
  expect(fleet.progress.running).toBe(20)
  await clock.advance(100)
  expect(fleet.progress.registered).toBe(50)
  await clock.until(fleet.stop())
})

test('how far it is: now, some times a second while that changes, and at last', async () => {
  const { clock, fleet } = await fleetSite()
  const seen: FleetProgress[] = []
  let isComplete = false
  fleet.progress$.subscribe({
    next: progress => seen.push(progress),
    complete: () => {
      isComplete = true
    },
  })
  fleet.start()
  await clock.advance(60_000)
  expect(seen.map(({ registered }) => registered)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  await clock.until(fleet.stop())
  await clock.advance(100)
  expect(seen.at(-1)).toMatchObject({ running: 0, registered: 0 })
  expect(isComplete).toBe(true)
})

test('a fleet that is stopped while it starts, twice at the same time, and started again', async () => {
  const { clock, fleet, server } = await fleetSite()
  fleet.start()
  await clock.advance(450)
  const stopping = fleet.stop()
  fleet.start()
  expect(fleet.stop()).toBe(stopping)
  await clock.until(stopping)
  await clock.advance(10_000)
  expect(server.registrations.size).toBe(0)
  fleet.start()
  await clock.advance(1_000)
  expect(server.registrations.size).toBe(10)
  expect(fleet.summary()).toMatchObject({ registered: 10, everRegistered: 10, register: { count: 15 } })
  await clock.until(fleet.stop())
})

test('what took how long, and what failed why', async () => {
  const { clock, fleet, server } = await fleetSite(
    { server: { ...account, lifetimeSeconds: 60 } },
    { maximumRegistrations: 8 },
  )
  fleet.start()
  await clock.advance(59_000)
  const { failures, ...summary } = fleet.summary()
  expect(summary).toMatchObject({ count: 10, running: 10, registered: 8, everRegistered: 8, register: { count: 8 } })
  expect(summary.update.count).toBeGreaterThanOrEqual(8)
  expect(summary.updates).toBe(summary.update.count)
  expect(failures).toEqual([
    {
      event: 'REGISTRATION_FAILURE',
      cause: '5.03 Service Unavailable',
      message: 'the server refused to register',
      count: fleet.progress.failures,
    },
  ])
  await server.close()
  await clock.until(fleet.stop())
  expect(fleet.summary().failures).toContainEqual(expect.objectContaining({ event: 'DEREGISTER_FAILURE', count: 8 }))
  expect(fleet.progress.registered).toBe(0)
})

test('a Register that is sent again: its latency begins with the first', async () => {
  const { clock, fleet, network } = await fleetSite({ count: 1 })
  network.conditions = { ...network.conditions, loss: 1 }
  fleet.start()
  await clock.advance(1_000)
  network.conditions = { ...network.conditions, loss: 0 }
  await clock.advance(5_000)
  const { register } = fleet.summary()
  expect(register.count).toBe(1)
  expect(register.maximumMs).toBeGreaterThanOrEqual(2_000)
  await clock.until(fleet.stop())
})

test('two processes share a fleet: names, keys and values derive from the index alone', async () => {
  const text = `{ "objects": [{ "id": 3303, "instances": { "0": { "5700": {
    "generator": "randomWalk", "min": 0, "max": 40, "step": 1, "everySeconds": 10 } } } }] }`
  const deviceFile = await parseDeviceFile(text, { readFile: () => Promise.reject(new Error('no file')) })
  const valuesOf = async (options: Partial<FleetOptions>) => {
    const { clock, fleet } = await fleetSite({ deviceFile, ...options })
    fleet.start()
    await clock.advance(101_000)
    const values = [...fleet.clients].map(([index, client]) => [index, client.objects.get('/3303/0/5700')])
    await clock.until(fleet.stop())
    return values
  }
  const whole = await valuesOf({ count: 4 })
  const halves = [...(await valuesOf({ count: 2 })), ...(await valuesOf({ first: 2, count: 2 }))]
  expect(whole).toEqual(halves)
  expect(new Set(whole.map(([, value]) => value)).size).toBe(4)
})

test('keys that derive from a master key', async () => {
  const masterKey = Buffer.alloc(16, 7)
  const endpoint = (index: number) => `dev${index}`
  const { clock, fleet, events } = await fleetSite(
    {
      count: 3,
      server: { ...account, uri: 'coaps://10.0.0.2:5683' },
      endpoint,
      security: index => psk(endpoint(index), derivedKey(masterKey, endpoint(index))),
    },
    { security: { psk: identity => derivedKey(masterKey, identity) } },
  )
  fleet.start()
  await clock.advance(2_000)
  expect(events.map(({ registration }) => [registration.endpoint, registration.identity])).toEqual([
    ['dev0', 'dev0'],
    ['dev1', 'dev1'],
    ['dev2', 'dev2'],
  ])
  await clock.until(fleet.stop())
})

test.each<[string, Partial<FleetOptions>]>([
  ['no device', { count: 0 }],
  ['half a device', { count: 1.5 }],
  ['an index below 0', { first: -1 }],
  ['a time that is none', { startOverSeconds: Number.NaN }],
  ['two devices of the same name', { endpoint: () => 'same' }],
])('%s: OptionsError', async (_, options) => {
  await expect(fleetSite(options)).rejects.toThrow(OptionsError)
})
