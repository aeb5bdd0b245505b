import { describe, expect, onTestFinished, test } from 'vitest'
import { Gateway } from '../../client/gateway.ts'
import type { ObservationEvent } from '../../client/observation-event.ts'
import { accessControl } from '../../objects/definitions/access-control.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ResponseCode } from '../../objects/errors.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import type { ReadResult } from '../../server/results.ts'
import type { ReceivedSend } from '../../server/sends.ts'
import { account, MemoryPersistence, restartSite } from '../helpers/restart-site.ts'
import { endpoint, registeredSite, type SiteOptions } from '../helpers/site.ts'

const text = { accept: ContentFormat.text }
const value = '/d01/3303/0/5700'

/** A registered client with a device behind it. */
async function gatewaySite(options: SiteOptions = {}) {
  const site = await registeredSite(options)
  onTestFinished(() => site.close())
  const gateway = new Gateway(site.client)
  const device = gateway.add({ deviceId: 'urn:dev:mac:01', prefix: 'd01', objects: [temperature] })
  const sensor = device.objects.create(temperature, 0, { sensorValue: 5, sensorUnits: 'Cel', applicationType: 'shed' })
  await site.clock.advance(1_000)
  return {
    ...site,
    gateway,
    device,
    deviceSensor: sensor,
    /** What the server gets, or the code of its refusal. */
    ask: <T>(request: Promise<T>): Promise<T | number> =>
      site.clock.until(
        request.catch((error: { responseCode?: number }) => {
          if (error.responseCode === undefined) throw error
          return error.responseCode
        }),
      ),
    /** The payloads of what a server observes, as text. */
    observe: (path: string, accept: number = ContentFormat.text) => {
      const told: string[] = []
      const subscription = site.server.observe(endpoint, path, { accept }).subscribe({
        next: ({ payload, responseCode }) => told.push(payload.length > 0 ? textOf(payload) : String(responseCode)),
        error: (error: { responseCode?: number }) => told.push(String(error.responseCode)),
      })
      return { told, subscription }
    },
  }
}

const textOf = (payload: Uint8Array) => Buffer.from(payload).toString()
const contents = (result: ReadResult | number) => (typeof result === 'number' ? result : textOf(result.payload))

describe('a device behind a client', () => {
  test('is an instance of object 25 that says what it has, and none of it is in the registration', async () => {
    const site = await gatewaySite()
    const { values } = (await site.ask(site.server.read(endpoint, '/25'))) as ReadResult
    expect(values.map(one => one.value)).toEqual(['urn:dev:mac:01', 'd01', '</3303>;ver=1.1,</3303/0>'])
    const { events } = site
    const { objectLinks } = (events.at(-1) as { registration: { objectLinks: string } }).registration
    expect([events.at(-1)?.type, objectLinks.split(',').slice(-3)]).toEqual([
      'updated',
      ['</25/0>', '</3303>;ver=1.1', '</3303/0>'],
    ])
  })

  test('of which /25/x/3 follows what comes and goes, without an Update', async () => {
    const site = await gatewaySite()
    const { told } = site.observe('/25/0/3')
    await site.clock.advance(0)
    const updates = site.events.length
    site.device.objects.create(temperature, 7, { sensorValue: 1 })
    await site.clock.advance(2_000)
    site.device.objects.delete('/3303/0')
    await site.clock.advance(2_000)
    const object = '</3303>;ver=1.1'
    expect(told).toEqual([`${object},</3303/0>`, `${object},</3303/0>,</3303/7>`, `${object},</3303/7>`])
    expect(site.events.length).toBe(updates)
  })

  test('that is removed is gone, and its observers hear of that', async () => {
    const site = await gatewaySite()
    const { told } = site.observe(value)
    await site.clock.advance(0)
    site.device.remove()
    await site.clock.advance(1_000)
    expect([told, site.gateway.devices]).toEqual([['5', String(ResponseCode.notFound)], []])
    expect(await site.ask(site.server.read(endpoint, value, text))).toBe(ResponseCode.notFound)
    expect(await site.ask(site.server.read(endpoint, '/25/0'))).toBe(ResponseCode.notFound)
    expect(site.events.at(-1)).toMatchObject({ registration: { objectLinks: expect.not.stringContaining('</25/0>') } })
    const again = site.gateway.add({ deviceId: 'urn:dev:mac:01', prefix: 'd01' })
    expect(again.instanceId).toBe(0)
    site.device.remove()
    expect(site.gateway.devices, 'what came back is not removed with what was').toEqual([again])
    expect(site.client.objects.has('/25/0')).toBe(true)
  })

  test('has a prefix that is its own and cannot be taken for anything else', async () => {
    const { gateway } = await gatewaySite()
    const refused = expect.objectContaining({ code: 'INVALID_OPTIONS' })
    for (const prefix of ['d01', '', '3303', 'bs', 'rd', 'dp', '..', '.well-known', 'a/b', 'ä', 'x'.repeat(33), '_a']) {
      expect(() => gateway.add({ deviceId: 'other', prefix }), prefix).toThrow(refused)
    }
    expect(() => gateway.add({ deviceId: 'urn:dev:mac:01' })).toThrow(refused)
    expect(() => gateway.add({ deviceId: '' })).toThrow(refused)
    expect(() => gateway.add({ deviceId: 'other', instanceId: 0 })).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST' }),
    )
    expect(gateway.add({ deviceId: 'd1 by name', prefix: 'd1', instanceId: 5 }).prefix).toBe('d1')
    expect(gateway.add({ deviceId: 'by number' })).toMatchObject({ prefix: 'd2', instanceId: 1 })
    expect(gateway.devices.map(({ prefix }) => prefix)).toEqual(['d01', 'd1', 'd2'])
  })

  test('is made by the gateway alone: no server creates one, and one that a server deletes is still there', async () => {
    const site = await gatewaySite()
    const { server } = site
    expect(await site.ask(server.create(endpoint, '/25', []))).toBe(ResponseCode.methodNotAllowed)
    expect(await site.ask(server.delete(endpoint, '/25/0'))).toMatchObject({ responseCode: ResponseCode.deleted })
    expect(contents((await site.ask(server.read(endpoint, '/25/0/1', text))) as ReadResult)).toBe('d01')
    expect(contents((await site.ask(server.read(endpoint, value, text))) as ReadResult)).toBe('5')
  })
})

describe('below its prefix', () => {
  test.each([
    [
      ContentFormat.senmlJson,
      '[{"bn":"/d01/3303/0/","n":"5700","v":5},{"n":"5701","vs":"Cel"},{"n":"5750","vs":"shed"}]',
    ],
    [
      ContentFormat.lwm2mJson,
      '{"bn":"/d01/3303/0/","e":[{"n":"5700","v":5},{"n":"5701","sv":"Cel"},{"n":"5750","sv":"shed"}]}',
    ],
  ])('a Read in Content-Format %i names places with it', async (accept, payload) => {
    const site = await gatewaySite()
    const result = (await site.ask(site.server.read(endpoint, '/d01/3303/0', { accept }))) as ReadResult
    expect(contents(result)).toBe(payload)
    expect(result.values.map(({ path }) => path[2])).toEqual([5700, 5701, 5750])
  })

  test('a Read is of the device and not of the client', async () => {
    const site = await gatewaySite()
    const read = (path: string) => site.ask(site.server.read(endpoint, path, { accept: ContentFormat.text }))
    expect(contents(await read('/3303/0/5700'))).toBe('21.5')
    expect(contents(await read(value))).toBe('5')
    expect(await read('/d01/1/0/1')).toBe(ResponseCode.notFound)
    expect(await read('/d02/3303/0/5700')).toBe(ResponseCode.notFound)
  })

  test.each([ContentFormat.tlv, ContentFormat.senmlJson, ContentFormat.senmlCbor])(
    'a Write in Content-Format %i reaches the device',
    async contentFormat => {
      const site = await gatewaySite()
      const values = [{ path: [3303, 0, 5750], value: 'garage' }]
      const written = site.server.write(endpoint, '/d01/3303/0', values, { mode: 'update', contentFormat })
      expect(await site.ask(written)).toMatchObject({ responseCode: ResponseCode.changed })
      expect(site.deviceSensor.get('applicationType')).toBe('garage')
      expect(site.sensor.get('applicationType')).toBeUndefined()
    },
  )

  test('instances are created, with the prefix in their location, and deleted', async () => {
    const site = await gatewaySite()
    const created = site.server.create(endpoint, '/d01/3303', [])
    expect(await site.ask(created)).toMatchObject({ responseCode: ResponseCode.created })
    expect(site.wire.at(-1)).toContain('/d01/3303/1')
    expect(contents((await site.ask(site.server.read(endpoint, '/25/0/3', text))) as ReadResult)).toBe(
      '</3303>;ver=1.1,</3303/0>,</3303/1>',
    )
    await site.ask(site.server.delete(endpoint, '/d01/3303/0'))
    expect(site.device.objects.entries('/3303').map(({ path }) => path)).toEqual([[3303, 1]])
    expect(site.client.objects.has('/3303/0')).toBe(true)
  })

  test('an Execute is for its handlers', async () => {
    const site = await gatewaySite()
    const run: string[] = []
    site.device.objects.onExecute(temperature, 'resetMinAndMaxMeasuredValues', path => void run.push(path.join('/')))
    site.client.objects.onExecute(temperature, 'resetMinAndMaxMeasuredValues', () => void run.push('client'))
    await site.ask(site.server.execute(endpoint, '/d01/3303/0/5605'))
    expect(run).toEqual(['3303/0/5605'])
  })

  test('Write-Attributes and Discover are of the device, and links have no prefix', async () => {
    const site = await gatewaySite()
    await site.ask(site.server.writeAttributes(endpoint, value, { pminSeconds: 10 }))
    const { links } = (await site.ask(site.server.discover(endpoint, value))) as { links: readonly unknown[] }
    expect(links).toEqual([{ target: '/3303/0/5700', attributes: { pmin: '10' } }])
    const own = (await site.ask(site.server.discover(endpoint, '/3303/0/5700'))) as { links: readonly unknown[] }
    expect(own.links).toEqual([{ target: '/3303/0/5700', attributes: {} }])
    expect(site.client.servers()[0]?.attributes).toEqual({ [value]: { pminSeconds: 10 } })
  })

  test('there is no Access Control', async () => {
    const site = await gatewaySite({ client: { objects: [temperature, accessControl] } })
    site.client.objects.create(accessControl, 0, { objectId: 3303, objectInstanceId: 0, accessControlOwner: 9 })
    expect(await site.ask(site.server.read(endpoint, '/d01/3303/0'))).toMatchObject({
      responseCode: ResponseCode.content,
    })
  })

  test('a request waits for the lock of the device', async () => {
    const site = await gatewaySite()
    const unlock = site.device.objects.lock()
    const read = site.server.read(endpoint, value, { accept: ContentFormat.text })
    site.deviceSensor.set({ sensorValue: 6 })
    setImmediate(unlock)
    expect(contents((await site.ask(read)) as ReadResult)).toBe('6')
  })
})

describe('composite operations', () => {
  test('are about the device that the names begin with', async () => {
    const site = await gatewaySite()
    const { server } = site
    const options = { contentFormat: ContentFormat.senmlJson }
    const read = await site.ask(server.readComposite(endpoint, [value, '/d01/3303/0/5701'], options))
    expect(contents(read)).toBe('[{"bn":"/d01/","n":"3303/0/5700","v":5},{"n":"3303/0/5701","vs":"Cel"}]')
    const all = await site.ask(
      server.readComposite(endpoint, ['/d01/'], { ...options, accept: ContentFormat.lwm2mCbor }),
    )
    // {["d01", 3303, 0]: {5700: 5.0, …}}
    expect(Buffer.from((all as ReadResult).payload).toString('hex')).toMatch(/^a18363643031190ce700a3191644f94500/)
    const values = [{ path: [3303, 0, 5750], value: 'roof' }]
    for (const contentFormat of [ContentFormat.senmlEtchJson, ContentFormat.lwm2mCbor]) {
      site.deviceSensor.set({ applicationType: 'shed' })
      await site.ask(server.writeComposite(endpoint, values, { contentFormat, prefix: 'd01' }))
      expect(site.deviceSensor.get('applicationType')).toBe('roof')
    }
  })

  test('are not for a device that is not there', async () => {
    const site = await gatewaySite()
    expect(await site.ask(site.server.readComposite(endpoint, ['/d02/3303']))).toBe(ResponseCode.notFound)
  })

  test('observe the device, too', async () => {
    const site = await gatewaySite()
    const told: string[] = []
    site.server
      .observeComposite(endpoint, [value, '/d01/3303/0/5701'], { contentFormat: ContentFormat.senmlJson })
      .subscribe(result => told.push(contents(result) as string))
    await site.clock.advance(0)
    site.deviceSensor.set({ sensorValue: 6 })
    await site.clock.advance(1_000)
    expect(told.at(-1)).toBe('[{"bn":"/d01/","n":"3303/0/5700","v":6},{"n":"3303/0/5701","vs":"Cel"}]')
    expect(site.client.servers()[0]?.observations).toEqual([
      { paths: [value, '/d01/3303/0/5701'], isComposite: true, attributes: {} },
    ])
  })
})

describe('a Send', () => {
  test('tells of a device with its prefix', async () => {
    const site = await gatewaySite()
    const sends: ReceivedSend[] = []
    site.server.sends$.subscribe(send => sends.push(send))
    await site.clock.until(site.client.send([value]))
    await site.clock.advance(0)
    expect(sends).toMatchObject([{ endpoint, prefix: 'd01', values: [{ path: [3303, 0, 5700], value: 5 }] }])
    const badPath = expect.objectContaining({ code: 'INVALID_PATH' })
    await expect(site.client.send([value, '/3303/0/5700'])).rejects.toEqual(badPath)
    await expect(site.client.send(['/d02/3303/0/5700'])).rejects.toEqual(badPath)
  })
})

describe('an observation of a device', () => {
  test('is another one than that of the same path of the client', async () => {
    const site = await gatewaySite()
    const events: ObservationEvent[] = []
    site.client.observations$.subscribe(event => events.push(event))
    const own = site.observe('/3303/0/5700')
    const ofDevice = site.observe(value)
    await site.clock.advance(0)
    site.deviceSensor.set({ sensorValue: 6 })
    site.sensor.set({ sensorValue: 30 })
    await site.clock.advance(1_000)
    expect([own.told, ofDevice.told]).toEqual([
      ['21.5', '30'],
      ['5', '6'],
    ])
    ofDevice.subscription.unsubscribe()
    await site.clock.advance(1_000)
    site.deviceSensor.set({ sensorValue: 7 })
    site.sensor.set({ sensorValue: 31 })
    await site.clock.advance(1_000)
    expect([own.told.at(-1), ofDevice.told.at(-1)]).toEqual(['31', '6'])
    expect(events).toMatchObject([
      { type: 'added', paths: ['/3303/0/5700'] },
      { type: 'added', paths: [value] },
      { type: 'removed', paths: [value] },
    ])
  })

  test('goes by the attributes of the device, and the periods of the Server object', async () => {
    const site = await gatewaySite({ defaultPminSeconds: 10 })
    const { told } = site.observe(value)
    await site.clock.advance(0)
    site.deviceSensor.set({ sensorValue: 6 })
    await site.clock.advance(9_000)
    expect(told).toEqual(['5'])
    await site.clock.advance(1_000)
    expect(told).toEqual(['5', '6'])
    await site.ask(site.server.writeAttributes(endpoint, value, { pminSeconds: 0, gt: 8 }))
    site.deviceSensor.set({ sensorValue: 7 })
    await site.clock.advance(1_000)
    site.deviceSensor.set({ sensorValue: 9 })
    await site.clock.advance(1_000)
    expect(told).toEqual(['5', '6', '9'])
  })

  test('wakes a client that sleeps, and none leaves before the Update', async () => {
    const site = await gatewaySite({ client: { queueMode: { awakeSeconds: 20 } } })
    const { told } = site.observe(value)
    await site.clock.advance(60_000)
    expect(site.client.servers()[0]?.state).toBe('asleep')
    const before = site.wire.length
    site.deviceSensor.set({ sensorValue: 6 })
    await site.clock.advance(1_000)
    expect(told).toEqual(['5', '6'])
    expect(site.wire.slice(before)[0]).toMatch(/^→ POST \/rd\/./)
  })

  test('is kept while the client is offline, with each change where the server wants that', async () => {
    const site = await gatewaySite({ storesNotifications: true })
    const { told } = site.observe(value)
    await site.clock.advance(0)
    site.client.enterOffline()
    for (const sensorValue of [6, 7, 8]) {
      site.deviceSensor.set({ sensorValue })
      await site.clock.advance(1_000)
    }
    site.client.exitOffline()
    await site.clock.advance(1_000)
    expect(told).toEqual(['5', '6', '7', '8'])
  })

  test('stands still while the client is suspended', async () => {
    const site = await gatewaySite()
    const { told } = site.observe(value)
    await site.clock.advance(0)
    site.client.suspend()
    site.deviceSensor.set({ sensorValue: 6 })
    await site.clock.advance(1_000)
    expect(told).toEqual(['5'])
    site.client.resume()
    await site.clock.advance(1_000)
    expect(told).toEqual(['5', '6'])
  })

  test('ends with the registration', async () => {
    const site = await gatewaySite()
    site.observe(value)
    await site.clock.advance(0)
    expect(site.client.servers()[0]?.observations).toHaveLength(1)
    await site.clock.until(site.client.stop())
    expect(site.client.servers()[0]?.observations).toEqual([])
  })
})

test('two servers have to do with the same device, each in its own way', async () => {
  const site = await restartSite()
  onTestFinished(() => site.close())
  const servers = [account, { uri: 'coap://10.0.0.3', shortServerId: 2 }]
  const { client, start, kill } = site.boot(new MemoryPersistence(), { servers })
  const device = new Gateway(client).add({ deviceId: 'a', prefix: 'd01', objects: [temperature] })
  const sensor = device.objects.create(temperature, 0, { sensorValue: 5 })
  await start()
  await site.clock.until(site.second.writeAttributes(endpoint, value, { gt: 10 }))
  const told: string[] = []
  for (const server of [site.server, site.second]) {
    server
      .observe(endpoint, value, { accept: ContentFormat.text })
      .subscribe(({ payload }) => told.push(`${server === site.server ? 1 : 2}: ${textOf(payload)}`))
  }
  await site.clock.advance(1_000)
  for (const sensorValue of [6, 11]) {
    sensor.set({ sensorValue })
    await site.clock.advance(1_000)
  }
  expect(told).toEqual(['1: 5', '2: 5', '1: 6', '1: 11', '2: 11'])
  kill()
})

test('one confirmable notification at a time leaves, whichever device it is of (RFC 7252 §4.7)', async () => {
  const site = await gatewaySite({ client: { confirmableNotifications: true } })
  const others = Array.from({ length: 5 }, (_, index) => {
    const device = site.gateway.add({ deviceId: `other ${index}`, prefix: `o${index}` })
    return device.objects.create(temperature, 0, { sensorValue: 1 })
  })
  const told = others.map((_, index) => site.observe(`/o${index}/3303/0/5700`).told)
  await site.clock.advance(1_000)
  site.network.conditions = { ...site.network.conditions, delayMs: [500, 500] }
  for (const sensor of others) sensor.set({ sensorValue: 2 })
  for (const sensor of others) sensor.set({ sensorValue: 3 })
  await site.clock.advance(10_000)
  // While the first is on its way, the others wait with their newest state.
  const rest = others.slice(1).map(() => ['1', '3'])
  expect(told).toEqual([['1', '2', '3'], ...rest])
})
