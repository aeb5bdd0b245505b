import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filter, firstValueFrom } from 'rxjs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ClientOptions } from '../../client/options.ts'
import { fileStore, PersistenceError } from '../../client/persistence.ts'
import { server12, server as serverObject } from '../../objects/definitions/server.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { CoapEndpoint } from '../../transport/coap/endpoint.ts'
import { Code, noPayload } from '../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../transport/coap/options.ts'
import { encodeRegistered } from '../../transport/lwm2m/uplink.ts'
import {
  account,
  bootstrap,
  endpoint,
  MemoryPersistence,
  type RestartSite,
  restartSite,
} from '../helpers/restart-site.ts'

let site: RestartSite

beforeEach(async () => {
  site = await restartSite()
})
afterEach(async () => {
  await site.close()
  expect(site.errors).toEqual([])
})

const location = () => site.server.registrations.get(endpoint)?.location
const register = expect.stringMatching(/^POST \/rd\?/)
const two = { servers: [account, { ...account, uri: 'coap://10.0.0.3', shortServerId: 2 }] }
const bootstrapped = { servers: [], bootstrap }

describe('registration', () => {
  test('a restart within the lifetime sends an Update, and no Register', async () => {
    const saved = await site.killed()
    await site.clock.advance(250_000)
    const device = site.boot(saved)
    await device.start()
    expect(device.sent).toEqual([`POST /rd/${location()}`])
    expect(device.told).toEqual([])
  })

  test('a restart after the lifetime sends a Register', async () => {
    const saved = await site.killed()
    await site.clock.advance(301_000)
    const device = site.boot(saved)
    await device.start()
    expect(device.sent).toEqual([register])
  })

  test('the next Update is due by the lifetime from the one after the restart', async () => {
    const saved = await site.killed()
    await site.clock.advance(200_000)
    const device = site.boot(saved)
    await device.start()
    await site.clock.advance(220_000)
    expect(device.sent).toHaveLength(1)
    await site.clock.advance(10_000)
    expect(device.sent).toHaveLength(2)
  })

  test('an Update counts for what is saved: two lifetimes later a restart still finds the registration', async () => {
    const saved = await site.killed({}, () => site.clock.advance(600_000))
    await site.clock.advance(50_000)
    const device = site.boot(saved)
    await device.start()
    expect(device.sent).toEqual([`POST /rd/${location()}`])
  })

  test('an infinite lifetime never needs a Register', async () => {
    const options = { servers: [{ ...account, lifetimeSeconds: 0 }] }
    const saved = await site.killed(options)
    expect(saved.state?.servers[1]).not.toHaveProperty('registeredUntilMs')
    await site.clock.advance(1e9)
    const device = site.boot(saved, options)
    await device.start()
    expect(device.sent).toEqual([`POST /rd/${location()}`])
  })

  test('the server does not know the location any more: Update, 4.04, Register', async () => {
    const saved = await site.killed({}, async () => {
      await site.server.close()
    })
    const { server } = await restartedServer()
    const device = site.boot(saved)
    await device.start()
    expect(device.sent).toEqual([expect.stringMatching(/^POST \/rd\/\w+$/), register])
    await server.close()
  })

  test('the lost registration is not taken up again by a restart', async () => {
    const saved = await site.killed({}, async device => {
      await site.server.close()
      device.client.update()
      await site.clock.advance(100_000)
      expect(device.events.map(({ type }) => type)).toContain('REG_TIMEOUT')
    })
    expect(saved.state?.servers[1]?.location).toEqual([])
  })

  test('the local port is kept, and another is taken when somebody else has it', async () => {
    const saved = await site.killed()
    const { localPort = 0 } = saved.state?.servers[1] ?? {}
    const again = await kill(saved)
    expect(again.state?.servers[1]?.localPort).toBe(localPort)
    site.network.attach({ host: '10.0.0.1', port: localPort }, () => undefined)
    const device = site.boot(again.copy())
    await device.start()
    expect(device.events[0]).toMatchObject({ type: 'CONNECT_FAILURE' })
    expect(device.sent).toEqual([`POST /rd/${location()}`])
    expect(site.server.registrations.get(endpoint)?.address.port).not.toBe(localPort)
  })

  test('the version that was negotiated is used again, and forgotten with the registration', async () => {
    const versions: string[] = []
    const old = await CoapEndpoint.listen({
      ...site,
      local: { host: '10.0.0.4', port: 5683 },
      handler: ({ message }) => {
        const query = findStrings(message, OptionNumber.uriQuery)
        const version = query.find(parameter => parameter.startsWith('lwm2m='))
        if (version === undefined) return { code: Code.changed, options: [], payload: noPayload }
        versions.push(version)
        if (version !== 'lwm2m=1.2') return encodeRegistered('r1')
        return { code: Code.preconditionFailed, options: [], payload: noPayload }
      },
    })
    const options = { servers: [{ ...account, uri: 'coap://10.0.0.4' }] }
    const saved = await site.killed(options)
    expect(versions.splice(0)).toEqual(['lwm2m=1.2', 'lwm2m=1.1'])
    await site.clock.advance(301_000)
    const device = site.boot(saved, options)
    await device.start()
    expect(versions.splice(0)).toEqual(['lwm2m=1.1'])
    await site.clock.until(device.client.stop())
    const next = site.boot(saved, options)
    await next.start()
    expect(versions).toEqual(['lwm2m=1.2', 'lwm2m=1.1'])
    await old.close()
  })

  test.each([[['1.0'] as const], [['1.1', '1.0'] as const]])(
    'a version that is not in %j any more is not used',
    async versions => {
      const saved = await site.killed()
      await site.clock.advance(301_000)
      const device = site.boot(saved, { versions })
      await device.start()
      expect(device.sent[0]).toContain(`lwm2m=${versions[0]}&`)
    },
  )

  test('an account whose turn has not come keeps its registration', async () => {
    const saved = await site.killed(two)
    const device = site.boot(saved, two)
    for (const [instanceId, priority] of [1, 2].entries()) device.client.objects.set(`/1/${instanceId}/13`, priority)
    device.client.objects.set('/1/0/15', true)
    await site.server.close()
    device.client.start()
    await site.clock.advance(100_000)
    expect(device.events.map(({ type }) => type)).toContain('REG_TIMEOUT')
    device.kill()
    const { location: kept, told } = saved.state?.servers[2] ?? {}
    expect(kept).toEqual(['rd', site.second.registrations.get(endpoint)?.location])
    expect(told?.lifetimeSeconds).toBe(300)
  })

  test('after stop there is nothing to go on with', async () => {
    const persistence = new MemoryPersistence()
    const device = site.boot(persistence)
    await device.start()
    await site.clock.until(device.client.stop())
    expect(persistence.state?.servers[1]).toMatchObject({ location: [], observations: [] })
    const next = site.boot(persistence)
    await next.start()
    expect(next.sent).toEqual([register])
  })
})

describe('what the server was told', () => {
  const sentAfter = async (saved: MemoryPersistence, options: Partial<ClientOptions> = {}) => {
    const device = site.boot(saved, options)
    await device.start()
    return device
  }

  test('instances that are others than before are told', async () => {
    const saved = await site.killed()
    const device = site.boot(saved)
    device.client.objects.create(temperature, 1, { sensorValue: 1 })
    await device.start()
    expect(device.sent).toEqual([expect.stringMatching(/^POST \/rd\/\w+ \(link-format, /)])
    expect(device.events[0]).toMatchObject({ type: 'REG_UPDATE', includeLinks: true, includeLifetime: false })
    device.kill()
    const next = site.boot(saved.copy())
    next.client.objects.create(temperature, 1, { sensorValue: 1 })
    await next.start()
    expect(next.sent).toEqual([`POST /rd/${location()}`])
  })

  test('a lifetime and a binding that were written, but not told yet, are told', async () => {
    const saved = await site.killed({}, async ({ client }) => {
      client.objects.set('/1/0/1', 600)
      client.objects.set('/1/0/7', 'UQ')
      // Less than causes are gathered for.
      await site.clock.advance(50)
    })
    const device = await sentAfter(saved, { queueMode: false })
    expect(device.sent).toEqual([expect.stringMatching(/^POST \/rd\/\w+\?lt=600&b=UQ$/)])
    expect(site.server.registrations.get(endpoint)?.lifetimeSeconds).toBe(600)
  })

  test('a minimum lifetime that was raised is written back and told', async () => {
    const saved = await site.killed()
    const device = await sentAfter(saved, { minimumLifetimeSeconds: 400 })
    expect(device.client.objects.get('/1/0/1')).toBe(400)
    expect(device.sent).toEqual([`POST /rd/${location()}?lt=400`])
    expect(saved.state?.servers[1]?.told?.lifetimeSeconds).toBe(400)
  })

  test.each<[string, Partial<ClientOptions>]>([
    ['queue mode', { queueMode: true }],
    ['a MSISDN', { smsNumber: '1' }],
  ])('%s takes a Register', async (_, options) => {
    const device = await sentAfter(await site.killed(), options)
    expect(device.sent).toEqual([register])
  })

  test('a Profile ID takes a Register, and a second one where the server does not know it', async () => {
    const device = await sentAfter(await site.killed(), { profileId: 'oma:test' })
    expect(device.sent).toEqual([expect.stringMatching(/&pid=oma:test/), register])
    expect(device.sent[1]).not.toContain('pid')
  })
})

describe('bootstrap', () => {
  test('a bootstrapped device does not bootstrap again, and its registration goes on', async () => {
    const saved = await site.killed(bootstrapped)
    site.bootstraps.splice(0)
    const device = site.boot(saved, bootstrapped)
    await device.start()
    expect(device.sent).toEqual([`POST /rd/${location()}`])
    expect(site.bootstraps).toEqual([])
  })

  test('nothing is saved of a session that is not finished', async () => {
    const persistence = new MemoryPersistence()
    const device = site.boot(persistence, bootstrapped)
    device.client.start()
    await site.clock.until(
      firstValueFrom(device.client.events$.pipe(filter(({ type }) => type === 'BOOTSTRAP_REG_COMPLETE'))),
    )
    expect(persistence.saves).toBe(0)
    await site.clock.until(
      firstValueFrom(device.client.events$.pipe(filter(({ type }) => type === 'BOOTSTRAP_TRANSFER_COMPLETE'))),
    )
    await site.clock.advance(0)
    expect(persistence.state?.objects.entries.some(({ path }) => path[0] === 1)).toBe(true)
    await site.clock.advance(5_000)
    expect(persistence.state?.servers[1]?.location).toHaveLength(2)
  })

  test('killed in the middle of another bootstrap, a device has the accounts from before', async () => {
    const saved = await site.killed(bootstrapped, async ({ client }) => {
      client.objects.set('/1/0/1', 600)
      await site.clock.advance(1_000)
      client.bootstrap()
      client.objects.set('/1/0/2', 7)
      await site.clock.until(
        firstValueFrom(client.events$.pipe(filter(({ type }) => type === 'BOOTSTRAP_REG_COMPLETE'))),
      )
      expect(site.bootstraps.at(-1)?.type).not.toBe('finished')
    })
    const device = site.boot(saved, bootstrapped)
    expect(device.client.objects.get('/1/0/1')).toBe(600)
    await device.start()
    expect(device.sent).toEqual([`POST /rd/${location()}`])
  })

  test('what changes while a session is in progress, and the session fails, is saved afterwards', async () => {
    const persistence = new MemoryPersistence()
    const options = { ...bootstrapped, servers: [account], bootstrap: { uri: 'coap://10.0.0.99' } }
    const device = site.boot(persistence, { ...options, bootstrapRetry: { ...retry, attempts: 1 } })
    await device.start()
    device.client.bootstrap()
    await site.clock.advance(1_000)
    const { saves } = persistence
    device.client.objects.set('/1/0/2', 7)
    await site.clock.advance(1_000)
    expect(persistence.saves).toBe(saves)
    await site.clock.advance(600_000)
    expect(device.events.map(({ type }) => type)).toContain('BOOTSTRAP_REG_FAILURE')
    expect(persistence.state?.objects.entries).toContainEqual({ path: [1, 0, 2], value: 7 })
  })

  const expiring = { servers: [], bootstrap: { ...bootstrap, accountTimeoutSeconds: 1000 } }
  const hasAccount = ({ client }: ReturnType<RestartSite['boot']>) => client.objects.get('/0/0/0') !== undefined

  test('the time of a Bootstrap-Server Account goes on, and ends over a restart', async () => {
    const saved = await site.killed(expiring)
    await site.clock.advance(900_000)
    const device = site.boot(saved, expiring)
    await device.start()
    await site.clock.advance(90_000)
    expect(hasAccount(device)).toBe(true)
    await site.clock.advance(20_000)
    expect(hasAccount(device)).toBe(false)
    device.kill()
    // It does not come back with the options.
    const next = site.boot(saved.copy(), expiring)
    await next.start()
    expect(hasAccount(next)).toBe(false)
    expect(saved.state).not.toHaveProperty('bootstrapExpiry')
  })

  test('it may have ended meanwhile', async () => {
    const saved = await site.killed(expiring)
    await site.clock.advance(2_000_000)
    const device = site.boot(saved, expiring)
    await device.start()
    expect(hasAccount(device)).toBe(false)
  })

  test('it goes on after stop and start', async () => {
    const device = site.boot(new MemoryPersistence(), expiring)
    await device.start()
    await site.clock.until(device.client.stop())
    await device.start()
    await site.clock.advance(1_000_000)
    expect(hasAccount(device)).toBe(false)
  })

  test('an account that the application has deleted before is no fault', async () => {
    const device = site.boot(new MemoryPersistence(), expiring)
    await device.start()
    device.client.objects.delete('/0/0')
    await site.clock.advance(1_000_000)
    expect(device.told).toEqual([])
    expect(device.client.actor.getSnapshot().status).toBe('active')
  })
})

const retry = { initialDelaySeconds: 1, maximumDelaySeconds: 1 }

describe('reporting', () => {
  test('attributes and observations go on, with a newer sequence number, after the Update', async () => {
    const seen: unknown[] = []
    let before = 0
    const saved = await site.killed({}, async ({ sensor, wire }) => {
      await site.clock.until(site.server.writeAttributes(endpoint, '/3303/0/5700', { pminSeconds: 10 }))
      site.server.observe(endpoint, '/3303/0/5700').subscribe(({ values }) => seen.push(values[0]?.value))
      await site.clock.advance(20_000)
      sensor.set({ sensorValue: 22 })
      await site.clock.advance(1_000)
      before = sequenceOf(wire.at(-1))
    })
    expect(seen.splice(0)).toEqual([21.5, 22])
    const device = site.boot(saved)
    device.sensor.set({ sensorValue: 30 })
    await device.start()
    await site.clock.advance(9_000)
    expect(device.wire).toEqual([`POST /rd/${location()}`, expect.stringContaining('observe')])
    expect(sequenceOf(device.wire[1])).toBeGreaterThan(before)
    device.sensor.set({ sensorValue: 31 })
    // By pmin.
    expect(seen).toEqual([30])
    await site.clock.advance(2_000)
    expect(seen).toEqual([30, 31])
  })
})

describe('disabled', () => {
  test('a server stays disabled until its time', async () => {
    const saved = await site.killed({}, async ({ client }) => {
      client.disable(1, 1_000)
      await site.clock.advance(1_000)
      expect(location()).toBeUndefined()
    })
    await site.clock.advance(900_000)
    const device = site.boot(saved)
    device.client.start()
    await site.clock.advance(98_000)
    expect(device.sent).toEqual([])
    await site.clock.advance(2_000)
    expect(device.sent).toEqual([register])
    device.kill()
    expect(saved.state?.servers[1]).not.toHaveProperty('disabled')
  })

  test('without a time it stays disabled until it is enabled', async () => {
    const saved = await site.killed({}, async ({ client }) => {
      client.disable(1)
      await site.clock.advance(1_000)
    })
    const device = site.boot(saved)
    device.client.start()
    await site.clock.advance(1e9)
    expect(device.sent).toEqual([])
    device.client.enable(1)
    await site.clock.until(device.client.registered())
  })

  test.each(['of the process', 'of the client'])('a stop and a start %s make no difference', async of => {
    const persistence = new MemoryPersistence()
    let device = site.boot(persistence)
    await device.start()
    device.client.disable(1, 1_000)
    await site.clock.advance(1_000)
    await site.clock.until(device.client.stop())
    if (of === 'of the process') device = site.boot(persistence)
    device.sent.splice(0)
    device.client.start()
    await site.clock.advance(990_000)
    expect(device.sent).toEqual([])
    await site.clock.advance(10_000)
    expect(device.sent).toEqual([register])
  })

  test('enabled while the client is stopped, a server is registered with at the start', async () => {
    const device = site.boot(new MemoryPersistence())
    await device.start()
    device.client.disable(1)
    await site.clock.advance(1_000)
    await site.clock.until(device.client.stop())
    device.client.enable(1)
    await device.start()
  })

  test('after a NETWORK_ERROR nothing of the earlier run comes back', async () => {
    const options = { retry: { ...retry, attempts: 1 }, restartAfterSeconds: 10 }
    const saved = await site.killed(options, async ({ client }) => {
      client.disable(1)
      await site.clock.advance(1_000)
    })
    const device = site.boot(saved, options)
    await site.server.close()
    device.client.start()
    device.client.enable(1)
    await site.clock.advance(200_000)
    expect(device.events.map(({ type }) => type)).toContain('NETWORK_ERROR')
    const { server } = await restartedServer()
    await site.clock.advance(200_000)
    expect(server.registrations.get(endpoint)).toBeDefined()
    await server.close()
  })
})

describe('what is saved does not count', () => {
  test.each<[string, Partial<ClientOptions>]>([
    ['servers', { servers: [{ ...account, lifetimeSeconds: 400 }] }],
    ['endpoint', { endpoint: 'another' }],
    ['bootstrap', { bootstrap: { uri: 'coap://10.0.0.9' } }],
  ])('when the option `%s` is another', async (_, options) => {
    const saved = await site.killed({}, async ({ client }) => client.objects.set('/1/0/2', 7))
    const device = site.boot(saved, options)
    expect(device.client.objects.get('/1/0/2')).toBeUndefined()
    await device.start()
    expect(device.sent).toEqual([register])
    expect(device.told).toEqual([])
  })

  test('when it does not fit the objects of the program: it is kept aside and told', async () => {
    const saved = await site.killed({ objects: [temperature, server12] }, async ({ client }) => {
      client.objects.set('/1/0/13', 1)
    })
    const device = site.boot(saved, { objects: [temperature, withoutPriority] })
    expect(device.told).toEqual([expect.any(PersistenceError)])
    expect(saved.setAsideBecause).toMatch(/^it does not fit the objects of this program \(/)
    await device.start()
    expect(device.sent).toEqual([register])
  })
})

const { registrationPriorityOrder: _, ...resources } = server12.resources
const withoutPriority = { ...serverObject, resources } as unknown as typeof serverObject

describe('in a file', () => {
  let folder: string
  const path = () => join(folder, 'state')
  const withFile = () => site.boot(fileStore(path()))
  /** The clock of the site knows nothing of the time that a disk takes. */
  const stop = async ({ client }: ReturnType<RestartSite['boot']>) => {
    const stopped = client.stop()
    await site.clock.advance(1_000)
    await stopped
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lwm2m-restart-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('a restart goes on from it; stop waits until all is safe', async () => {
    const device = withFile()
    await device.start()
    device.client.objects.set('/1/0/2', 7)
    await stop(device)
    expect(readFileSync(path(), 'utf8')).toContain('["/1/0/2",7]')
    const next = withFile()
    expect(next.client.objects.get('/1/0/2')).toBe(7)
  })

  test('a damaged file is told, kept aside, and the device begins anew', async () => {
    writeFileSync(path(), 'no state')
    const device = withFile()
    expect(device.told).toEqual([expect.objectContaining({ code: 'DAMAGED_STATE', keptAs: `${path()}.damaged-1` })])
    await device.start()
    await stop(device)
    expect(readFileSync(`${path()}.damaged-1`, 'utf8')).toBe('no state')
    expect(readdirSync(folder).sort()).toEqual(['state', 'state.damaged-1'])
    expect(withFile().told).toEqual([])
  })
})

describe('saving', () => {
  test('what is saved before start does not lose what was known', async () => {
    const saved = await site.killed(bootstrapped)
    const before = saved.state
    const device = site.boot(saved, bootstrapped)
    device.client.objects.set('/1/0/2', 7)
    await Promise.resolve()
    expect(saved.saves).toBe(1)
    expect(saved.state?.servers).toEqual(before?.servers)
    expect(saved.state?.objects.entries).toContainEqual({ path: [1, 0, 2], value: 7 })
    await device.start()
    expect(device.sent).toEqual([`POST /rd/${location()}`])
  })

  test('changes that come together are saved once', async () => {
    const persistence = new MemoryPersistence()
    const device = site.boot(persistence)
    await device.start()
    const { saves } = persistence
    for (let value = 0; value < 10; value++) device.client.objects.set('/1/0/2', value)
    await Promise.resolve()
    expect(persistence.saves).toBe(saves + 1)
  })

  test('a failure is told once, until it works again', async () => {
    const persistence = new MemoryPersistence()
    const device = site.boot(persistence)
    await device.start()
    const full = new PersistenceError('STATE_NOT_WRITABLE', 'memory', 'ENOSPC')
    const saveTwice = async () => {
      for (const value of [1, 2]) {
        device.client.objects.set('/1/0/2', value)
        await site.clock.advance(0)
      }
    }
    persistence.obstacle = full
    await saveTwice()
    expect(device.told).toEqual([full])
    persistence.obstacle = undefined
    await saveTwice()
    persistence.obstacle = full
    await saveTwice()
    expect(device.told).toEqual([full, full])
  })
})

function sequenceOf(line = ''): number {
  return Number(/ observe (\d+)/.exec(line)?.[1])
}

/** Another process on the same state, which is killed once it is registered. */
async function kill(saved: MemoryPersistence): Promise<MemoryPersistence> {
  const device = site.boot(saved)
  await device.start()
  device.kill()
  return saved.copy()
}

async function restartedServer() {
  const { Lwm2mServer } = await import('../../server/server.ts')
  const { clock, random, network } = site
  return { server: await Lwm2mServer.listen({ clock, random, network, host: '10.0.0.2', port: 5683 }) }
}
