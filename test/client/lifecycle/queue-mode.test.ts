import { describe, expect, test } from 'vitest'
import type { QueueModeOptions } from '../../../client/options.ts'
import { Code } from '../../../transport/coap/message.ts'
import { encodeOperation } from '../../../transport/lwm2m/downlink.ts'
import { type ClientSite, errorResponse } from '../../helpers/client-site.ts'
import { cutNetwork, registeredScenario, scenario, watchConnections } from '../../helpers/scenario.ts'
import { isTcp, silenceMs, unreachable } from '../../helpers/transport.ts'

const day = 86_400
const read = { kind: 'read', path: [3303, 0, 5700], accept: 0 } as const
const sleeping = (queueMode: QueueModeOptions = {}, lifetimeSeconds = day) =>
  registeredScenario({ lifetimeSeconds, client: { queueMode: { awakeSeconds: 20, ...queueMode } } })

async function fallAsleep(site: ClientSite) {
  await site.clock.advance(25_000)
  expect(site.eventTypes.at(-1)).toBe('QUEUE_MODE_RX_OFF')
}

describe('the awake window', () => {
  test('is 93 s by default', async () => {
    const site = await registeredScenario({ lifetimeSeconds: day, client: { queueMode: true } })
    await site.clock.advance(92_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
    await site.clock.advance(2_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'QUEUE_MODE_RX_OFF'])
  })

  test('begins anew with every exchange', async () => {
    const site = await sleeping()
    for (let index = 0; index < 5; index++) {
      await site.clock.advance(15_000)
      expect((await site.operate(read)).code).toBe(Code.content)
    }
    await site.clock.advance(19_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
    await site.clock.advance(2_000)
    expect(site.eventTypes.at(-1)).toBe('QUEUE_MODE_RX_OFF')
  })

  test('begins anew with every notification that leaves', async () => {
    const site = await sleeping()
    await site.observe('/3303/0/5700')
    for (let index = 0; index < 5; index++) {
      await site.clock.advance(15_000)
      site.sensor.set({ sensorValue: index })
    }
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
  })

  test('does not end while an Update waits for its answer', async () => {
    const site = await sleeping()
    const heal = cutNetwork(site)
    site.client.update()
    await site.clock.advance(silenceMs - 23_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'REG_UPDATE'])
    heal()
    await site.clock.advance(100_000)
    expect(site.eventTypes).toContain('QUEUE_MODE_RX_OFF')
  })

  test('opens again with every Update', async () => {
    const site = await sleeping({}, 300)
    await site.clock.advance(1_000_000)
    const cycle = ['QUEUE_MODE_RX_OFF', 'REG_UPDATE', 'REG_UPDATE_COMPLETE']
    expect(site.eventTypes.slice(0, 7)).toEqual(['REGISTRATION_COMPLETE', ...cycle, ...cycle])
    expect(new Set(site.uplinks.map(({ path }) => path))).toEqual(new Set(['/rd', '/rd/r1']))
  })

  test('is not there without queue mode', async () => {
    const site = await registeredScenario({ lifetimeSeconds: day })
    await site.clock.advance(3_600_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
  })
})

describe('while the client sleeps', () => {
  test('close: the connection is closed, and what the server sends is lost', async () => {
    const site = await scenario({ lifetimeSeconds: day, client: { queueMode: { awakeSeconds: 20 } } })
    const connections = watchConnections(site.network)
    await site.register()
    await fallAsleep(site)
    expect(connections.openCount).toBe(0)
    const { response } = site.peer.request(encodeOperation(read))
    await expect(site.clock.until(response)).rejects.toMatchObject({ code: isTcp ? 'CLOSED' : 'TIMEOUT' })
    site.client.update()
    await site.clock.advance(1_000)
    expect(connections.openCount).toBe(1)
    expect((await site.operate(read)).code).toBe(Code.content)
  })

  // Over TCP a connection is known by itself.
  test.skipIf(isTcp)('close: it wakes at the local port it had', async () => {
    const site = await sleeping()
    const { port } = site.peer.connection.remote
    await fallAsleep(site)
    site.client.update()
    await site.clock.advance(1_000)
    expect(site.peer.connection.remote.port).toBe(port)
  })

  test('keep: the connection is kept but not read; what arrived is answered after waking', async () => {
    const site = await scenario({
      lifetimeSeconds: day,
      client: { queueMode: { awakeSeconds: 20, whileAsleep: 'keep' } },
    })
    const connections = watchConnections(site.network)
    await site.register()
    await fallAsleep(site)
    const { response } = site.peer.request(encodeOperation(read))
    let answered = false
    void response.then(() => {
      answered = true
    })
    await site.clock.advance(10_000)
    expect(answered).toBe(false)
    site.client.update()
    await site.clock.advance(1_000)
    expect((await response).code).toBe(Code.content)
    expect(connections.opened).toHaveLength(1)
  })

  test('listen: a request is answered as ever, and no event tells of it', async () => {
    const site = await sleeping({ whileAsleep: 'listen' })
    await fallAsleep(site)
    expect((await site.operate(read)).code).toBe(Code.content)
    expect(site.uplinks).toHaveLength(1)
  })

  test('no timer runs but that of the next Update', async () => {
    const site = await sleeping({}, 0)
    await fallAsleep(site)
    await site.clock.advance(600_000)
    expect(site.clock.pendingTimers).toBe(0)
  })
})

describe('what wakes a client that sleeps', () => {
  test.each(['close', 'keep', 'listen'] as const)(
    '%s: a notification, through an Update; with /1/0/6 everything arrives once and in order',
    async whileAsleep => {
      const site = await sleeping({ whileAsleep })
      site.client.objects.set('/1/0/6', true)
      const { notifications } = await site.observe('/3303/0/5700')
      const expected: string[] = []
      for (let sleep = 0; sleep < 4; sleep++) {
        await fallAsleep(site)
        for (let index = 0; index < 5; index++) {
          const sensorValue = 100 * sleep + index
          expected.push(`${sensorValue}`)
          site.sensor.set({ sensorValue })
        }
        const updated = site.uplinks.length
        await site.clock.advance(2_000)
        expect(site.uplinks.length).toBe(updated + 1)
      }
      expect(notifications.map(({ payload }) => payload)).toEqual(expected)
      expect(site.uplinks.slice(1).every(({ path }) => path === '/rd/r1')).toBe(true)
    },
  )

  test('without /1/0/6 the newest state is told', async () => {
    const site = await sleeping()
    const { notifications } = await site.observe('/3303/0/5700')
    await fallAsleep(site)
    for (const sensorValue of [1, 2, 3]) site.sensor.set({ sensorValue })
    await site.clock.advance(2_000)
    expect(notifications.map(({ payload }) => payload)).toEqual(['3'])
  })

  test('a notification leaves after the Update was accepted, not before', async () => {
    const site = await sleeping()
    const { notifications } = await site.observe('/3303/0/5700')
    await fallAsleep(site)
    site.script.answer = ({ path }) => {
      expect(notifications).toEqual([])
      return path === '/rd/r1' ? undefined : errorResponse(Code.forbidden)
    }
    site.sensor.set({ sensorValue: 40 })
    await site.clock.advance(1_000)
    expect(notifications.map(({ payload }) => payload)).toEqual(['40'])
  })

  // A stream loses and repeats nothing.
  test.skipIf(isTcp)(
    'notifications over a network that loses much still arrive in order; one whose acknowledgement was lost comes twice',
    async () => {
      const site = await registeredScenario({
        lifetimeSeconds: day,
        client: { queueMode: { awakeSeconds: 20 }, confirmableNotifications: true },
      })
      site.client.objects.set('/1/0/6', true)
      const { notifications } = await site.observe('/3303/0/5700')
      await fallAsleep(site)
      site.network.conditions = { ...site.network.conditions, loss: 0.4 }
      for (const sensorValue of [1, 2, 3, 4, 5]) site.sensor.set({ sensorValue })
      await site.clock.advance(600_000)
      site.network.conditions = { ...site.network.conditions, loss: 0 }
      await site.clock.advance(600_000)
      const payloads = notifications.map(({ payload }) => payload)
      expect([...new Set(payloads)]).toEqual(['1', '2', '3', '4', '5'])
      expect(payloads).toEqual([...payloads].sort())
    },
  )

  test('pmax', async () => {
    const site = await sleeping()
    await site.operate({ kind: 'writeAttributes', path: [3303, 0, 5700], attributes: ['pmax=600'] })
    const { notifications } = await site.observe('/3303/0/5700')
    await site.clock.advance(601_000)
    expect(notifications).toHaveLength(1)
    expect(site.eventTypes.slice(1)).toEqual(['QUEUE_MODE_RX_OFF', 'REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  })

  test('an Update that the application asks for', async () => {
    const site = await sleeping()
    await fallAsleep(site)
    site.client.update()
    await site.clock.advance(1_000)
    expect(site.uplinks.at(-1)?.path).toBe('/rd/r1')
  })

  test('a change that the server must know', async () => {
    const site = await sleeping()
    await fallAsleep(site)
    site.client.objects.set('/1/0/1', 600)
    await site.clock.advance(1_000)
    expect(site.uplinks.at(-1)).toMatchObject({ path: '/rd/r1', query: ['lt=600'] })
  })

  test('reconnect', async () => {
    const site = await sleeping()
    await fallAsleep(site)
    site.client.reconnect()
    await site.clock.advance(1_000)
    expect(site.uplinks.at(-1)?.path).toBe('/rd/r1')
  })

  test('the De-register of a stop', async () => {
    const site = await sleeping()
    await fallAsleep(site)
    await site.clock.until(site.client.stop())
    expect(site.uplinks.at(-1)).toMatchObject({ code: Code.delete, path: '/rd/r1' })
    expect(site.eventTypes.slice(1)).toEqual(['QUEUE_MODE_RX_OFF', 'DEREGISTER', 'DISCONNECT'])
  })

  test('the De-register of a disable', async () => {
    const site = await sleeping()
    await fallAsleep(site)
    site.client.disable(7, 60)
    await site.clock.advance(1_000)
    expect(site.uplinks.at(-1)).toMatchObject({ code: Code.delete })
    await site.clock.advance(60_000)
    expect(site.uplinks.at(-1)?.path).toBe('/rd')
  })

  test('not what nobody observes', async () => {
    const site = await sleeping()
    await fallAsleep(site)
    site.sensor.set({ sensorValue: 40 })
    await site.clock.advance(60_000)
    expect(site.uplinks).toHaveLength(1)
  })
})

describe('waking', () => {
  test('at a server that has forgotten the client: a Register; what was observed is over', async () => {
    const site = await sleeping()
    const { notifications } = await site.observe('/3303/0/5700')
    await fallAsleep(site)
    site.script.answer = ({ path }) => (path === '/rd/r1' ? errorResponse(Code.notFound) : undefined)
    site.sensor.set({ sensorValue: 40 })
    await site.clock.advance(1_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1', '/rd'])
    expect(notifications).toEqual([])
  })

  test('after the lifetime, because the clock jumped: a Register', async () => {
    const site = await sleeping({}, 300)
    await fallAsleep(site)
    site.client.suspend()
    await site.clock.advance(400_000)
    site.client.resume()
    await site.clock.advance(1_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd'])
  })

  test('without an answer: the client is registered again when the server is back', async () => {
    const site = await sleeping({}, 300)
    await fallAsleep(site)
    const heal = cutNetwork(site)
    await site.clock.advance(600_000)
    expect(site.eventTypes).toContain(unreachable.type)
    heal()
    await site.clock.until(site.client.registered())
    expect(site.uplinks.at(-1)?.path).toBe('/rd')
  })
})

test('a client may sleep through suspend: it comes back by an Update', async () => {
  const site = await sleeping()
  await fallAsleep(site)
  site.client.suspend()
  await site.clock.advance(3_600_000)
  expect(site.uplinks).toHaveLength(1)
  site.client.resume()
  await site.clock.advance(1_000)
  expect(site.uplinks.at(-1)?.path).toBe('/rd/r1')
})
