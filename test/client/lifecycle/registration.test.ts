import { describe, expect, test } from 'vitest'
import { server12 } from '../../../objects/definitions/server.ts'
import { Code, noPayload } from '../../../transport/coap/message.ts'
import { errorResponse } from '../../helpers/client-site.ts'
import { cutNetwork, registeredScenario, scenario, watchConnections } from '../../helpers/scenario.ts'
import { binding, isTcp, refusedCode, serverUri, toldBinding } from '../../helpers/transport.ts'

const retry = { initialDelaySeconds: 2, maximumDelaySeconds: 60, attempts: 3 }

describe('the Register query', () => {
  test('lwm2m, ep, lt, sms, b, Q, pid, in this order', async () => {
    const site = await scenario({
      client: { smsNumber: '4911', profileId: 'oma:test', queueMode: true },
    })
    site.client.objects.set('/1/0/7', 'UT')
    await site.register()
    expect(site.uplinks[0]?.query).toEqual([
      'lwm2m=1.2',
      'ep=device',
      'lt=300',
      'sms=4911',
      'b=UT',
      'Q',
      'pid=oma:test',
    ])
  })

  test('queue mode is part of the binding in LwM2M 1.0', async () => {
    const site = await registeredScenario({ client: { versions: ['1.0'], queueMode: true } })
    expect(site.uplinks[0]?.query).toEqual(['lwm2m=1.0', 'ep=device', 'lt=300', `b=${binding}Q`])
  })

  test('a binding that asks for queue mode is Q from LwM2M 1.1 on', async () => {
    const site = await scenario({ client: { versions: ['1.1'] } })
    site.client.objects.set('/1/0/7', `${binding}Q`)
    await site.register()
    expect(site.uplinks[0]?.query).toEqual(['lwm2m=1.1', 'ep=device', 'lt=300', ...toldBinding, 'Q'])
  })

  test('a profile id is told in LwM2M 1.2 only', async () => {
    const site = await registeredScenario({ client: { versions: ['1.1'], profileId: 'oma:test' } })
    expect(site.uplinks[0]?.query).toEqual(['lwm2m=1.1', 'ep=device', 'lt=300', ...toldBinding])
  })
})

describe('versions', () => {
  const onlyAccepts = (version: string) => ({
    answer: ({ path, query }: { path: string; query: readonly string[] }) =>
      path === '/rd' && query[0] !== `lwm2m=${version}` ? errorResponse(Code.preconditionFailed) : undefined,
  })

  test('4.12: the client goes down from 1.2 to 1.0, at once and without an event', async () => {
    const site = await registeredScenario(onlyAccepts('1.0'))
    expect(site.uplinks.map(({ query }) => query[0])).toEqual(['lwm2m=1.2', 'lwm2m=1.1', 'lwm2m=1.0'])
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
  })

  test('the version that was accepted is kept for the next Register', async () => {
    const site = await registeredScenario({ ...onlyAccepts('1.1'), lifetimeSeconds: 60 })
    const heal = cutNetwork(site)
    await site.clock.advance(300_000)
    heal()
    await site.clock.until(site.client.registered())
    expect(site.uplinks.at(-1)?.query[0]).toBe('lwm2m=1.1')
  })

  test('a server that refuses all of them: REGISTRATION_FAILURE, and from the highest again', async () => {
    const site = await scenario({ answer: () => errorResponse(Code.preconditionFailed), client: { retry } })
    site.client.start()
    await site.clock.advance(2_500)
    expect(site.eventTypes).toEqual(['REGISTRATION_FAILURE', 'REGISTRATION_FAILURE'])
    expect(site.uplinks.map(({ query }) => query[0]?.slice(-3))).toEqual(['1.2', '1.1', '1.0', '1.2', '1.1', '1.0'])
  })

  test('begin with the highest that the server is known to have, /1/x/25', async () => {
    const site = await scenario({ client: { objects: [server12] } })
    site.client.objects.set('/1/0/25', { 0: '1.0', 1: '1.1' })
    await site.register()
    expect(site.uplinks[0]?.query[0]).toBe('lwm2m=1.1')
  })

  test('only those the application allows', async () => {
    const site = await scenario({ ...onlyAccepts('1.0'), client: { versions: ['1.2', '1.1'], retry } })
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.uplinks.map(({ query }) => query[0])).toEqual(['lwm2m=1.2', 'lwm2m=1.1'])
    expect(site.eventTypes).toEqual(['REGISTRATION_FAILURE'])
  })
})

describe('lifetime', () => {
  test('below the minimum is raised, told, and written back to /1/x/1', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 5 })
    expect(site.uplinks[0]?.query).toContain('lt=15')
    expect(site.client.objects.get('/1/0/1')).toBe(15)
  })

  test('below the minimum of the application likewise', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 30, client: { minimumLifetimeSeconds: 60 } })
    expect(site.uplinks[0]?.query).toContain('lt=60')
    expect(site.client.objects.get('/1/0/1')).toBe(60)
  })

  test('of 0 is for ever: no Update is due', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 0 })
    expect(site.uplinks[0]?.query).toContain('lt=0')
    await site.clock.advance(30 * 86_400_000)
    expect(site.uplinks).toHaveLength(1)
  })

  test('of 0 with an update period: an Update each period', async () => {
    const site = await registeredScenario({
      lifetimeSeconds: 0,
      client: { updateTiming: { updatePeriodSeconds: 3_600, updateEarlySeconds: 10, transmitWaitSeconds: 93 } },
    })
    await site.clock.advance(4 * 3_600_000 + 1_000)
    expect(site.uplinks).toHaveLength(5)
  })
})

describe('attempts', () => {
  test('follow each other with delays that double up to the maximum', async () => {
    const site = await scenario({
      answer: () => errorResponse(Code.serviceUnavailable),
      client: { retry: { initialDelaySeconds: 2, maximumDelaySeconds: 10 } },
    })
    site.client.start()
    await site.clock.advance(60_000)
    const [firstMs = 0] = site.uplinkTimes
    expect(site.uplinkTimes.map(ms => ms - firstMs)).toEqual([0, 2_000, 6_000, 14_000, 24_000, 34_000, 44_000, 54_000])
  })

  test('communication retry count and timer, sequence delay and count, /1/x/17 to /1/x/20', async () => {
    const site = await scenario({ answer: () => errorResponse(Code.serviceUnavailable) })
    site.client.objects.batch(() => {
      site.client.objects.set('/1/0/17', 3)
      site.client.objects.set('/1/0/18', 10)
      site.client.objects.set('/1/0/19', 1_000)
      site.client.objects.set('/1/0/20', 2)
    })
    site.client.start()
    await site.clock.advance(86_400_000)
    const [firstMs = 0] = site.uplinkTimes
    const seconds = site.uplinkTimes.map(ms => (ms - firstMs) / 1000)
    expect(seconds).toEqual([0, 10, 30, 1_030, 1_040, 1_060])
    expect(site.eventTypes.at(-1)).toBe('NETWORK_ERROR')
  })

  test('begin after the initial delay, /1/x/14', async () => {
    const site = await scenario()
    site.client.objects.set('/1/0/14', 45)
    const startedMs = site.clock.now()
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(site.uplinkTimes).toEqual([startedMs + 45_000])
  })

  test('reconnect ends the initial delay', async () => {
    const site = await scenario()
    site.client.objects.set('/1/0/14', 45)
    site.client.start()
    site.client.reconnect()
    await site.clock.advance(100)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
  })

  test('are counted anew after a success', async () => {
    const site = await scenario({ client: { retry } })
    site.script.answer = ({ path }) =>
      path === '/rd' && site.uplinks.length % 3 !== 0 ? errorResponse(Code.serviceUnavailable) : undefined
    for (let round = 0; round < 3; round++) {
      await site.register()
      await site.clock.until(site.client.stop())
      site.uplinks.length = 0
    }
    expect(site.eventTypes).not.toContain('NETWORK_ERROR')
    expect(site.events.filter(({ type }) => type === 'REGISTRATION_FAILURE')).toMatchObject(
      [1, 2, 1, 2, 1, 2].map(failedAttempts => ({ failedAttempts })),
    )
  })

  test('reconnect makes the one that waits now', async () => {
    const site = await scenario({ client: { retry: { initialDelaySeconds: 3_600, maximumDelaySeconds: 3_600 } } })
    site.script.answer = () => (site.uplinks.length === 1 ? errorResponse(Code.serviceUnavailable) : undefined)
    site.client.start()
    await site.clock.advance(1_000)
    site.client.reconnect()
    await site.clock.advance(1_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_FAILURE', 'REGISTRATION_COMPLETE'])
  })

  test('a refusal by the network ends one at once', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    site.script.silent = true
    site.client.start()
    await site.clock.advance(500)
    connections.refuse()
    await site.clock.advance(1)
    expect(site.events).toMatchObject([{ type: 'REG_TIMEOUT', cause: { code: refusedCode } }])
  })

  test('a server whose URI is none, or of a scheme without support: CONNECT_FAILURE, and again when it is mended', async () => {
    for (const uri of ['nonsense', 'coaps+ws://10.0.0.2']) {
      const site = await scenario()
      site.client.objects.set('/0/0/0', uri)
      site.client.start()
      await site.clock.advance(1_000)
      expect(site.events).toMatchObject([{ type: 'CONNECT_FAILURE', failedAttempts: 1 }])
      await site.clock.until(site.client.stop())
      site.client.objects.set('/0/0/0', serverUri('10.0.0.2'))
      await site.register()
    }
  })

  test('an answer without a location is a failed attempt', async () => {
    const site = await scenario()
    site.script.answer = () =>
      site.uplinks.length === 1 ? { code: Code.created, options: [], payload: noPayload } : undefined
    await site.register()
    expect(site.events[0]).toMatchObject({ type: 'REG_TIMEOUT', cause: { code: 'NO_LOCATION' } })
  })

  test('a start that is stopped while the connection opens leaves no connection', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    site.client.start()
    await site.client.stop()
    await site.clock.advance(1_000)
    // An attempt to connect over TCP is given up.
    expect(connections.opened).toHaveLength(isTcp ? 0 : 1)
    expect(connections.openCount).toBe(0)
    expect(site.uplinks).toEqual([])
  })
})

describe('what happens to a registered client', () => {
  test('start does nothing', async () => {
    const site = await registeredScenario()
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.uplinks).toHaveLength(1)
  })

  test('start does nothing while it is offline', async () => {
    const site = await registeredScenario()
    site.client.enterOffline()
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.uplinks).toHaveLength(1)
  })

  // A connection over TCP that is reset is over.
  test.skipIf(isTcp)(
    'a refusal by the network without a request under way changes nothing; the next Update finds out',
    async () => {
      const site = await scenario()
      const connections = watchConnections(site.network)
      await site.register()
      connections.refuse()
      await site.clock.advance(1_000)
      expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
      cutNetwork(site)
      site.client.update()
      await site.clock.advance(200)
      connections.refuse()
      await site.clock.advance(1)
      expect(site.eventTypes.slice(1, 3)).toEqual(['REG_UPDATE', 'REG_TIMEOUT'])
    },
  )

  test('a refusal by the network ends the De-register: DEREGISTER_FAILURE', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    cutNetwork(site)
    const stopped = site.client.stop()
    connections.refuse()
    await site.clock.until(stopped)
    expect(site.events.slice(1)).toMatchObject([
      { type: 'DEREGISTER' },
      { type: 'DEREGISTER_FAILURE', cause: { code: refusedCode } },
      { type: 'DISCONNECT' },
    ])
  })

  test('a refusal by the network after the stop tells nothing', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    await site.clock.until(site.client.stop())
    connections.refuse()
    await site.clock.advance(1_000)
    expect(site.eventTypes.at(-1)).toBe('DISCONNECT')
  })

  test('a request that arrives while the De-register is under way is still answered', async () => {
    const site = await registeredScenario()
    site.network.conditions = { ...site.network.conditions, delayMs: [100, 100] }
    const stopped = site.client.stop()
    const read = site.peer.request({ code: Code.get, options: [], payload: noPayload })
    await site.clock.until(stopped)
    await expect(site.clock.until(read.response)).resolves.toBeDefined()
  })
})
