import { describe, expect, test } from 'vitest'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { Code } from '../../../transport/coap/message.ts'
import { type ClientSite, errorResponse } from '../../helpers/client-site.ts'
import {
  bootstrapScenario,
  cutConnections,
  cutNetwork,
  registeredScenario,
  scenario,
  watchConnections,
} from '../../helpers/scenario.ts'
import { serverUri } from '../../helpers/transport.ts'

const knownServer = { uri: serverUri('10.0.0.2'), shortServerId: 7 }

/** Suspends the client; what is left of timers is the client's, once the server is gone. */
async function suspendAlone(site: ClientSite): Promise<number> {
  site.client.suspend()
  await site.closeServer()
  site.network.clear()
  return site.clock.pendingTimers
}

describe('no timer runs while the client is suspended', () => {
  test('that is registered', async () => {
    expect(await suspendAlone(await registeredScenario())).toBe(0)
  })

  test('that is observed, with pmin and pmax', async () => {
    const site = await registeredScenario()
    await site.operate({ kind: 'writeAttributes', path: [3303, 0, 5700], attributes: ['pmin=10', 'pmax=60'] })
    await site.observe('/3303/0/5700')
    site.sensor.set({ sensorValue: 30 })
    expect(await suspendAlone(site)).toBe(0)
    site.sensor.set({ sensorValue: 31 })
    expect(site.clock.pendingTimers).toBe(0)
  })

  test('that registers', async () => {
    const site = await scenario()
    cutNetwork(site)
    site.client.start()
    await site.clock.advance(1_000)
    expect(await suspendAlone(site)).toBe(0)
  })

  test('whose connection opens', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    site.client.start()
    expect(await suspendAlone(site)).toBe(0)
    await site.clock.advance(1_000)
    expect(connections.openCount).toBe(0)
  })

  test('that updates', async () => {
    const site = await registeredScenario()
    cutNetwork(site)
    site.client.update()
    await site.clock.advance(1_000)
    expect(await suspendAlone(site)).toBe(0)
  })

  test('that gathers the causes of an Update', async () => {
    const site = await registeredScenario()
    site.client.update()
    expect(await suspendAlone(site)).toBe(0)
  })

  test('that waits for its next attempt', async () => {
    const site = await scenario({ answer: () => errorResponse(Code.forbidden) })
    site.client.start()
    await site.clock.advance(100)
    expect(site.eventTypes).toEqual(['REGISTRATION_FAILURE'])
    expect(await suspendAlone(site)).toBe(0)
  })

  test('that waits for its first attempt, /1/x/14', async () => {
    const site = await scenario()
    site.client.objects.set('/1/0/14', 60)
    site.client.start()
    expect(await suspendAlone(site)).toBe(0)
  })

  test('that is disabled', async () => {
    const site = await registeredScenario()
    site.client.disable(7, 3_600)
    await site.clock.advance(1_000)
    expect(await suspendAlone(site)).toBe(0)
  })

  test.each(['close', 'keep', 'listen'] as const)('that sleeps (%s)', async whileAsleep => {
    const site = await registeredScenario({ client: { queueMode: { awakeSeconds: 20, whileAsleep } } })
    await site.clock.advance(25_000)
    expect(site.eventTypes.at(-1)).toBe('QUEUE_MODE_RX_OFF')
    expect(await suspendAlone(site)).toBe(0)
  })

  test('that is awake for a while', async () => {
    const site = await registeredScenario({ client: { queueMode: { awakeSeconds: 20 } } })
    expect(await suspendAlone(site)).toBe(0)
  })

  test('that bootstraps, holds off, or waits to try again', async () => {
    for (const [holdOffSeconds, afterMs] of [
      [0, 1_000],
      [60, 1_000],
      [0, 100_000],
    ] as const) {
      const { site, bootstrap } = await bootstrapScenario({ holdOffSeconds })
      bootstrap.script.silent = true
      cutNetwork(site)
      site.client.start()
      await site.clock.advance(afterMs)
      await bootstrap.close()
      expect(await suspendAlone(site)).toBe(0)
    }
  })

  test('whose Bootstrap-Server Account is to be purged', async () => {
    const { site, bootstrap } = await bootstrapScenario({ accountTimeoutSeconds: 600 })
    site.client.start()
    await site.clock.until(site.client.registered())
    await bootstrap.close()
    expect(await suspendAlone(site)).toBe(0)
  })

  test('that waits for its restart', async () => {
    const site = await scenario({
      answer: () => errorResponse(Code.forbidden),
      client: {
        retry: { initialDelaySeconds: 2, maximumDelaySeconds: 2, attempts: 1 },
        restartAfterSeconds: 600,
      },
    })
    site.client.start()
    await site.clock.advance(100)
    expect(site.eventTypes.at(-1)).toBe('NETWORK_ERROR')
    expect(await suspendAlone(site)).toBe(0)
  })
})

describe('suspend', () => {
  test('closes the connection without a De-register, and nothing is sent', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    await site.observe('/3303/0/5700')
    site.client.suspend()
    expect(connections.openCount).toBe(0)
    site.sensor.set({ sensorValue: 30 })
    site.client.update()
    await site.clock.advance(86_400_000)
    expect(site.uplinks).toHaveLength(1)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'ENGINE_SUSPENDED'])
  })

  test('of a client that is stopped does nothing', async () => {
    const site = await scenario()
    site.client.suspend()
    expect(site.events).toEqual([])
    await site.register()
  })

  test('of a client that stops does nothing', async () => {
    const site = await registeredScenario()
    const stopped = site.client.stop()
    site.client.suspend()
    await site.clock.until(stopped)
    expect(site.eventTypes.slice(1)).toEqual(['DEREGISTER', 'DISCONNECT'])
  })

  test('a fault of the network meanwhile tells nothing', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    site.client.suspend()
    connections.refuse()
    await site.clock.advance(1_000)
    expect(site.eventTypes.at(-1)).toBe('ENGINE_SUSPENDED')
  })

  test('a stop meanwhile: DISCONNECT without a De-register', async () => {
    const site = await registeredScenario()
    site.client.suspend()
    await site.client.stop()
    expect(site.uplinks).toHaveLength(1)
    expect(site.eventTypes.slice(1)).toEqual(['ENGINE_SUSPENDED', 'DISCONNECT'])
    site.client.resume()
    await site.clock.advance(1_000)
    expect(site.uplinks).toHaveLength(1)
  })

  test('a start after such a stop registers, and notifications flow again', async () => {
    const site = await registeredScenario()
    site.client.suspend()
    await site.client.stop()
    await site.register()
    const { notifications } = await site.observe('/3303/0/5700')
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(100)
    expect(notifications.map(({ payload }) => payload)).toEqual(['30'])
  })
})

describe('resume', () => {
  test('within the lifetime: an Update', async () => {
    const site = await registeredScenario()
    site.client.suspend()
    await site.clock.advance(299_000)
    site.client.resume()
    await site.clock.advance(500)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
    expect(site.eventTypes.slice(1)).toEqual(['ENGINE_SUSPENDED', 'REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  })

  test('after the lifetime: a Register', async () => {
    const site = await registeredScenario()
    site.client.suspend()
    await site.clock.advance(301_000)
    site.client.resume()
    await site.clock.advance(500)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd'])
    expect(site.eventTypes.slice(1)).toEqual(['ENGINE_SUSPENDED', 'REGISTRATION_COMPLETE'])
  })

  test('with a lifetime without end: an Update after whatever time', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 0 })
    site.client.suspend()
    await site.clock.advance(365 * 86_400_000)
    site.client.resume()
    await site.clock.advance(500)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
  })

  test('what changed meanwhile is told in one Update', async () => {
    const site = await registeredScenario()
    site.client.suspend()
    site.client.objects.set('/1/0/1', 900)
    site.client.objects.create(temperature, 5)
    site.client.update()
    await site.clock.advance(10_000)
    site.client.resume()
    await site.clock.advance(10_000)
    expect(site.uplinks.slice(1)).toMatchObject([{ path: '/rd/r1', query: ['lt=900'] }])
    expect(site.uplinks[1]?.payload).toContain('</3303/5>')
  })

  test('a change that was observed is told once, with the newest value', async () => {
    const site = await registeredScenario()
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.suspend()
    for (const sensorValue of [30, 31, 32]) site.sensor.set({ sensorValue })
    await site.clock.advance(10_000)
    site.client.resume()
    await site.clock.advance(10_000)
    expect(notifications.map(({ payload }) => payload)).toEqual(['32'])
  })

  test('without a change no notification follows', async () => {
    const site = await registeredScenario()
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.suspend()
    await site.clock.advance(10_000)
    site.client.resume()
    await site.clock.advance(10_000)
    expect(notifications).toEqual([])
  })

  test('in the middle of a Register: it is made again', async () => {
    const site = await scenario()
    const heal = cutNetwork(site)
    site.client.start()
    await site.clock.advance(1_000)
    site.client.suspend()
    heal()
    await site.clock.advance(86_400_000)
    expect(site.uplinks).toEqual([])
    site.client.resume()
    await site.clock.advance(500)
    expect(site.eventTypes).toEqual(['ENGINE_SUSPENDED', 'REGISTRATION_COMPLETE'])
  })

  test('in the middle of an Update: what it was to tell is told', async () => {
    const site = await registeredScenario()
    const heal = cutConnections(site)
    site.client.objects.set('/1/0/1', 900)
    await site.clock.advance(1_000)
    site.client.suspend()
    heal()
    site.client.resume()
    await site.clock.advance(500)
    expect(site.uplinks.slice(1)).toMatchObject([{ path: '/rd/r1', query: ['lt=900'] }])
  })

  test('the wait for the next attempt goes on by its deadline', async () => {
    const site = await scenario({ client: { retry: { initialDelaySeconds: 600, maximumDelaySeconds: 600 } } })
    site.script.answer = () => (site.uplinks.length === 1 ? errorResponse(Code.forbidden) : undefined)
    site.client.start()
    await site.clock.advance(100_000)
    site.client.suspend()
    await site.clock.advance(100_000)
    site.client.resume()
    await site.clock.advance(390_000)
    expect(site.uplinks).toHaveLength(1)
    await site.clock.advance(20_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_FAILURE', 'ENGINE_SUSPENDED', 'REGISTRATION_COMPLETE'])
  })

  test('of a client that is not suspended does nothing', async () => {
    const site = await scenario()
    site.client.resume()
    await site.register()
    site.client.resume()
    await site.clock.advance(10_000)
    expect(site.uplinks).toHaveLength(1)
  })

  test('a bootstrap that was under way begins anew', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer], session: [] })
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(5_000)
    site.client.suspend()
    await site.clock.advance(5_000)
    site.client.resume()
    await site.clock.advance(5_000)
    expect(bootstrap.requests).toHaveLength(2)
  })

  test('what a server executed just before is done', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    await site.operate({ kind: 'execute', path: [1, 0, 9], arguments: '' })
    site.client.suspend()
    await site.clock.advance(60_000)
    expect(bootstrap.requests).toEqual([])
    site.client.resume()
    await site.clock.advance(5_000)
    expect(bootstrap.requests).toHaveLength(1)
  })
})
