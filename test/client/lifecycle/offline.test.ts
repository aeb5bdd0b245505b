import { describe, expect, test } from 'vitest'
import { cutNetwork, registeredScenario, scenario, watchConnections } from '../../helpers/scenario.ts'
import { unreachable } from '../../helpers/transport.ts'

describe('enterOffline', () => {
  test('closes the connections, keeps the registration, and nothing is sent', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    site.client.enterOffline()
    expect(connections.openCount).toBe(0)
    site.client.update()
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(86_400_000)
    expect(site.uplinks).toHaveLength(1)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
  })

  test('keeps a client that starts off the network', async () => {
    const site = await scenario()
    site.client.enterOffline()
    site.client.start()
    await site.clock.advance(3_600_000)
    expect(site.uplinks).toEqual([])
    site.client.exitOffline()
    await site.clock.until(site.client.registered())
  })

  test('holds through suspend and resume', async () => {
    const site = await registeredScenario()
    site.client.enterOffline()
    site.client.suspend()
    site.client.resume()
    await site.clock.advance(3_600_000)
    expect(site.uplinks).toHaveLength(1)
  })

  test('while the client is suspended keeps it off the network when it resumes', async () => {
    const site = await registeredScenario()
    site.client.suspend()
    site.client.enterOffline()
    site.client.resume()
    await site.clock.advance(3_600_000)
    expect(site.uplinks).toHaveLength(1)
    site.client.exitOffline()
    await site.clock.advance(1_000)
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })

  test('a stop then ends without a De-register', async () => {
    const site = await registeredScenario()
    site.client.enterOffline()
    await site.client.stop()
    expect(site.uplinks).toHaveLength(1)
    expect(site.eventTypes.slice(1)).toEqual(['DISCONNECT'])
  })
})

describe('exitOffline', () => {
  test('within the lifetime: an Update', async () => {
    const site = await registeredScenario()
    site.client.enterOffline()
    await site.clock.advance(200_000)
    site.client.exitOffline()
    await site.clock.advance(1_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
    expect(site.eventTypes.slice(1)).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  })

  test('after the lifetime: a Register', async () => {
    const site = await registeredScenario()
    site.client.enterOffline()
    await site.clock.advance(301_000)
    site.client.exitOffline()
    await site.clock.advance(1_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd'])
  })

  test('what changed meanwhile is told in the Update', async () => {
    const site = await registeredScenario()
    site.client.enterOffline()
    site.client.objects.set('/1/0/1', 900)
    await site.clock.advance(10_000)
    site.client.exitOffline()
    await site.clock.advance(1_000)
    expect(site.uplinks.slice(1)).toMatchObject([{ path: '/rd/r1', query: ['lt=900'] }])
  })

  test('an attempt that waits keeps its time', async () => {
    const site = await scenario({ client: { retry: { initialDelaySeconds: 600, maximumDelaySeconds: 600 } } })
    const heal = cutNetwork(site)
    site.client.start()
    await site.clock.advance(unreachable.withinMs)
    expect(site.eventTypes).toEqual([unreachable.type])
    heal()
    site.client.enterOffline()
    await site.clock.advance(100_000)
    site.client.exitOffline()
    await site.clock.advance(300_000)
    expect(site.uplinks).toEqual([])
    await site.clock.advance(300_000)
    expect(site.uplinks).toHaveLength(1)
  })

  test('of a client that is not offline does nothing', async () => {
    const site = await registeredScenario()
    site.client.exitOffline()
    await site.clock.advance(10_000)
    expect(site.uplinks).toHaveLength(1)
  })
})

describe('notifications while offline', () => {
  test('only the newest is told afterwards when the server does not ask for more, /1/x/6', async () => {
    const site = await registeredScenario()
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.enterOffline()
    for (const sensorValue of [30, 31, 32]) {
      site.sensor.set({ sensorValue })
      await site.clock.advance(1_000)
    }
    site.client.exitOffline()
    await site.clock.advance(5_000)
    expect(notifications.map(({ payload }) => payload)).toEqual(['32'])
  })

  test('all are told in order when it does', async () => {
    const site = await registeredScenario()
    site.client.objects.set('/1/0/6', true)
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.enterOffline()
    for (const sensorValue of [30, 31, 32]) {
      site.sensor.set({ sensorValue })
      await site.clock.advance(1_000)
    }
    site.client.exitOffline()
    await site.clock.advance(5_000)
    expect(notifications.map(({ payload }) => payload)).toEqual(['30', '31', '32'])
  })

  test('a registration that has ended meanwhile takes them along', async () => {
    const site = await registeredScenario()
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.enterOffline()
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(400_000)
    site.client.exitOffline()
    await site.clock.advance(5_000)
    expect(site.uplinks.at(-1)?.path).toBe('/rd')
    expect(notifications).toEqual([])
  })
})
