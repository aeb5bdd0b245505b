import { describe, expect, test } from 'vitest'
import { security } from '../../../objects/definitions/security.ts'
import { server } from '../../../objects/definitions/server.ts'
import { Code } from '../../../transport/coap/message.ts'
import { errorResponse } from '../../helpers/client-site.ts'
import { anotherServer, bootstrapScenario, registeredScenario, scenario } from '../../helpers/scenario.ts'
import { writeAccount } from '../../helpers/scripted-bootstrap-server.ts'
import { binding, serverUri } from '../../helpers/transport.ts'

describe('retry parameters that a server writes', () => {
  test('a sequence delay of 0 does not make the client register without a pause, /1/x/19', async () => {
    const site = await scenario({ answer: () => errorResponse(Code.forbidden) })
    site.client.objects.set('/1/0/17', 1)
    site.client.objects.set('/1/0/19', 0)
    site.client.objects.set('/1/0/20', 1_000_000)
    site.client.start()
    await site.clock.advance(10_000)
    expect(site.uplinks.length).toBeLessThan(12)
  })

  test('a sequence delay of 136 years does not keep the client away for longer than ten days, /1/x/19', async () => {
    const site = await scenario({ answer: () => errorResponse(Code.forbidden) })
    site.client.objects.set('/1/0/17', 1)
    site.client.objects.set('/1/0/19', 2 ** 32 - 1)
    site.client.objects.set('/1/0/20', 2)
    site.client.start()
    await site.clock.advance(1_000)
    expect(site.events).toMatchObject([{ type: 'REGISTRATION_FAILURE', retryDelayMs: 864_000_000 }])
  })
})

describe('a Bootstrap-Server', () => {
  test('that finishes too early may still finish: what it adds after the 4.06 counts', async () => {
    const [securityOne, serverOne] = writeAccount()
    if (securityOne === undefined || serverOne === undefined) throw new Error('there is no account')
    const finish = { kind: 'bootstrapFinish' } as const
    const { site, bootstrap } = await bootstrapScenario({ session: [securityOne, finish, serverOne, finish] })
    site.client.start()
    await site.clock.advance(10_000)
    expect(bootstrap.responseCodes).toEqual([Code.changed, Code.notAcceptable, Code.changed, Code.changed])
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.eventTypes.slice(-2)).toEqual(['BOOTSTRAP_TRANSFER_COMPLETE', 'REGISTRATION_COMPLETE'])
  })

  test('that gives accounts which are refused each time is asked less and less often', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      session: [
        { kind: 'bootstrapDelete', path: [1] },
        ...writeAccount({ server: { 17: 1, 18: 1, 20: 1 } }),
        { kind: 'bootstrapFinish' },
      ],
      answer: () => errorResponse(Code.forbidden),
    })
    site.client.start()
    await site.clock.advance(3_600_000)
    expect(bootstrap.requests.length).toBeLessThan(20)
  })
})

describe('an application that changes accounts', () => {
  const replace = (site: Awaited<ReturnType<typeof registeredScenario>>) => {
    const { objects } = site.client
    objects.delete('/0/0')
    objects.create(security, 0, {
      lwm2mServerUri: serverUri('10.0.0.3'),
      bootstrapServer: false,
      securityMode: 3,
      shortServerId: 7,
    })
  }

  test('a server that moves is registered with at its new place', async () => {
    const site = await registeredScenario()
    const moved = await anotherServer(site, '10.0.0.3')
    replace(site)
    await site.clock.advance(10_000)
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
    expect(moved.uplinks.map(({ path }) => path)).toEqual(['/rd'])
  })

  test('an account that goes while the client stops and starts again is not started', async () => {
    const site = await registeredScenario()
    site.script.silent = true
    const stopped = site.client.stop()
    site.client.start()
    site.client.objects.delete('/1/0')
    await site.clock.until(stopped)
    await site.clock.advance(10_000)
    expect(site.errors).toEqual([])
    expect(site.eventTypes.at(-1)).toBe('NETWORK_ERROR')
  })

  test('an account that goes before a start can still be left', async () => {
    const site = await registeredScenario()
    site.client.enterOffline()
    site.client.exitOffline()
    const stopped = site.client.stop()
    site.client.objects.delete('/1/0')
    site.client.start()
    await site.clock.until(stopped)
    await site.clock.advance(10_000)
    expect(site.errors).toEqual([])
    expect(site.uplinks.at(-1)).toMatchObject({ code: Code.delete })
  })

  test('two Server instances of one server are one account, and nothing of them is left behind', async () => {
    const site = await scenario()
    site.client.objects.create(server, 1, { shortServerId: 7, lifetime: 500, binding })
    await site.register()
    expect(site.uplinks[0]?.query).toContain('lt=300')
  })
})
