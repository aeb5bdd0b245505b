import { describe, expect, test } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import type { ClientOptions } from '../../client/options.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { parsePath } from '../../objects/path.ts'
import { Code } from '../../transport/coap/message.ts'
import { OptionNumber } from '../../transport/coap/options.ts'
import { CoapStreamEndpoint } from '../../transport/coap/stream-endpoint.ts'
import { encodeOperation } from '../../transport/lwm2m/downlink.ts'
import type { Trace } from '../../transport/trace.ts'
import { type ClientSiteOptions, clientSite } from '../helpers/client-site.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const uri = 'coap+tcp://10.0.0.2'
const retry = { initialDelaySeconds: 5, maximumDelaySeconds: 5 }
const site = (options: ClientSiteOptions = {}) => clientSite({ uri, ...options, client: { retry, ...options.client } })
const execute = (path: string, text = '') => ({ kind: 'execute', path: parsePath(path), arguments: text }) as const
const write = (path: string, text: string) =>
  ({ kind: 'write', path: parsePath(path), mode: 'replace', contentFormat: 0, payload: Buffer.from(text) }) as const

describe('a connection that ends', () => {
  test('by the server: the client waits, connects anew, tells so by an Update, and observations go on', async () => {
    const notified: string[] = []
    const trace: Trace = {
      message: (direction, { options, payload }) => {
        const isNotification = options.some(({ number }) => number === OptionNumber.observe)
        if (direction === 'sent' && isNotification) notified.push(Buffer.from(payload).toString())
      },
    }
    const it = await site({ client: { trace } })
    await it.register()
    await it.observe('/3303/0/5700')
    it.peer.close()
    await it.clock.advance(100)
    expect(it.events.at(-1)).toMatchObject({ type: 'REG_TIMEOUT', cause: { code: 'CLOSED' }, failedAttempts: 1 })
    it.sensor.set({ sensorValue: 22 })
    await it.clock.advance(20_000)
    expect(it.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
    expect(it.eventTypes.filter(type => type === 'REGISTRATION_COMPLETE')).toHaveLength(1)
    expect(notified).toEqual(['21.5', '22'])
    await it.stop()
  })
})

describe('queue mode', () => {
  const asleep = async (whileAsleep: 'close' | 'keep' | 'listen') => {
    const client: Partial<ClientOptions> = { queueMode: { awakeSeconds: 10, whileAsleep } }
    const it = await site({ client })
    await it.register()
    await it.clock.advance(11_000)
    expect(it.eventTypes.at(-1)).toBe('QUEUE_MODE_RX_OFF')
    return it
  }

  test.each(['keep', 'listen'] as const)(
    '`%s`: the server closes meanwhile; the client comes back',
    async whileAsleep => {
      const it = await asleep(whileAsleep)
      it.peer.close()
      await it.clock.advance(100)
      it.client.update()
      await it.clock.advance(10_000)
      expect(it.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
      await it.stop()
    },
  )

  test('`keep`: an answer that took until the client sleeps makes it read no more', async () => {
    const it = await site({ client: { queueMode: { awakeSeconds: 10, whileAsleep: 'keep' } } })
    await it.register()
    let answer = (_value: number) => {}
    it.client.objects.onRead(temperature, 'sensorValue', () => new Promise<number>(resolve => (answer = resolve)))
    const read = encodeOperation({ kind: 'read', path: parsePath('/3303/0/5700'), accept: 0 })
    const slow = it.peer.request(read).response
    await it.clock.advance(15_000)
    expect(it.eventTypes.at(-1)).toBe('QUEUE_MODE_RX_OFF')
    let isPinged = false
    const ping = it.peer.ping().then(() => (isPinged = true))
    answer(22)
    await it.clock.until(slow)
    await it.clock.advance(5_000)
    expect(isPinged).toBe(false)
    it.client.update()
    await it.clock.until(ping)
    await it.stop()
  })
})

describe('what a server says of transports', () => {
  test('a binding that it writes is told, and counts for the next connection', async () => {
    const it = await site()
    await it.register()
    await it.operate(write('/1/0/7', 'U'))
    await it.clock.advance(1_000)
    expect(it.uplinks.at(-1)).toMatchObject({ path: '/rd/r1', query: ['b=U'] })
    it.client.reconnect()
    await it.clock.advance(1_000)
    expect(it.transports).toEqual(['T', 'T', 'U'])
    expect(it.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1', '/rd/r1'])
    await it.stop()
  })

  test('so does a Preferred Transport', async () => {
    const it = await site({ uri: 'coap://10.0.0.2' })
    await it.register()
    it.client.objects.set('/1/0/22', 'T')
    await it.clock.advance(1_000)
    expect(it.transports).toEqual(['U'])
    it.client.reconnect()
    await it.clock.advance(1_000)
    expect(it.transports).toEqual(['U', 'T'])
    await it.stop()
  })

  test('the options say so, too', async () => {
    const it = await site({ uri: 'coap://10.0.0.2', account: { binding: 'TU', preferredTransport: 'T' } })
    await it.register()
    expect(it.transports).toEqual(['T'])
    expect(it.uplinks[0]?.query).toContain('b=TU')
    await it.stop()
  })

  test('a Registration Update Trigger with a binding: the Update comes by that, after the answer', async () => {
    const it = await site({ uri: 'coap://10.0.0.2', account: { binding: 'UT' } })
    await it.register()
    const { notifications } = await it.observe('/3303/0/5700')
    const answer = await it.operate(execute('/1/0/8', "0='T'"))
    expect(answer.code).toBe(Code.changed)
    await it.clock.advance(1_000)
    expect(it.transports).toEqual(['U', 'T'])
    expect(it.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd/r1'])
    expect(it.eventTypes).toEqual(['REGISTRATION_COMPLETE', 'REG_UPDATE', 'REG_UPDATE_COMPLETE'])
    it.sensor.set({ sensorValue: 22 })
    await it.clock.advance(1_000)
    expect(notifications).toEqual([])
    // It counts once.
    it.client.reconnect()
    await it.clock.advance(1_000)
    expect(it.transports).toEqual(['U', 'T', 'U'])
    await it.stop()
  })

  test('a Registration Update Trigger with a binding, and the connection ends: the next one is by that', async () => {
    const it = await site({ uri: 'coap://10.0.0.2', account: { binding: 'UT' } })
    await it.register()
    await it.operate(execute('/1/0/8', "0='T'"))
    it.client.reconnect()
    await it.clock.advance(1_000)
    expect(it.transports).toEqual(['U', 'T'])
    await it.stop()
    expect(it.clock.pendingTimers).toBe(0)
  })

  test.each([
    ['a transport in use', "0='U'"],
    ['a binding that the server does not have', "0='T'"],
    ['one that the client does not speak', "0='S'"],
    ['nothing', ''],
  ])('a Registration Update Trigger with %s: the connection stays', async (_, argument) => {
    const it = await site({ uri: 'coap://10.0.0.2' })
    await it.register()
    await it.operate(execute('/1/0/8', argument))
    await it.clock.advance(1_000)
    expect(it.transports).toEqual(['U', 'U'])
    expect(it.eventTypes.filter(type => type === 'REG_UPDATE')).toHaveLength(1)
    await it.stop()
  })
})

describe('a Bootstrap-Server over TCP', () => {
  test('is asked, and when it ends the connection the client waits and asks again', async () => {
    const { clock, random, network } = simulatedWorld()
    const asked: number[] = []
    const server = await CoapStreamEndpoint.listen({
      clock,
      random,
      network: network.streams,
      local: { host: '10.0.0.3', port: 5683 },
      handler: ({ peer }) => {
        asked.push(clock.now())
        peer.close()
        return new Promise(() => undefined)
      },
    })
    const client = new Lwm2mClient({
      endpoint: 'device',
      bootstrap: { uri: 'coap+tcp://10.0.0.3' },
      bootstrapRetry: retry,
      clock,
      random,
      network,
    })
    const events: ClientEvent[] = []
    client.events$.subscribe(event => events.push(event))
    client.start()
    await clock.advance(4_000)
    expect(asked).toHaveLength(1)
    expect(events).toMatchObject([{ type: 'BOOTSTRAP_RETRY', cause: { code: 'CLOSED' }, failedAttempts: 1 }])
    await clock.advance(4_000)
    expect(asked).toHaveLength(2)
    await clock.until(client.stop())
    await server.close()
  })
})

test('a network without streams: one clear line', async () => {
  const { network: datagrams } = await clientSite()
  const network = {
    connect: datagrams.connect.bind(datagrams),
    listen: datagrams.listen.bind(datagrams),
  }
  const it = await site({ client: { network } })
  it.client.start()
  await it.clock.advance(0)
  expect(it.events).toMatchObject([
    {
      type: 'CONNECT_FAILURE',
      cause: { code: 'NOT_SUPPORTED', message: 'coap+tcp://10.0.0.2:5683: this network has no streams' },
    },
  ])
  await it.stop()
})
