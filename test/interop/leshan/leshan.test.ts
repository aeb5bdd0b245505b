import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { Lwm2mClient } from '../../../index.ts'
import { temperature } from '../../../objects/index.ts'
import { describePeer } from '../peer-suite.ts'
import { Relay } from '../relay.ts'
import type { EventStream } from './event-stream.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'

const sensorValue = '/3303/0/5700'
const lifetime = '/1/0/1'
const registrationUpdateTrigger = '/1/0/8'

describePeer('Leshan 2.0.0-M18 over UDP', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan
  let cleanUp: (() => Promise<void> | void)[] = []
  let count = 0

  beforeAll(async () => {
    leshan = await startLeshan()
  })
  afterEach(async () => {
    for (const step of cleanUp.toReversed()) await step()
    cleanUp = []
  })
  afterAll(() => leshan?.close())

  /** A registered client of its own for each test, with the wire between it and Leshan. */
  async function site(): Promise<{ client: Lwm2mClient; endpoint: string; events: EventStream; relay: Relay }> {
    const endpoint = `urn:dev:os:leshan-${++count}`
    const relay = await Relay.start(leshan.coapUri)
    cleanUp.push(() => relay.close())
    const events = await leshan.events(endpoint)
    const client = new Lwm2mClient({
      endpoint,
      servers: [{ uri: relay.uri, shortServerId: 1, lifetimeSeconds: 300 }],
      objects: [temperature],
    })
    client.objects.create(temperature, 0, { sensorValue: 21.5, sensorUnits: 'Cel' })
    client.start()
    cleanUp.push(() => client.stop())
    await client.registered()
    return { client, endpoint, events, relay }
  }

  it('Register and Deregister', async () => {
    const { client, events } = await site()

    const { data } = await events.next('REGISTRATION')
    expect(data).toMatchObject({ lwM2mVersion: '1.1', lifetime: 300, bindingMode: '[U]', queuemode: false })
    expect(data.objectLinks.map(link => link.url)).toEqual(expect.arrayContaining(['/1/0', '/3/0', '/3303/0']))

    await client.stop()
    expect((await events.next('DEREGISTRATION')).data.expired).toBe(false)
    expect(events.history.map(event => event.type)).toEqual(['REGISTRATION', 'DEREGISTRATION'])
  })

  it('Read in TLV, SenML JSON and SenML CBOR carries equal values', async () => {
    const { endpoint } = await site()

    const tlv = await leshan.read(endpoint, '/3/0', { format: 'TLV' })
    expect(tlv.status).toBe('CONTENT(205)')
    expect(Object.keys(tlv.content ?? {})).toEqual(expect.arrayContaining(['/3/0/0', '/3/0/16']))
    expect(await leshan.read(endpoint, '/3/0', { format: 'SENML_JSON' })).toEqual(tlv)
    expect(await leshan.read(endpoint, '/3/0', { format: 'SENML_CBOR' })).toEqual(tlv)

    const value = { status: 'CONTENT(205)', success: true, content: { [sensorValue]: 21.5 } }
    expect(await leshan.read(endpoint, sensorValue)).toEqual(value)
    for (const format of ['TEXT', 'TLV', 'SENML_JSON', 'SENML_CBOR', 'CBOR'] as const) {
      expect(await leshan.read(endpoint, sensorValue, { format }), format).toEqual(value)
    }
  })

  it('Read of an unknown path is 4.04 Not Found, of the Security Object 4.01 Unauthorized', async () => {
    const { endpoint } = await site()
    expect((await leshan.read(endpoint, '/3303/7')).status).toBe('NOT_FOUND(404)')
    expect((await leshan.read(endpoint, '/0')).status).toBe('UNAUTHORIZED(401)')
  })

  it('Write of Lifetime is followed by an Update with the new lifetime', async () => {
    const { endpoint, events } = await site()
    expect((await leshan.write(endpoint, lifetime, { [lifetime]: 120 })).status).toBe('CHANGED(204)')
    expect((await events.next('UPDATED')).data.update.lifetime).toBe(120)
    expect((await leshan.client(endpoint)).lifetime).toBe(120)
    expect((await leshan.read(endpoint, lifetime)).content).toEqual({ [lifetime]: 120 })
  })

  it('Execute of Registration Update Trigger is followed by an Update', async () => {
    const { endpoint, events } = await site()
    expect((await leshan.execute(endpoint, registrationUpdateTrigger)).status).toBe('CHANGED(204)')
    expect((await events.next('UPDATED')).data.registration.endpoint).toBe(endpoint)
  })

  it('Discover lists resources with their attributes', async () => {
    const { endpoint } = await site()
    expect((await leshan.writeAttributes(endpoint, '/3', 'pmin=5')).status).toBe('CHANGED(204)')

    const { status, objectLinks = [] } = await leshan.discover(endpoint, '/3')
    expect(status).toBe('CONTENT(205)')
    expect(objectLinks.map(link => link.url)).toEqual(expect.arrayContaining(['/3', '/3/0', '/3/0/0', '/3/0/16']))
    expect(objectLinks.find(link => link.url === '/3')?.attributes).toMatchObject({ pmin: '5' })
  })

  it('Observe holds a notification back for pmin and sends one after pmax', async () => {
    const { client, endpoint, events } = await site()
    await leshan.writeAttributes(endpoint, sensorValue, 'pmin=1&pmax=3')
    const observed = await leshan.observe(endpoint, sensorValue)
    const observedMs = performance.now()
    expect(observed.content).toEqual({ [sensorValue]: 21.5 })

    client.objects.set(sensorValue, 22)
    client.objects.set(sensorValue, 23)
    const afterPmin = await events.next('NOTIFICATION')
    const afterPmax = await events.next('NOTIFICATION')

    expect(afterPmin.data).toMatchObject({ res: sensorValue, val: { [sensorValue]: 23 } })
    expect(secondsBetween(observedMs, afterPmin)).toBeCloseTo(1, 0)
    expect(afterPmin.atMs - observedMs).toBeGreaterThan(900)
    expect(afterPmax.data.val).toEqual({ [sensorValue]: 23 })
    expect(secondsBetween(afterPmin.atMs, afterPmax)).toBeCloseTo(3, 0)
    expect(events.history.some(event => event.type === 'NOTIFICATION_ERROR')).toBe(false)
  })

  it('Cancel Observation by a Reset', async () => {
    const { client, endpoint, relay } = await site()
    await leshan.observe(endpoint, sensorValue)
    expect(await leshan.cancelPassively(endpoint, sensorValue)).toBe(1)

    client.objects.set(sensorValue, 22)
    await vi.waitFor(() => expect(relay.resets).toHaveLength(1), 5_000)
    client.objects.set(sensorValue, 23)
    await wait(500)
    expect(relay.notifications).toHaveLength(1)
  })

  it('Cancel Observation by a GET with Observe 1', async () => {
    const { client, endpoint, relay } = await site()
    await leshan.observe(endpoint, sensorValue)
    client.objects.set(sensorValue, 22)
    await vi.waitFor(() => expect(relay.notifications).toHaveLength(1), 5_000)

    expect((await leshan.cancelActively(endpoint, sensorValue)).content).toEqual({ [sensorValue]: 22 })
    client.objects.set(sensorValue, 23)
    await wait(500)
    expect(relay.notifications).toHaveLength(1)
  })
})

function secondsBetween(startMs: number, event: { readonly atMs: number }): number {
  return (event.atMs - startMs) / 1_000
}
