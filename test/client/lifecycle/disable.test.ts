import { describe, expect, test } from 'vitest'
import { Code } from '../../../transport/coap/message.ts'
import { errorResponse } from '../../helpers/client-site.ts'
import {
  anotherServer,
  bootstrapScenario,
  cutNetwork,
  registeredScenario,
  scenario,
  watchConnections,
} from '../../helpers/scenario.ts'
import { serverUri, toldBinding } from '../../helpers/transport.ts'

const executeDisable = { kind: 'execute', path: [1, 0, 4], arguments: '' } as const
const knownServer = { uri: serverUri('10.0.0.2'), shortServerId: 7 }
const deregisters = (uplinks: readonly { code: number }[]) => uplinks.filter(({ code }) => code === Code.delete).length

describe('Disable by the server, /1/x/4', () => {
  test('its answer reaches the server, a De-register follows, and a Register after /1/x/5', async () => {
    const site = await registeredScenario()
    site.client.objects.set('/1/0/5', 600)
    const executedMs = site.clock.now()
    expect((await site.operate(executeDisable)).code).toBe(Code.changed)
    expect(deregisters(site.uplinks)).toBe(0)
    await site.clock.advance(1_000)
    expect(site.uplinks.at(-1)).toMatchObject({ code: Code.delete, path: '/rd/r1' })
    expect(site.events.slice(1)).toEqual([{ type: 'SERVER_DISABLED', shortServerId: 7, untilMs: executedMs + 600_000 }])
    await site.clock.advance(590_000)
    expect(site.uplinks).toHaveLength(2)
    await site.clock.advance(10_000)
    expect(site.uplinks.at(-1)?.path).toBe('/rd')
    expect(site.uplinkTimes.at(-1)).toBe(executedMs + 600_000)
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })

  test('lasts a day when /1/x/5 says nothing', async () => {
    const site = await registeredScenario()
    await site.operate(executeDisable)
    await site.clock.advance(86_390_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'SERVER_DISABLED'])
    await site.clock.advance(20_000)
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })

  test('its answer reaches a server far away', async () => {
    const site = await registeredScenario()
    site.network.conditions = { ...site.network.conditions, delayMs: [700, 700] }
    expect((await site.operate(executeDisable)).code).toBe(Code.changed)
    await site.clock.advance(5_000)
    expect(deregisters(site.uplinks)).toBe(1)
  })

  test('twice is once', async () => {
    const site = await registeredScenario()
    await site.operate(executeDisable)
    await site.operate(executeDisable)
    await site.clock.advance(5_000)
    expect(deregisters(site.uplinks)).toBe(1)
  })

  test('a disabled client does not listen to that server', async () => {
    const site = await scenario()
    const connections = watchConnections(site.network)
    await site.register()
    await site.operate(executeDisable)
    await site.clock.advance(5_000)
    expect(connections.openCount).toBe(0)
  })

  test('a De-register that is rejected does not keep the client from it', async () => {
    const site = await registeredScenario()
    site.script.answer = ({ code }) => (code === Code.delete ? errorResponse(Code.badRequest) : undefined)
    await site.operate(executeDisable)
    await site.clock.advance(60_000)
    expect(site.eventTypes.slice(1)).toEqual(['SERVER_DISABLED', 'DEREGISTER_FAILURE'])
  })

  test('what was observed ends with the registration', async () => {
    const site = await registeredScenario()
    site.client.objects.set('/1/0/5', 60)
    const { notifications } = await site.observe('/3303/0/5700')
    await site.operate(executeDisable)
    await site.clock.advance(1_000)
    site.sensor.set({ sensorValue: 40 })
    await site.clock.advance(120_000)
    expect(notifications).toEqual([])
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })
})

describe('disable by the application', () => {
  test('with a time: De-register, and back after it', async () => {
    const site = await registeredScenario()
    site.client.disable(7, 60)
    await site.clock.advance(1_000)
    expect(deregisters(site.uplinks)).toBe(1)
    await site.clock.until(site.client.registered())
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'SERVER_DISABLED', 'REGISTRATION_COMPLETE'])
  })

  test('without a time lasts until enable', async () => {
    const site = await registeredScenario()
    site.client.disable(7)
    await site.clock.advance(30 * 86_400_000)
    expect(site.uplinks).toHaveLength(2)
    site.client.enable(7)
    await site.clock.advance(1_000)
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })

  test('enable ends a Disable of the server, too', async () => {
    const site = await registeredScenario()
    await site.operate(executeDisable)
    await site.clock.advance(1_000)
    site.client.enable(7)
    await site.clock.advance(1_000)
    expect(site.uplinks.at(-1)?.path).toBe('/rd')
  })

  test('enable of what is not disabled does nothing', async () => {
    const site = await registeredScenario()
    site.client.enable(7)
    site.client.enable(99)
    await site.clock.advance(10_000)
    expect(site.uplinks).toHaveLength(1)
  })

  test('a second time counts from then on', async () => {
    const site = await registeredScenario()
    site.client.disable(7, 3_600)
    await site.clock.advance(10_000)
    site.client.disable(7, 60)
    await site.clock.advance(70_000)
    expect(site.eventTypes).toEqual([
      'REGISTRATION_COMPLETE',
      'SERVER_DISABLED',
      'SERVER_DISABLED',
      'REGISTRATION_COMPLETE',
    ])
  })

  test('without a registration sends nothing, and no attempt follows', async () => {
    const site = await scenario()
    const heal = cutNetwork(site)
    site.client.start()
    await site.clock.advance(10_000)
    site.client.disable(7)
    heal()
    await site.clock.advance(3_600_000)
    expect(site.uplinks).toEqual([])
    expect(site.eventTypes).toEqual(['SERVER_DISABLED'])
  })

  test('causes of Updates meanwhile are told by the Register', async () => {
    const site = await registeredScenario()
    site.client.disable(7)
    await site.clock.advance(1_000)
    site.client.objects.set('/1/0/1', 900)
    site.client.update()
    site.client.enable(7)
    await site.clock.advance(10_000)
    expect(site.uplinks.slice(2)).toMatchObject([
      { path: '/rd', query: ['lwm2m=1.2', 'ep=device', 'lt=900', ...toldBinding] },
    ])
  })

  test('a stop of a disabled client: DISCONNECT without a De-register', async () => {
    const site = await registeredScenario()
    site.client.disable(7)
    await site.clock.advance(1_000)
    await site.clock.until(site.client.stop())
    expect(deregisters(site.uplinks)).toBe(1)
    expect(site.eventTypes.slice(1)).toEqual(['SERVER_DISABLED', 'DISCONNECT'])
  })

  test('a stop while the De-register is under way ends with it', async () => {
    const site = await registeredScenario()
    site.client.disable(7, 10)
    await site.clock.until(site.client.stop())
    await site.clock.advance(60_000)
    expect(deregisters(site.uplinks)).toBe(1)
    expect(site.eventTypes.at(-1)).toBe('DISCONNECT')
  })

  test('a client all of whose servers are disabled waits; it neither gives up nor bootstraps', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    site.client.disable(7)
    await site.clock.advance(86_400_000)
    expect(bootstrap.requests).toEqual([])
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'SERVER_DISABLED'])
  })

  test('leaves other servers alone', async () => {
    const servers = [knownServer, { uri: serverUri('10.0.0.3'), shortServerId: 8 }]
    const site = await scenario({ client: { servers } })
    const other = await anotherServer(site, '10.0.0.3')
    await site.register()
    site.client.disable(7)
    await site.clock.advance(1_000)
    site.client.update()
    await site.clock.advance(1_000)
    expect(deregisters(site.uplinks)).toBe(1)
    expect(other.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
  })

  test.each(['suspend', 'enterOffline'] as const)('counts while the client is away by %s', async away => {
    const site = await registeredScenario()
    const back = away === 'suspend' ? 'resume' : 'exitOffline'
    site.client.disable(7, 600)
    await site.clock.advance(1_000)
    site.client[away]()
    await site.clock.advance(300_000)
    site.client[back]()
    await site.clock.advance(290_000)
    expect(site.uplinks).toHaveLength(2)
    await site.clock.advance(20_000)
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })

  test('while the client is suspended holds when it resumes', async () => {
    const site = await registeredScenario()
    site.client.suspend()
    site.client.disable(7)
    site.client.resume()
    await site.clock.advance(3_600_000)
    expect(site.uplinks).toHaveLength(1)
    site.client.enable(7)
    await site.clock.advance(1_000)
    expect(site.uplinks.at(-1)?.path).toBe('/rd')
  })
})
