import { describe, expect, test } from 'vitest'
import type { ClientEvent } from '../../machines/events.ts'
import { Code } from '../../transport/coap/message.ts'
import { errorResponse } from '../helpers/client-site.ts'
import { bootstrapScenario, cutNetwork, registeredScenario, scenario } from '../helpers/scenario.ts'

const once = { initialDelaySeconds: 2, maximumDelaySeconds: 60, attempts: 1 }

describe('bootstrap', () => {
  test('BOOTSTRAP_REG_COMPLETE: the Bootstrap-Server accepted the Bootstrap-Request', async () => {
    const { site, bootstrap } = await bootstrapScenario({ session: [] })
    site.client.start()
    await site.clock.advance(1_000)
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.events).toEqual([{ type: 'BOOTSTRAP_REG_COMPLETE', securityInstanceId: 0 }])
  })

  test('BOOTSTRAP_TRANSFER_COMPLETE: Bootstrap-Finish was accepted, and the registration follows', async () => {
    const { site } = await bootstrapScenario()
    site.client.start()
    await site.clock.advance(5_000)
    expect(site.events).toMatchObject([
      { type: 'BOOTSTRAP_REG_COMPLETE', securityInstanceId: 0 },
      { type: 'BOOTSTRAP_TRANSFER_COMPLETE', securityInstanceId: 0 },
      { type: 'REGISTRATION_COMPLETE', shortServerId: 7 },
    ])
  })

  test('BOOTSTRAP_REG_FAILURE: the Bootstrap-Server is given up; without another account that is fatal', async () => {
    const { site, bootstrap } = await bootstrapScenario({ client: { bootstrapRetry: once } })
    bootstrap.script.answer = () => errorResponse(Code.badRequest)
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.events).toMatchObject([{ type: 'BOOTSTRAP_REG_FAILURE', cause: { code: 'REJECTED' }, fatal: true }])
    await site.clock.advance(86_400_000)
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.eventTypes).toHaveLength(1)
  })

  test('BOOTSTRAP_REG_FAILURE is not fatal when there is a server account to go on with', async () => {
    const servers = [{ uri: 'coap://10.0.0.2', shortServerId: 7 }]
    const { site, bootstrap } = await bootstrapScenario({ servers, client: { bootstrapRetry: once } })
    bootstrap.script.answer = () => errorResponse(Code.badRequest)
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(5_000)
    expect(site.events[1]).toMatchObject({ type: 'BOOTSTRAP_REG_FAILURE', fatal: false })
    expect(site.eventTypes.slice(2)).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  })

  test('BOOTSTRAP_RETRY: an attempt failed, the next is told', async () => {
    const { site, bootstrap } = await bootstrapScenario()
    bootstrap.script.answer = () =>
      bootstrap.requests.length === 1 ? errorResponse(Code.internalServerError) : undefined
    site.client.start()
    await site.clock.advance(10_000)
    expect(site.events[0]).toMatchObject({ type: 'BOOTSTRAP_RETRY', securityInstanceId: 0, failedAttempts: 1 })
    expect(site.eventTypes.slice(1)).toEqual([
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_TRANSFER_COMPLETE',
      'REGISTRATION_COMPLETE',
    ])
  })
})

describe('registration', () => {
  test('REGISTRATION_COMPLETE: the server accepted the Register', async () => {
    const site = await scenario()
    site.client.start()
    expect(site.events).toEqual([])
    await site.clock.advance(10)
    expect(site.events).toEqual([
      { type: 'REGISTRATION_COMPLETE', shortServerId: 7, location: ['rd', 'r1'], lifetimeSeconds: 300 },
    ])
  })

  test('REGISTRATION_FAILURE: the server rejected the Register', async () => {
    const site = await scenario({ answer: () => errorResponse(Code.forbidden) })
    site.client.start()
    await site.clock.advance(10)
    expect(site.events).toMatchObject([
      { type: 'REGISTRATION_FAILURE', shortServerId: 7, responseCode: Code.forbidden, failedAttempts: 1 },
    ])
    expect(site.events[0]).toHaveProperty('retryDelayMs')
  })

  test('REG_TIMEOUT: a Register got no answer', async () => {
    const site = await scenario()
    site.script.silent = true
    site.client.start()
    await site.clock.advance(300_000)
    expect(site.events[0]).toMatchObject({ type: 'REG_TIMEOUT', failedAttempts: 1 })
  })

  test('REG_TIMEOUT: an Update got no answer; the client comes back by a Register', async () => {
    const site = await registeredScenario()
    const heal = cutNetwork(site)
    site.client.update()
    await site.clock.advance(120_000)
    heal()
    await site.clock.advance(120_000)
    expect(site.eventTypes.slice(1, 3)).toEqual(['REG_UPDATE', 'REG_TIMEOUT'])
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })

  test('REG_UPDATE and REG_UPDATE_COMPLETE: an Update is sent, and was accepted', async () => {
    const site = await registeredScenario()
    site.client.update()
    await site.clock.advance(1_000)
    expect(site.events.slice(1)).toEqual([
      {
        type: 'REG_UPDATE',
        shortServerId: 7,
        includeLifetime: false,
        includeBinding: false,
        includeLinks: false,
      },
      { type: 'REG_UPDATE_COMPLETE', shortServerId: 7 },
    ])
  })

  test('DEREGISTER and DISCONNECT: the application stops the client', async () => {
    const site = await registeredScenario()
    await site.clock.until(site.client.stop())
    expect(site.events.slice(1)).toEqual([
      { type: 'DEREGISTER', shortServerId: 7 },
      { type: 'DISCONNECT', shortServerId: 7 },
    ])
  })

  test('DEREGISTER_FAILURE: the server rejects the De-register; the client has stopped all the same', async () => {
    const site = await registeredScenario()
    site.script.answer = ({ code }) => (code === Code.delete ? errorResponse(Code.notFound) : undefined)
    await site.clock.until(site.client.stop())
    expect(site.events.slice(1)).toMatchObject([
      { type: 'DEREGISTER' },
      { type: 'DEREGISTER_FAILURE', shortServerId: 7, cause: { code: 'REJECTED' } },
      { type: 'DISCONNECT', shortServerId: 7 },
    ])
  })

  test('DISCONNECT without an account: the client is stopped while it bootstraps', async () => {
    const { site, bootstrap } = await bootstrapScenario()
    bootstrap.script.silent = true
    site.client.start()
    await site.clock.advance(1_000)
    await site.clock.until(site.client.stop())
    expect(site.events).toEqual([{ type: 'DISCONNECT' }])
  })

  test('SERVER_DISABLED: until when, when that is known', async () => {
    const site = await registeredScenario()
    const untilMs = site.clock.now() + 60_000
    site.client.disable(7, 60)
    await site.clock.advance(0)
    expect(site.events.slice(1)).toEqual([{ type: 'SERVER_DISABLED', shortServerId: 7, untilMs }])
  })

  test.each([Number.POSITIVE_INFINITY, Number.NaN])(
    'SERVER_DISABLED: for %d seconds is until it is enabled',
    async seconds => {
      const site = await registeredScenario()
      site.client.disable(7, seconds)
      await site.clock.advance(0)
      expect(site.events.slice(1)).toEqual([{ type: 'SERVER_DISABLED', shortServerId: 7 }])
    },
  )

  test('QUEUE_MODE_RX_OFF: the awake window is over', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400, client: { queueMode: { awakeSeconds: 20 } } })
    await site.clock.advance(19_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
    await site.clock.advance(2_000)
    expect(site.events.slice(1)).toEqual([{ type: 'QUEUE_MODE_RX_OFF', shortServerId: 7 }])
  })
})

test('ENGINE_SUSPENDED: the application suspends the client', async () => {
  const site = await registeredScenario()
  site.client.suspend()
  await site.clock.advance(0)
  expect(site.events.slice(1)).toEqual([{ type: 'ENGINE_SUSPENDED' }])
  site.client.suspend()
  await site.clock.advance(0)
  expect(site.eventTypes).toHaveLength(2)
})

describe('fatal events', () => {
  test('NETWORK_ERROR: every server is given up and there is nothing to bootstrap from', async () => {
    const site = await scenario({ client: { retry: { ...once, attempts: 3 } } })
    site.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(120_000)
    expect(site.eventTypes).toEqual([
      'REGISTRATION_FAILURE',
      'REGISTRATION_FAILURE',
      'REGISTRATION_FAILURE',
      'NETWORK_ERROR',
    ])
    expect(site.events[2]).not.toHaveProperty('retryDelayMs')
    await site.clock.advance(86_400_000)
    expect(site.uplinks).toHaveLength(3)
  })

  test('a late subscriber hears NETWORK_ERROR first, until the client is started again', async () => {
    const site = await scenario({ client: { retry: once } })
    site.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(1_000)
    const late: ClientEvent[] = []
    site.client.events$.subscribe(event => late.push(event))
    expect(late).toEqual([{ type: 'NETWORK_ERROR' }])
    site.script.answer = undefined
    await site.register()
    const later: ClientEvent[] = []
    site.client.events$.subscribe(event => later.push(event))
    expect(later).toEqual([])
    expect(late.at(-1)?.type).toBe('REGISTRATION_COMPLETE')
  })

  test('a late subscriber hears a fatal BOOTSTRAP_REG_FAILURE', async () => {
    const { site, bootstrap } = await bootstrapScenario({ client: { bootstrapRetry: once } })
    bootstrap.script.answer = () => errorResponse(Code.badRequest)
    site.client.start()
    await site.clock.advance(1_000)
    const late: ClientEvent[] = []
    site.client.events$.subscribe(event => late.push(event))
    expect(late).toMatchObject([{ type: 'BOOTSTRAP_REG_FAILURE', fatal: true }])
  })

  test('a failure that is not fatal is not repeated to a late subscriber', async () => {
    const servers = [{ uri: 'coap://10.0.0.2', shortServerId: 7 }]
    const { site, bootstrap } = await bootstrapScenario({ servers, client: { bootstrapRetry: once } })
    bootstrap.script.answer = () => errorResponse(Code.badRequest)
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(5_000)
    expect(site.eventTypes).toContain('BOOTSTRAP_REG_FAILURE')
    const late: ClientEvent[] = []
    site.client.events$.subscribe(event => late.push(event))
    expect(late).toEqual([])
  })

  test('registered() rejects when the client gives up', async () => {
    const site = await scenario({ client: { retry: once } })
    site.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await expect(site.clock.until(site.client.registered())).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('registered() rejects when the client is stopped while it bootstraps', async () => {
    const { site } = await bootstrapScenario()
    site.client.start()
    const registered = site.client.registered()
    const rejected = expect(registered).rejects.toMatchObject({ code: 'CLOSED' })
    await site.client.stop()
    await rejected
  })

  test('restartAfterSeconds: the client starts again by itself after NETWORK_ERROR', async () => {
    const site = await scenario({ client: { retry: once, restartAfterSeconds: 600 } })
    site.script.answer = () => (site.uplinks.length < 3 ? errorResponse(Code.forbidden) : undefined)
    site.client.start()
    const registered = site.client.registered()
    await site.clock.until(registered)
    expect(site.eventTypes).toEqual([
      'REGISTRATION_FAILURE',
      'NETWORK_ERROR',
      'REGISTRATION_FAILURE',
      'NETWORK_ERROR',
      'REGISTRATION_COMPLETE',
    ])
    expect(site.uplinkTimes.map(ms => ms - (site.uplinkTimes[0] ?? 0))).toEqual([0, 600_000, 1_200_000])
  })

  test('restartAfterSeconds: the client bootstraps again after a fatal BOOTSTRAP_REG_FAILURE', async () => {
    const { site, bootstrap } = await bootstrapScenario({ client: { bootstrapRetry: once, restartAfterSeconds: 60 } })
    bootstrap.script.answer = () => (bootstrap.requests.length === 1 ? errorResponse(Code.badRequest) : undefined)
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(site.eventTypes).toEqual([
      'BOOTSTRAP_REG_FAILURE',
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_TRANSFER_COMPLETE',
      'REGISTRATION_COMPLETE',
    ])
  })

  test('a stop ends the wait for the restart', async () => {
    const site = await scenario({ client: { retry: once, restartAfterSeconds: 600 } })
    site.script.answer = () => errorResponse(Code.forbidden)
    site.client.start()
    await site.clock.advance(1_000)
    await site.clock.until(site.client.stop())
    expect(site.eventTypes.at(-1)).toBe('DISCONNECT')
    await site.clock.advance(3_600_000)
    expect(site.uplinks).toHaveLength(1)
  })
})

test('what an application does in answer to an event counts', async () => {
  const site = await scenario()
  let restarts = 0
  site.client.events$.subscribe(({ type }) => {
    if (type === 'DISCONNECT' && restarts++ === 0) site.client.start()
  })
  await site.register()
  await site.clock.until(site.client.stop())
  await site.clock.until(site.client.registered())
  expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'DEREGISTER', 'DISCONNECT', 'REGISTRATION_COMPLETE'])
})
