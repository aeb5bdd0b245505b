import { describe, expect, test } from 'vitest'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { Code } from '../../../transport/coap/message.ts'
import { errorResponse } from '../../helpers/client-site.ts'
import { cutConnections, cutNetwork, registeredScenario, scenario, watchConnections } from '../../helpers/scenario.ts'
import { isTcp, silenceMs } from '../../helpers/transport.ts'

function write(path: readonly number[], text: string) {
  return { kind: 'write', mode: 'replace', path, contentFormat: 0, payload: Buffer.from(text) } as const
}

describe('when an Update is sent', () => {
  test.each([
    ['60 s: a quarter before the end', 60, undefined, 45],
    ['30 s: updateEarlySeconds before the end', 30, undefined, 20],
    ['15 s, the minimum: no later than updateEarlySeconds before the end, but not too often', 15, undefined, 7.5],
    ['3600 s: time for all retransmissions before the end', 3_600, undefined, 3_507],
    ['3600 s with an update period', 3_600, 600, 600],
    ['an update period under 15 s is 15 s', 3_600, 5, 15],
  ])('lifetime %s', async (_name, lifetimeSeconds, updatePeriodSeconds, delaySeconds) => {
    const updateTiming = { updateEarlySeconds: 10, transmitWaitSeconds: 93 }
    const site = await registeredScenario({
      lifetimeSeconds,
      client: {
        updateTiming: updatePeriodSeconds === undefined ? updateTiming : { ...updateTiming, updatePeriodSeconds },
      },
    })
    await site.clock.advance(delaySeconds * 3_000 + 1_000)
    const [first = 0] = site.uplinkTimes
    expect(site.uplinkTimes.map(ms => Math.round(ms - first) / 1000)).toEqual([0, 1, 2, 3].map(n => n * delaySeconds))
  })

  test('a shorter lifetime moves the next one', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 3_600 })
    expect((await site.operate(write([1, 0, 1], '60'))).code).toBe(Code.changed)
    await site.clock.advance(60_000)
    expect(site.uplinks.slice(1).map(({ query }) => query)).toEqual([['lt=60'], []])
  })

  test('a lifetime written below the minimum is raised in /1/x/1 and told as raised', async () => {
    const site = await registeredScenario()
    await site.operate(write([1, 0, 1], '3'))
    await site.clock.advance(1_000)
    expect(site.client.objects.get('/1/0/1')).toBe(15)
    expect(site.uplinks[1]?.query).toEqual(['lt=15'])
    expect(site.uplinks).toHaveLength(2)
  })

  test('a lifetime that is written as it was is told, too', async () => {
    const site = await registeredScenario()
    await site.operate(write([1, 0, 1], '300'))
    await site.clock.advance(10_000)
    expect(site.uplinks.slice(1).map(({ query }) => query)).toEqual([['lt=300']])
  })

  test('a changed binding is told', async () => {
    const site = await registeredScenario()
    await site.operate(write([1, 0, 7], 'UT'))
    await site.clock.advance(1_000)
    expect(site.uplinks.slice(1)).toMatchObject([{ path: '/rd/r1', query: ['b=UT'] }])
    expect(site.events[1]).toMatchObject({ type: 'REG_UPDATE', includeBinding: true })
  })

  test('a change of pmin or pmax of the Server object needs none', async () => {
    const site = await registeredScenario()
    await site.operate(write([1, 0, 2], '10'))
    await site.operate(write([1, 0, 3], '20'))
    await site.clock.advance(10_000)
    expect(site.uplinks).toHaveLength(1)
  })

  test('instances that come and go are told with the links', async () => {
    const site = await registeredScenario()
    site.client.objects.create(temperature, 5)
    await site.clock.advance(1_000)
    expect(site.uplinks[1]?.payload).toContain('</3303/5>')
    site.client.objects.delete('/3303/5')
    await site.clock.advance(1_000)
    expect(site.uplinks[2]?.payload).toContain('</3303/0>')
    expect(site.uplinks[2]?.payload).not.toContain('</3303/5>')
  })

  test('instances that a server creates and deletes are told, too', async () => {
    const site = await registeredScenario()
    const payload = Buffer.from('[{"bn":"/3303/9/","n":"5700","v":1}]')
    expect((await site.operate({ kind: 'create', path: [3303], contentFormat: 110, payload })).code).toBe(Code.created)
    await site.clock.advance(1_000)
    await site.operate({ kind: 'delete', path: [3303, 9] })
    await site.clock.advance(1_000)
    expect(site.uplinks.slice(1).map(({ payload: links }) => links.includes('</3303/9>'))).toEqual([true, false])
  })
})

describe('causes that meet', () => {
  test('are one Update', async () => {
    const site = await registeredScenario()
    await site.operate(write([1, 0, 1], '600'))
    await site.operate({ kind: 'execute', path: [1, 0, 8], arguments: '' })
    site.client.update()
    site.client.objects.create(temperature, 5)
    site.client.objects.set('/1/0/7', 'UT')
    await site.clock.advance(10_000)
    expect(site.uplinks.slice(1)).toMatchObject([{ path: '/rd/r1', query: ['lt=600', 'b=UT'] }])
    expect(site.uplinks[1]?.payload).toContain('</3303/5>')
    expect(site.events.slice(1)).toEqual([
      { type: 'REG_UPDATE', shortServerId: 7, includeLifetime: true, includeBinding: true, includeLinks: true },
      { type: 'REG_UPDATE_COMPLETE', shortServerId: 7 },
    ])
  })

  test('while an Update is under way wait for the next', async () => {
    const site = await registeredScenario()
    site.network.conditions = { ...site.network.conditions, delayMs: [1_000, 1_000] }
    site.client.update()
    await site.clock.advance(500)
    site.client.objects.set('/1/0/1', 600)
    site.client.objects.set('/1/0/7', 'UT')
    await site.clock.advance(10_000)
    expect(site.uplinks.slice(1).map(({ query }) => query)).toEqual([[], ['lt=600', 'b=UT']])
  })

  test('before the registration is made need no Update: the Register tells them', async () => {
    const site = await scenario()
    site.client.start()
    site.client.objects.set('/1/0/1', 600)
    site.client.objects.create(temperature, 5)
    await site.clock.until(site.client.registered())
    await site.clock.advance(10_000)
    expect(site.uplinks).toHaveLength(1)
    expect(site.uplinks[0]?.query).toContain('lt=600')
    expect(site.uplinks[0]?.payload).toContain('</3303/5>')
  })

  test('while the Register is under way are told by an Update', async () => {
    const site = await scenario()
    site.network.conditions = { ...site.network.conditions, delayMs: [1_000, 1_000] }
    site.client.start()
    // Over TCP it leaves once the connection is there, which takes a round trip.
    await site.clock.advance(isTcp ? 2_500 : 500)
    site.client.objects.set('/1/0/1', 600)
    await site.clock.until(site.client.registered())
    await site.clock.advance(10_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
    expect(site.uplinks[1]?.query).toEqual(['lt=600'])
  })

  test('the answer to the server that asked goes out before the Update does', async () => {
    const site = await registeredScenario()
    const response = await site.operate({ kind: 'execute', path: [1, 0, 8], arguments: '' })
    expect(response.code).toBe(Code.changed)
    expect(site.uplinks).toHaveLength(1)
    await site.clock.advance(200)
    expect(site.uplinks).toHaveLength(2)
  })
})

describe('an Update that fails', () => {
  test.each([
    ['4.04', Code.notFound],
    ['4.00', Code.badRequest],
    ['5.03', Code.serviceUnavailable],
  ])('with %s is followed by a Register at once, over the same connection', async (_name, code) => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    site.script.answer = ({ path }) => (path === '/rd/r1' ? errorResponse(code) : undefined)
    site.client.update()
    await site.clock.advance(1_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1', '/rd'])
    expect(connections.opened).toHaveLength(1)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'REG_UPDATE', 'REGISTRATION_COMPLETE'])
  })

  test('and a Register that fails then is a failed attempt', async () => {
    const site = await registeredScenario()
    site.script.answer = () => errorResponse(Code.forbidden)
    site.client.update()
    await site.clock.advance(500)
    expect(site.eventTypes.slice(1)).toEqual(['REG_UPDATE', 'REGISTRATION_FAILURE'])
  })

  test('without an answer: a new connection, and a Register over it; over TCP an Update, since it is the connection that is dead', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    const heal = cutConnections(site)
    site.client.update()
    await site.clock.advance(silenceMs - 33_000)
    expect(site.eventTypes.slice(1)).toEqual(['REG_UPDATE'])
    await site.clock.advance(35_000)
    heal()
    await site.clock.advance(10_000)
    const recovery = isTcp ? ['REG_UPDATE', 'REG_UPDATE_COMPLETE'] : ['REGISTRATION_COMPLETE']
    expect(site.eventTypes.slice(1)).toEqual(['REG_UPDATE', 'REG_TIMEOUT', ...recovery])
    expect(connections.opened).toHaveLength(2)
  })

  test('by the loss of one datagram is retransmitted and needs no Register', async () => {
    const site = await registeredScenario()
    const heal = cutNetwork(site)
    site.client.update()
    await site.clock.advance(1_000)
    heal()
    await site.clock.advance(10_000)
    expect(site.eventTypes.slice(1)).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  })

  test('tells what it was to tell in the next', async () => {
    const site = await registeredScenario()
    const heal = cutNetwork(site)
    site.client.objects.set('/1/0/1', 600)
    await site.clock.advance(1_000)
    site.client.reconnect()
    heal()
    await site.clock.advance(1_000)
    expect(site.uplinks.slice(1)).toMatchObject([{ path: '/rd/r1', query: ['lt=600'] }])
  })
})

describe('notifications', () => {
  test('a registration that was lost ends what was observed; the server observes anew', async () => {
    const site = await registeredScenario()
    site.script.answer = ({ path }) => (path === '/rd/r1' ? errorResponse(Code.notFound) : undefined)
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.update()
    await site.clock.advance(1_000)
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(1_000)
    expect(notifications).toEqual([])
  })

  test('an Update keeps what is observed', async () => {
    const site = await registeredScenario()
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.update()
    await site.clock.advance(1_000)
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(1_000)
    expect(notifications.map(({ payload }) => payload)).toEqual(['30'])
  })

  test('one that is not acknowledged makes the client ask by an Update whether it is still registered; with /1/0/6 nothing is lost', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400, client: { confirmableNotifications: true } })
    site.client.objects.set('/1/0/6', true)
    const { notifications } = await site.observe('/3303/0/5700')
    const heal = cutConnections(site)
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(100_000)
    expect(site.events[1]).toMatchObject({ type: 'REG_TIMEOUT', cause: { code: 'TIMEOUT' }, failedAttempts: 1 })
    heal()
    site.sensor.set({ sensorValue: 31 })
    await site.clock.advance(10_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
    expect(notifications.map(({ payload }) => payload)).toEqual(['30', '31'])
  })

  test('one that is not acknowledged, and a server that has forgotten the client: a Register', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400, client: { confirmableNotifications: true } })
    site.script.answer = ({ path }) => (path === '/rd/r1' ? errorResponse(Code.notFound) : undefined)
    await site.observe('/3303/0/5700')
    const heal = cutConnections(site)
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(100_000)
    heal()
    await site.clock.advance(10_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1', '/rd'])
  })
})

describe('reconnect', () => {
  test('opens the connection anew and tells it by an Update', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    site.client.reconnect()
    await site.clock.advance(1_000)
    expect(connections.opened).toHaveLength(2)
    expect(connections.openCount).toBe(1)
    expect(site.eventTypes.slice(1)).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  })

  test('to one server only leaves the others alone', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    site.client.reconnect(8)
    await site.clock.advance(1_000)
    expect(connections.opened).toHaveLength(1)
  })

  test('what was observed goes on over the new connection', async () => {
    const site = await registeredScenario()
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.reconnect()
    await site.clock.advance(1_000)
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(1_000)
    expect(notifications.map(({ payload }) => payload)).toEqual(['30'])
  })
})
