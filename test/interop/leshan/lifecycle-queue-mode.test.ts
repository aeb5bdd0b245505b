import { afterAll, beforeAll, it, type TestContext, vi } from 'vitest'
import type { ClientOptions, ServerOptions } from '../../../index.ts'
import { device10, server10 } from '../../../objects/index.ts'
import { Code } from '../../../transport/index.ts'
import { describePeer } from '../peer-suite.ts'
import { Relay, type RelayedDatagram } from '../relay.ts'
import { content } from './answers.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { LifecycleClient, sensorValue } from './lifecycle-client.ts'

const value = (celsius: number) => ({ [sensorValue]: celsius })
const registered = 'Register lwm2m=1.1 lt=300 Q: 2.01'
const updated = 'Update: 2.04'

/** The client sleeps before Leshan takes it for asleep, so that a request may come to one that does not listen any more. */
const awakeSeconds = 1
const awakeTimeMs = 2_000

describePeer('Leshan 2.0.0-M18 and our client in queue mode', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan

  beforeAll(async () => {
    leshan = await startLeshan({ awakeTimeMs })
  })
  afterAll(() => leshan?.close())

  async function site(
    { onTestFinished }: TestContext,
    { server, ...options }: Partial<ClientOptions> & { server?: Partial<ServerOptions> },
  ) {
    const { client, endpoint, requests, told } = new LifecycleClient({
      servers: [{ uri: leshan.coapUri, shortServerId: 1, ...server }],
      versions: ['1.1'],
      ...options,
    })
    const events = await leshan.events(endpoint)
    onTestFinished(() => client.stop())
    client.start()
    await told.next('REGISTRATION_COMPLETE')
    const asleep = () => Promise.all([told.next('QUEUE_MODE_RX_OFF'), events.next('SLEEPING')])
    return { client, endpoint, requests, told, events, asleep }
  }

  for (const whileAsleep of ['close', 'keep', 'listen'] as const) {
    const queueMode = { awakeSeconds, whileAsleep }

    it.concurrent(`${whileAsleep}: a delayed Read is answered after an Update that wakes the client`, async context => {
      const { expect } = context
      const { client, endpoint, requests, events, asleep } = await site(context, { queueMode })
      expect(await leshan.client(endpoint)).toMatchObject({ queuemode: true, sleeping: false })
      expect(await leshan.read(endpoint, sensorValue)).toEqual(content(value(21.5)))

      await asleep()
      const delayed = leshan.read(endpoint, sensorValue)
      await events.next('DELAYED')
      client.update()
      expect(await delayed).toEqual(content(value(21.5)))
      expect(requests).toEqual([registered, updated])

      // And once more: it sleeps again after that.
      await asleep()
      const again = leshan.read(endpoint, sensorValue)
      await events.next('DELAYED')
      client.update()
      expect(await again).toEqual(content(value(21.5)))
      expect(requests).toEqual([registered, updated, updated])
    })

    it.concurrent(`${whileAsleep}: what changes wakes the client, Update first, then the notification`, async context => {
      const { expect } = context
      const { client, endpoint, requests, told, events, asleep } = await site(context, { queueMode })
      await leshan.observe(endpoint, sensorValue)
      await asleep()
      const delayed = leshan.read(endpoint, sensorValue)
      await events.next('DELAYED')

      client.objects.set(sensorValue, 22)
      expect((await events.next('NOTIFICATION')).data.val).toEqual(value(22))
      expect(await delayed).toEqual(content(value(22)))
      expect(requests).toEqual([registered, updated])
      expect(told.history.map(({ type }) => type)).toEqual([
        'REGISTRATION_COMPLETE',
        'QUEUE_MODE_RX_OFF',
        'REG_UPDATE',
        'REG_UPDATE_COMPLETE',
      ])
      const woken = events.history.map(({ type }) => type).filter(type => type === 'UPDATED' || type === 'NOTIFICATION')
      expect(woken).toEqual(['UPDATED', 'NOTIFICATION'])
    })
  }

  for (const whileAsleep of ['keep', 'listen'] as const) {
    const when = whileAsleep === 'keep' ? 'after it wakes' : 'at once'
    it.concurrent(`${whileAsleep}: a Read that reaches the sleeping client is answered ${when}`, async context => {
      const { expect, onTestFinished } = context
      const relay = await Relay.start(leshan.coapUri)
      onTestFinished(() => relay.close())
      const { client, endpoint, requests, told } = await site(context, {
        queueMode: { awakeSeconds, whileAsleep },
        server: { uri: relay.uri },
      })
      await told.next('QUEUE_MODE_RX_OFF')
      const read = leshan.read(endpoint, sensorValue)
      await vi.waitFor(() => expect(relay.datagrams.filter(isRead)).toHaveLength(1))
      if (whileAsleep === 'keep') {
        client.objects.set(sensorValue, 22)
        client.update()
      }
      expect(await read).toEqual(content(value(whileAsleep === 'keep' ? 22 : 21.5)))
      expect(relay.datagrams.filter(isRead)).toHaveLength(1)
      if (whileAsleep === 'keep') await told.next('REG_UPDATE_COMPLETE')
      else expect(requests).toEqual([registered])
    })
  }

  it.concurrent('LwM2M 1.0: queue mode is part of the binding', async context => {
    const { expect } = context
    const { client, endpoint, requests, events, asleep } = await site(context, {
      queueMode: { awakeSeconds },
      versions: ['1.0'],
      objects: [server10, device10],
    })
    expect(await leshan.client(endpoint)).toMatchObject({ lwM2mVersion: '1.0', queuemode: true })
    await asleep()
    const delayed = leshan.read(endpoint, sensorValue)
    await events.next('DELAYED')
    client.update()
    expect(await delayed).toEqual(content(value(21.5)))
    expect(requests).toEqual(['Register lwm2m=1.0 lt=300 b=UQ: 2.01', updated])
  })

  it.concurrent('the Update before the end of the lifetime wakes the client for a delayed Read', async context => {
    const { expect } = context
    const { endpoint, requests, events, asleep } = await site(context, {
      queueMode: { awakeSeconds },
      server: { lifetimeSeconds: 6 },
      minimumLifetimeSeconds: 6,
    })
    await asleep()
    const delayed = leshan.read(endpoint, sensorValue)
    await events.next('DELAYED')
    expect(await delayed).toEqual(content(value(21.5)))
    expect(requests).toEqual(['Register lwm2m=1.1 lt=6 Q: 2.01', updated])
  })

  it.concurrent('a client that is stopped while it sleeps de-registers', async context => {
    const { expect } = context
    const { client, requests, events, asleep } = await site(context, { queueMode: { awakeSeconds } })
    await asleep()
    await client.stop()
    expect((await events.next('DEREGISTRATION')).data.expired).toBe(false)
    expect(requests).toEqual([registered, 'De-register: 2.02'])
  })

  it.concurrent('a client that was forgotten while it slept registers anew when it wakes', async context => {
    const { expect } = context
    const { client, endpoint, requests, told, asleep } = await site(context, { queueMode: { awakeSeconds } })
    await asleep()
    await leshan.forget(endpoint)
    client.update()
    await told.next('REGISTRATION_COMPLETE')
    expect(requests).toEqual([registered, 'Update: 4.04', registered])
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content(value(21.5)))
  })
})

function isRead({ from, bytes }: RelayedDatagram): boolean {
  return from === 'server' && bytes[1] === Code.get
}
