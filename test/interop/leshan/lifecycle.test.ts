import { afterAll, beforeAll, it, type TestContext } from 'vitest'
import type { ClientOptions, ServerOptions } from '../../../index.ts'
import { describePeer } from '../peer-suite.ts'
import { changed, content } from './answers.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { LifecycleClient, sensorValue } from './lifecycle-client.ts'

const registered = 'Register lwm2m=1.1 lt=300: 2.01'

describePeer('Leshan 2.0.0-M18 and the life of a registration', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan

  beforeAll(async () => {
    leshan = await startLeshan()
  })
  afterAll(() => leshan?.close())

  async function site(
    { onTestFinished }: TestContext,
    { server, ...options }: Partial<ClientOptions> & { server?: Partial<ServerOptions> } = {},
  ) {
    const device = new LifecycleClient({
      servers: [{ uri: leshan.coapUri, shortServerId: 1, ...server }],
      versions: ['1.1'],
      ...options,
    })
    const events = await leshan.events(device.endpoint)
    onTestFinished(() => device.client.stop())
    await device.register()
    await events.next('REGISTRATION')
    const { client, endpoint, requests, told } = device
    return { client, endpoint, requests, told, events }
  }

  it.concurrent('4.12 to LwM2M 1.2: the client registers as 1.1, and stays with that', async context => {
    const { expect } = context
    const { client, endpoint, requests, told } = await site(context, { versions: ['1.2', '1.1', '1.0'] })
    expect(requests).toEqual(['Register lwm2m=1.2 lt=300: 4.12', registered])
    expect(told.history.map(({ type }) => type)).toEqual(['REGISTRATION_COMPLETE'])
    expect(await leshan.client(endpoint)).toMatchObject({ lwM2mVersion: '1.1' })

    await leshan.forget(endpoint)
    client.update()
    await told.next('REGISTRATION_COMPLETE')
    expect(requests.slice(2)).toEqual(['Update: 4.04', registered])
  })

  it.concurrent('Deregister on stop, Register on start', async context => {
    const { expect } = context
    const { client, requests, told, events } = await site(context)
    await client.stop()
    expect((await events.next('DEREGISTRATION')).data.expired).toBe(false)

    client.start()
    await client.registered()
    expect(requests).toEqual([registered, 'De-register: 2.02', registered])
    expect(told.history.map(({ type }) => type)).toEqual([
      'REGISTRATION_COMPLETE',
      'DEREGISTER',
      'DISCONNECT',
      'REGISTRATION_COMPLETE',
    ])
  })

  it.concurrent('Disable: the client de-registers, and registers again after the Disable Timeout', async context => {
    const { expect } = context
    const { endpoint, requests, told, events } = await site(context)
    expect(await leshan.write(endpoint, '/1/0/5', { '/1/0/5': 1 })).toEqual(changed)
    expect(await leshan.execute(endpoint, '/1/0/4')).toEqual(changed)

    const disabled = await told.next('SERVER_DISABLED')
    expect((await events.next('DEREGISTRATION')).data.expired).toBe(false)
    const enabled = await told.next('REGISTRATION_COMPLETE')
    expect(enabled.atMs - disabled.atMs).toBeGreaterThan(900)
    expect(requests).toEqual([registered, 'De-register: 2.02', registered])
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
  })

  it.concurrent('Write of Lifetime: Update with it, and the next Update in time for it', async context => {
    const { expect } = context
    const { endpoint, requests, told, events } = await site(context, { minimumLifetimeSeconds: 2 })
    expect(await leshan.write(endpoint, '/1/0/1', { '/1/0/1': 2 })).toEqual(changed)
    expect((await events.next('UPDATED')).data).toMatchObject({
      update: { lifetime: 2 },
      registration: { lifetime: 2 },
    })
    const first = await told.next('REG_UPDATE_COMPLETE')
    expect((await told.next('REG_UPDATE_COMPLETE')).atMs - first.atMs).toBeLessThan(2_000)
    expect(requests).toEqual([registered, 'Update lt=2: 2.04', 'Update: 2.04'])
  })

  it.concurrent('Write of a Lifetime below the minimum: Update with the minimum, which is read back', async context => {
    const { expect } = context
    const { endpoint, events } = await site(context)
    expect(await leshan.write(endpoint, '/1/0/1', { '/1/0/1': 1 })).toEqual(changed)
    expect((await events.next('UPDATED')).data.registration.lifetime).toBe(15)
    expect(await leshan.read(endpoint, '/1/0/1')).toEqual(content({ '/1/0/1': 15 }))
  })

  it.concurrent('Update is 4.04 after the server has forgotten the client: it registers anew', async context => {
    const { expect } = context
    const { endpoint, client, requests, told, events } = await site(context)
    await leshan.forget(endpoint)
    await events.next('DEREGISTRATION')

    client.update()
    const { registrationId } = (await events.next('REGISTRATION')).data
    expect((await told.next('REGISTRATION_COMPLETE')).data.location).toEqual(['rd', registrationId])
    expect(requests).toEqual([registered, 'Update: 4.04', registered])
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
  })

  it.concurrent('Resume within the lifetime: Update, then what changed meanwhile', async context => {
    const { expect } = context
    const { endpoint, client, requests, told, events } = await site(context)
    await leshan.observe(endpoint, sensorValue)

    client.suspend()
    await told.next('ENGINE_SUSPENDED')
    client.objects.set(sensorValue, 22)
    client.objects.set(sensorValue, 23)
    client.resume()
    await told.next('REG_UPDATE_COMPLETE')
    expect((await events.next('NOTIFICATION')).data.val).toEqual({ [sensorValue]: 23 })
    expect(requests).toEqual([registered, 'Update: 2.04'])
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 23 }))
    expect(events.history.map(({ type }) => type)).toEqual(['REGISTRATION', 'UPDATED', 'NOTIFICATION'])
  })

  it.concurrent('Resume beyond the lifetime: Register', async context => {
    const { expect } = context
    const { client, requests, told, events } = await site(context, {
      server: { lifetimeSeconds: 1 },
      minimumLifetimeSeconds: 1,
    })
    client.suspend()
    await told.next('ENGINE_SUSPENDED')
    expect((await events.next('DEREGISTRATION')).data.expired).toBe(true)

    client.resume()
    await told.next('REGISTRATION_COMPLETE')
    const register = 'Register lwm2m=1.1 lt=1: 2.01'
    expect(requests.slice(0, 2)).toEqual([register, register])
  })

  it.concurrent('Exit of offline mode: Update', async context => {
    const { expect } = context
    const { client, endpoint, requests, told } = await site(context)
    client.enterOffline()
    client.exitOffline()
    await told.next('REG_UPDATE_COMPLETE')
    expect(requests).toEqual([registered, 'Update: 2.04'])
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
  })

  it.concurrent('Reconnect: Update over the new connection, by which the server reaches the client', async context => {
    const { expect } = context
    const { client, endpoint, requests, told } = await site(context)
    client.reconnect()
    await told.next('REG_UPDATE_COMPLETE')
    expect(requests).toEqual([registered, 'Update: 2.04'])
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
  })
})
