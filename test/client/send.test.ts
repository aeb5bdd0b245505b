import { describe, expect, test } from 'vitest'
import type { SendOptions } from '../../client/send.ts'
import { defineObject } from '../../objects/definition.ts'
import { accessControl } from '../../objects/definitions/access-control.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { type CoapMessage, Code } from '../../transport/coap/message.ts'
import { type ClientSite, type ClientSiteOptions, errorResponse } from '../helpers/client-site.ts'
import { restartSite } from '../helpers/restart-site.ts'
import { anotherServer, cutConnections, cutNetwork, registeredScenario, scenario } from '../helpers/scenario.ts'
import type { Uplink } from '../helpers/scripted-server.ts'
import { isTcp, serverUri, silenceMs, unreachable } from '../helpers/transport.ts'

const path = '/3303/0/5700'
const json = { contentFormat: ContentFormat.senmlJson }
const queue: SendOptions = { ...json, whenOffline: 'queue' }

/** What arrived at `/dp`, each as JSON. */
function arrived({ uplinks }: { readonly uplinks: readonly Uplink[] }): unknown[] {
  return uplinks.filter(uplink => uplink.path === '/dp').map(({ payload }) => JSON.parse(payload))
}

/** How a Send ends: `sent`, or the code of the error. */
function outcome(sending: Promise<void>): Promise<unknown> {
  return sending.then(
    () => 'sent',
    (error: { code?: unknown }) => error.code ?? error,
  )
}

/** Over TCP it is not the Send that is found out, but the connection. */
const unansweredCode = isTcp ? 'OFFLINE' : 'TIMEOUT'
const send = ({ client }: ClientSite, paths = [path], options: SendOptions = json) =>
  outcome(client.send(paths, options))

const value = (v: number, bt?: number) => [{ bn: '/', ...(bt === undefined ? {} : { bt }), n: '3303/0/5700', v }]

/** Answers Sends so, and all else as ever. */
const answering = (answer: (uplink: Uplink) => CoapMessage | undefined): ClientSiteOptions => ({
  answer: uplink => (uplink.path === '/dp' ? answer(uplink) : undefined),
})

describe('a Send', () => {
  test('is a POST /dp with what is at the paths', async () => {
    const site = await registeredScenario()
    expect(await site.clock.until(send(site))).toBe('sent')
    expect(site.uplinks.at(-1)).toMatchObject({ code: Code.post, path: '/dp', query: [] })
    expect(arrived(site)).toEqual([value(21.5)])
  })

  test('is SenML CBOR by default', async () => {
    const site = await registeredScenario()
    expect(await site.clock.until(send(site, [path], {}))).toBe('sent')
    expect(site.uplinks.at(-1)?.payload).toContain('3303/0/5700')
    expect(() => arrived(site)).toThrow(SyntaxError)
  })

  test('goes out one at a time and in order, each with what holds when it leaves', async () => {
    const site = await registeredScenario()
    site.network.conditions = { ...site.network.conditions, delayMs: [1_000, 1_000] }
    const first = send(site)
    const second = send(site, ['/3303/0/5701', path])
    site.sensor.set({ sensorValue: 22 })
    await site.clock.advance(1_500)
    expect(arrived(site)).toEqual([value(21.5)])
    expect(await site.clock.until(Promise.all([first, second]))).toEqual(['sent', 'sent'])
    expect(arrived(site)).toEqual([value(21.5), value(22)])
  })

  test('of 20 kB goes in blocks', async () => {
    const blob = defineObject({
      id: 32_100,
      name: 'Blob',
      multiple: true,
      resources: { data: { id: 0, type: 'opaque', operations: 'R' } },
    })
    const site = await registeredScenario({ client: { objects: [temperature, blob] } })
    site.client.objects.create(blob, 0, { data: Buffer.alloc(20_000, 7) })
    expect(await site.clock.until(send(site, ['/32100/0/0']))).toBe('sent')
    const [pack] = arrived(site) as [[{ vd: string }]]
    expect(Buffer.from(pack[0].vd, 'base64url')).toEqual(Buffer.alloc(20_000, 7))
  })

  test('waits for a slow read handler, and what follows waits for it', async () => {
    const site = await registeredScenario()
    let finish: (reading: number) => void = () => {}
    site.client.objects.onRead(temperature, 'sensorValue', () => new Promise<number>(resolve => (finish = resolve)))
    const slow = send(site)
    const next = send(site, ['/1/0/1'])
    await site.clock.advance(10_000)
    expect(arrived(site)).toEqual([])
    finish(30)
    expect(await site.clock.until(Promise.all([slow, next]))).toEqual(['sent', 'sent'])
    expect(arrived(site)).toEqual([value(30), [{ bn: '/', n: '1/0/1', v: 300 }]])
  })

  test('waits for the lock of the application', async () => {
    const site = await registeredScenario()
    const unlock = site.client.objects.lock()
    const sending = send(site)
    site.sensor.set({ sensorValue: 23 })
    await site.clock.advance(10_000)
    expect(arrived(site)).toEqual([])
    unlock()
    expect(await site.clock.until(sending)).toBe('sent')
    expect(arrived(site)).toEqual([value(23)])
  })

  test('of no LwM2M path is a PathError', async () => {
    const site = await registeredScenario()
    expect(await site.clock.until(send(site, ['/3303/x']))).toBe('INVALID_PATH')
  })
})

describe('what it may carry', () => {
  test.each([
    ['nothing that is there', ['/9/0', '/3303/7'], 'NOT_FOUND'],
    ['nothing that is readable', ['/1/0/8'], 'NOT_FOUND'],
    ['nothing that has a value', ['/3303/0/5601'], 'NOT_FOUND'],
    ['no path', [], 'NOT_FOUND'],
    ['an object of bootstrap', ['/0'], 'UNAUTHORIZED'],
  ])('%s: %j is %s', async (_name, paths, code) => {
    const site = await registeredScenario()
    expect(await site.clock.until(send(site, paths))).toBe(code)
    expect(arrived(site)).toEqual([])
  })

  test('what the server may not read is left out', async () => {
    const { site, other } = await twoServers()
    const { objects } = site.client
    objects.create(temperature, 1, { sensorValue: 5 })
    // Only server 8 may read /3303/1, which server 7 owns no more than /3303/0.
    const controlOf = (objectInstanceId: number, acl: Record<number, number>) =>
      objects.create(accessControl, objectInstanceId, { objectId: 3303, objectInstanceId, acl, accessControlOwner: 9 })
    controlOf(0, { 7: 1, 8: 1 })
    controlOf(1, { 8: 1 })
    expect(await site.clock.until(send(site, [path, '/3303/1/5700']))).toBe('sent')
    expect(arrived(site)).toEqual([value(21.5)])
    expect(arrived(other)).toEqual([[...value(21.5), { n: '3303/1/5700', v: 5 }]])
    expect(await site.clock.until(send(site, ['/3303/1/5700'], { ...json, server: 7 }))).toBe('UNAUTHORIZED')
  })

  test('a read handler that fails: its error is the cause', async () => {
    const site = await registeredScenario()
    const cause = new Error('the bus is gone')
    site.client.objects.onRead(temperature, 'sensorValue', () => {
      throw cause
    })
    await expect(site.clock.until(site.client.send([path]))).rejects.toMatchObject({ code: 'READ_FAILED', cause })
  })

  test.each([
    ['text', ContentFormat.text],
    ['TLV', ContentFormat.tlv],
    ['SenML-ETCH', ContentFormat.senmlEtchCbor],
    ['a number that is none', 4711],
  ])('no Send in %s', async (_name, contentFormat) => {
    const site = await registeredScenario()
    expect(await site.clock.until(send(site, [path], { contentFormat }))).toBe('UNSUPPORTED_FORMAT')
  })

  test('LwM2M CBOR with LwM2M 1.2 only', async () => {
    const options = { contentFormat: ContentFormat.lwm2mCbor }
    const newer = await registeredScenario()
    expect(await newer.clock.until(send(newer, [path], options))).toBe('sent')
    const older = await registeredScenario({ client: { versions: ['1.1'] } })
    expect(await older.clock.until(send(older, [path], options))).toBe('UNSUPPORTED_FORMAT')
    expect(await older.clock.until(send(older))).toBe('sent')
  })
})

async function twoServers() {
  const servers = [
    { uri: serverUri('10.0.0.2'), shortServerId: 7 },
    { uri: serverUri('10.0.0.3'), shortServerId: 8 },
  ]
  const site = await scenario({ client: { servers, objects: [temperature, accessControl] } })
  const other = await anotherServer(site, '10.0.0.3')
  await site.register()
  return { site, other }
}

describe('to whom', () => {
  test('to every server, and resolves when all have it', async () => {
    const { site, other } = await twoServers()
    const unheard: unknown[] = []
    other.script.answer = uplink => {
      if (uplink.path === '/dp') unheard.push(uplink)
      return undefined
    }
    expect(await site.clock.until(send(site))).toBe('sent')
    expect([arrived(site), arrived(other), unheard.length]).toEqual([[value(21.5)], [value(21.5)], 1])
  })

  test('to the one that is named', async () => {
    const { site, other } = await twoServers()
    expect(await site.clock.until(send(site, [path], { ...json, server: 8 }))).toBe('sent')
    expect([arrived(site), arrived(other)]).toEqual([[], [value(21.5)]])
  })

  test('rejects with the failure of one when all have settled', async () => {
    const { site, other } = await twoServers()
    let isSettled = false
    site.script.answer = ({ path: target }) => (target === '/dp' ? errorResponse(Code.badRequest) : undefined)
    other.script.silent = true
    const sending = send(site).finally(() => (isSettled = true))
    await site.clock.advance(60_000)
    expect(isSettled).toBe(false)
    expect(await site.clock.until(sending)).toBe('REJECTED')
  })

  test('not to a server that has muted Send', async () => {
    const { site, other } = await twoServers()
    site.client.objects.set('/1/0/23', true)
    expect(await site.clock.until(send(site))).toBe('sent')
    expect([arrived(site), arrived(other)]).toEqual([[], [value(21.5)]])
    expect(await site.clock.until(send(site, [path], { server: 7 }))).toBe('MUTED')
    site.client.objects.set('/1/1/23', true)
    expect(await site.clock.until(send(site))).toBe('MUTED')
    site.client.objects.set('/1/0/23', false)
    expect(await site.clock.until(send(site))).toBe('sent')
    expect(arrived(site)).toEqual([value(21.5)])
  })

  test('a server that mutes Send mutes what waits, too', async () => {
    const site = await registeredScenario()
    const unlock = site.client.objects.lock()
    const sendings = [send(site), send(site)]
    await site.clock.advance(0)
    unlock()
    site.client.objects.set('/1/0/23', true)
    expect((await site.clock.until(Promise.all(sendings)))[1]).toBe('MUTED')
  })

  test('not before there is a registration, nor after it, nor to a server that nobody knows', async () => {
    const site = await scenario()
    expect(await send(site)).toBe('NOT_REGISTERED')
    expect(await send(site, [path], queue)).toBe('NOT_REGISTERED')
    site.client.start()
    expect(await send(site)).toBe('NOT_REGISTERED')
    await site.clock.until(site.client.registered())
    expect(await send(site, [path], { server: 99 })).toBe('NOT_REGISTERED')
    await site.clock.until(site.client.stop())
    expect(await send(site)).toBe('NOT_REGISTERED')
    expect(arrived(site)).toEqual([])
  })

  test('not in LwM2M 1.0', async () => {
    const site = await registeredScenario({ client: { versions: ['1.0'] } })
    expect(await site.clock.until(send(site))).toBe('UNSUPPORTED_VERSION')
    expect(arrived(site)).toEqual([])
  })
})

describe('the answer', () => {
  test.each([Code.badRequest, Code.notFound, Code.requestEntityTooLarge, Code.unsupportedContentFormat, Code.content])(
    'code %i is no 2.04: REJECTED with it, and the next goes',
    async code => {
      let answers = 0
      const site = await registeredScenario(answering(() => (answers++ === 0 ? errorResponse(code) : undefined)))
      await expect(site.clock.until(site.client.send([path]))).rejects.toMatchObject({
        code: 'REJECTED',
        responseCode: code,
      })
      expect(await site.clock.until(send(site))).toBe('sent')
    },
  )

  test('none at all is a lost connection, after which the client registers anew or updates', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400 })
    const heal = cutConnections(site)
    const sendings = [send(site), send(site), send(site, [path], queue)]
    await site.clock.advance(silenceMs + 1_000)
    expect(await Promise.all(sendings.slice(0, 2))).toEqual([unansweredCode, 'OFFLINE'])
    expect(site.events).toContainEqual(
      expect.objectContaining({ type: 'REG_TIMEOUT', cause: expect.objectContaining({ code: 'TIMEOUT' }) }),
    )
    heal()
    expect(await site.clock.until(sendings[2] as Promise<unknown>)).toBe('sent')
    expect(arrived(site)).toHaveLength(1)
  })

  test('no response after the acknowledgement leaves the connection alone', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400 })
    site.script.silent = true
    expect(await site.clock.until(send(site))).toBe('NO_RESPONSE')
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
  })
})

describe('while the client sleeps', () => {
  test.each(['close', 'keep', 'listen'] as const)('it wakes the client and leaves after the Update: %s', async how => {
    const site = await registeredScenario({
      lifetimeSeconds: 86_400,
      client: { queueMode: { awakeSeconds: 20, whileAsleep: how } },
    })
    for (let round = 1; round <= 2; round++) {
      await site.clock.advance(25_000)
      expect(site.eventTypes.at(-1)).toBe('QUEUE_MODE_RX_OFF')
      const sendings = [send(site), send(site)]
      expect(await site.clock.until(Promise.all(sendings))).toEqual(['sent', 'sent'])
      expect(site.uplinks.slice(-3).map(uplink => uplink.path)).toEqual(['/rd/r1', '/dp', '/dp'])
    }
    expect(arrived(site)).toEqual([value(21.5), value(21.5), value(21.5), value(21.5)])
  })

  test('one that waits for a slow handler when the client falls asleep wakes it again', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400, client: { queueMode: { awakeSeconds: 20 } } })
    let reads = 0
    site.client.objects.onRead(temperature, 'sensorValue', () =>
      reads++ === 0 ? new Promise<number>(() => undefined) : 30,
    )
    const sending = send(site)
    await site.clock.advance(25_000)
    expect(await site.clock.until(sending)).toBe('sent')
    expect(arrived(site)).toEqual([value(30)])
  })

  test('a server that is gone when the client wakes', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400, client: { queueMode: { awakeSeconds: 20 } } })
    await site.clock.advance(25_000)
    const heal = cutNetwork(site)
    const sendings = [send(site), send(site, [path], queue)]
    await site.clock.advance(unreachable.withinMs)
    expect(await sendings[0]).toBe('OFFLINE')
    heal()
    expect(await site.clock.until(sendings[1] as Promise<unknown>)).toBe('sent')
  })
})

/** Ways to be out of reach with a registration, and back. */
const absences: [name: string, leave: (site: ClientSite) => Promise<void> | void, back: (site: ClientSite) => void][] =
  [
    ['offline', ({ client }) => client.enterOffline(), ({ client }) => client.exitOffline()],
    ['suspended', ({ client }) => client.suspend(), ({ client }) => client.resume()],
    [
      'disabled',
      async ({ client, clock }) => {
        client.disable(7)
        await clock.advance(5_000)
      },
      ({ client }) => client.enable(7),
    ],
  ]

describe.each(absences)('while the client is %s', (_name, leave, back) => {
  test('it is rejected', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400 })
    await leave(site)
    expect(await send(site)).toBe('OFFLINE')
    back(site)
    await site.clock.advance(10_000)
    expect(arrived(site)).toEqual([])
    expect(await site.clock.until(send(site))).toBe('sent')
  })

  test('or kept with its time, and sent in order once the server confirms the registration', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400 })
    await leave(site)
    const startSeconds = site.clock.now() / 1_000
    const sendings: Promise<unknown>[] = []
    for (const sensorValue of [1, 2]) {
      site.sensor.set({ sensorValue })
      sendings.push(send(site, [path], queue))
      await site.clock.advance(60_000)
    }
    site.sensor.set({ sensorValue: 3 })
    back(site)
    expect(await site.clock.until(Promise.all(sendings))).toEqual(['sent', 'sent'])
    expect(arrived(site)).toEqual([value(1, startSeconds), value(2, startSeconds + 60)])
    expect(site.uplinks.slice(-3).map(uplink => uplink.path)).toEqual([expect.stringMatching(/^\/rd/), '/dp', '/dp'])
  })

  test('no more than so many are kept', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400, client: { maximumWaitingSends: 3 } })
    await leave(site)
    const sendings = Array.from({ length: 4 }, () => send(site, [path], queue))
    expect(await sendings[3]).toBe('QUEUE_FULL')
    back(site)
    expect(await site.clock.until(Promise.all(sendings.slice(0, 3)))).toEqual(['sent', 'sent', 'sent'])
    expect(arrived(site)).toHaveLength(3)
  })

  test('what is kept ends with a stop', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400 })
    await leave(site)
    const sending = send(site, [path], queue)
    await site.clock.until(site.client.stop())
    expect(await sending).toBe('CLOSED')
    site.client.start()
    await site.clock.advance(10_000)
    expect(arrived(site)).toEqual([])
  })

  test('a format without times cannot be kept', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400 })
    await leave(site)
    const options = { contentFormat: ContentFormat.lwm2mCbor, whenOffline: 'queue' } as const
    expect(await send(site, [path], options)).toBe('UNSUPPORTED_FORMAT')
  })

  test('what cannot be read is told at once', async () => {
    const site = await registeredScenario({ lifetimeSeconds: 86_400, client: { maximumWaitingSends: 1 } })
    await leave(site)
    expect(await send(site, ['/9999'], queue)).toBe('NOT_FOUND')
    const sending = send(site, [path], queue)
    back(site)
    expect(await site.clock.until(sending)).toBe('sent')
  })
})

test('when the connection goes while a Send is in flight, it is rejected or follows with its time', async () => {
  const site = await registeredScenario({ lifetimeSeconds: 86_400 })
  const startSeconds = site.clock.now() / 1_000
  const heal = cutNetwork(site)
  const sendings = [send(site, [path], queue), send(site)]
  await site.clock.advance(5_000)
  site.sensor.set({ sensorValue: 40 })
  site.client.enterOffline()
  expect(await sendings[1]).toBe('OFFLINE')
  heal()
  site.client.exitOffline()
  expect(await site.clock.until(sendings[0] as Promise<unknown>)).toBe('sent')
  expect(arrived(site)).toEqual([value(21.5, startSeconds)])
})

test('after a restart of the process it waits for the Update', async () => {
  const site = await restartSite()
  const persistence = await site.killed()
  const device = site.boot(persistence)
  device.client.start()
  expect(await outcome(device.client.send([path]))).toBe('OFFLINE')
  expect(await site.clock.until(outcome(device.client.send([path], { whenOffline: 'queue' })))).toBe('sent')
  expect(device.sent).toEqual([expect.stringMatching(/^POST \/rd\/./), expect.stringMatching(/^POST \/dp /)])
  await site.clock.until(device.client.stop())
  await site.close()
})

test('64 wait by default', async () => {
  const site = await registeredScenario({ lifetimeSeconds: 86_400 })
  site.client.enterOffline()
  const sendings = Array.from({ length: 65 }, () => send(site, [path], queue))
  expect(await sendings[64]).toBe('QUEUE_FULL')
  site.client.exitOffline()
  expect(await site.clock.until(Promise.all(sendings.slice(0, 64)))).toEqual(Array(64).fill('sent'))
})

test('a stop ends what is in flight and what waits', async () => {
  const site = await registeredScenario({ lifetimeSeconds: 86_400 })
  site.script.silent = true
  const sendings = [send(site), send(site), send(site, [path], queue)]
  await site.clock.advance(1_000)
  const stopped = site.client.stop()
  expect(await site.clock.until(Promise.all(sendings))).toEqual(['CLOSED', 'CLOSED', 'CLOSED'])
  await site.clock.until(stopped)
})

test('while the De-register is under way there is no registration any more', async () => {
  const site = await registeredScenario({ lifetimeSeconds: 86_400 })
  site.script.silent = true
  const stopped = site.client.stop()
  expect(await send(site, [path], queue)).toBe('NOT_REGISTERED')
  await site.clock.until(stopped)
})

test('a stop by the root actor ends what is kept, too', async () => {
  const site = await registeredScenario({ lifetimeSeconds: 86_400 })
  site.client.enterOffline()
  const sending = send(site, [path], queue)
  site.client.actor.send({ type: 'stop' })
  expect(await sending).toBe('CLOSED')
})

test('what is kept is not read again', async () => {
  const site = await registeredScenario({ lifetimeSeconds: 86_400 })
  let reads = 0
  site.client.objects.onRead(temperature, 'sensorValue', () => ++reads)
  site.client.enterOffline()
  const sending = send(site, [path], queue)
  site.client.exitOffline()
  expect(await site.clock.until(sending)).toBe('sent')
  expect(reads).toBe(1)
})

test('a server that forgets the client ends what does not queue', async () => {
  const site = await registeredScenario({ lifetimeSeconds: 86_400 })
  site.script.answer = ({ path: target }) => (target === '/rd/r1' ? errorResponse(Code.notFound) : undefined)
  let finish: (reading: number) => void = () => {}
  site.client.objects.onRead(temperature, 'sensorValue', () => new Promise<number>(resolve => (finish = resolve)))
  const sendings = [send(site), send(site, ['/1/0/1'], queue)]
  site.client.update()
  await site.clock.advance(5_000)
  finish(50)
  expect(await site.clock.until(Promise.all(sendings))).toEqual(['CLOSED', 'sent'])
  expect(site.uplinks.slice(-2).map(uplink => uplink.path)).toEqual(['/rd', '/dp'])
})

test('a client that has given up ends what is kept when it is stopped', async () => {
  const retry = { initialDelaySeconds: 1, maximumDelaySeconds: 1, attempts: 1 }
  const site = await registeredScenario({ lifetimeSeconds: 86_400, client: { retry } })
  const heal = cutNetwork(site)
  const sendings = [send(site), send(site, [path], queue)]
  await site.clock.advance(3_600_000)
  expect(site.eventTypes.at(-1)).toBe('NETWORK_ERROR')
  expect(await sendings[0]).toBe(unansweredCode)
  await site.clock.until(site.client.stop())
  expect(await sendings[1]).toBe('CLOSED')
  heal()
})
