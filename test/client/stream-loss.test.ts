import { describe, expect, onTestFinished, test } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import type { ClientOptions } from '../../client/options.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { Lwm2mServer } from '../../server/server.ts'
import type { CoapFrame } from '../../transport/coap/message.ts'
import { findOption, OptionNumber } from '../../transport/coap/options.ts'
import type { Trace } from '../../transport/trace.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const path = '/3303/0/5700'

/** A client that is registered and observed over TCP. */
async function observed(options: Partial<ClientOptions> = {}) {
  const { clock, random, network } = simulatedWorld()
  const errors: unknown[] = []
  const common = { clock, random, network, onError: (error: unknown) => errors.push(error) }
  const server = await Lwm2mServer.listen({ ...common, host: '10.0.0.2', transports: ['tcp'] })
  const asked: string[] = []
  const notified: string[] = []
  const trace: Trace = {
    message: (direction, message) => {
      if (findOption(message, OptionNumber.observe) === undefined) return
      const token = Buffer.from((message as CoapFrame).token).toString('hex')
      if (direction === 'received') asked.push(token)
      else notified.push(token)
    },
  }
  const client = new Lwm2mClient({
    ...common,
    endpoint: 'device',
    servers: [{ uri: 'coap+tcp://10.0.0.2', shortServerId: 7, lifetimeSeconds: 86_400 }],
    objects: [temperature],
    trace,
    ...options,
  })
  const sensor = client.objects.create(temperature, 0, { sensorValue: 21.5 })
  client.start()
  await clock.until(client.registered())
  await clock.advance(1_000)
  /** Values, and those with a time beside it. */
  const told: unknown[] = []
  const observing = server.observe('device', path).subscribe(({ values }) => {
    for (const { value, timeSeconds } of values) told.push(timeSeconds === undefined ? value : [value, timeSeconds])
  })
  await clock.advance(1_000)
  onTestFinished(async () => {
    await clock.until(client.stop())
    await server.close()
    network.clear()
    expect(errors).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })
  return {
    clock,
    network,
    server,
    client,
    told,
    /** Tokens with which the client was asked to observe, and with which it has told something. */
    asked,
    notified,
    observing,
    set: (sensorValue: number) => sensor.set({ sensorValue }),
  }
}

describe('an observation whose stream is lost', () => {
  test('is one observation afterwards: each change is told once', async () => {
    const { clock, client, told, set, asked, notified } = await observed()
    for (let round = 0; round < 3; round++) {
      client.reconnect()
      await clock.advance(1_000)
    }
    expect(asked).toHaveLength(4)
    told.length = 0
    set(30)
    await clock.advance(1_000)
    expect(told).toEqual([30])
    // By a token that the server knows at any time.
    expect(new Set([...asked, ...notified]).size).toBe(1)
  })

  test('with /1/x/6: nothing of what changed meanwhile is lost, and nothing is told twice', async () => {
    const { clock, client, told, set } = await observed()
    client.objects.set('/1/0/6', true)
    client.enterOffline()
    for (const value of [30, 31, 32]) {
      set(value)
      await clock.advance(1_000)
    }
    told.length = 0
    client.exitOffline()
    await clock.advance(5_000)
    expect(told.slice(-3)).toEqual([30, 31, 32].map(value => [value, expect.any(Number)]))
    // The answer to the server that observes anew tells the newest besides.
    expect(told.slice(0, -3)).toEqual([32])
  })

  test('a confirmable notification that was written but never answered by a Pong is told again', async () => {
    const { clock, client, network, told, set } = await observed({ confirmableNotifications: true })
    client.objects.set('/1/0/6', true)
    network.streams.cut()
    set(30)
    await clock.advance(10_000)
    set(31)
    told.length = 0
    await clock.advance(60_000)
    // The answer to the server that observes anew; then what it missed, with its time.
    expect(told).toEqual([31, [30, expect.any(Number)]])
  })

  test('that the server ends while the stream is away is over: no notification follows', async () => {
    const { clock, client, notified, set, observing } = await observed()
    client.enterOffline()
    await clock.advance(1_000)
    const events: string[] = []
    client.observations$.subscribe(({ type }) => {
      events.push(type)
    })
    observing.unsubscribe()
    client.exitOffline()
    await clock.advance(1_000)
    expect(events.at(-1)).toBe('removed')
    notified.length = 0
    set(31)
    await clock.advance(1_000)
    expect(notified).toEqual([])
  })
})

test('a Send that was written to a stream that is gone is sent again over the next', async () => {
  const { clock, client, server, network } = await observed()
  const sent: unknown[] = []
  server.sends$.subscribe(({ values }) => sent.push(...values.map(one => one.value)))
  network.streams.cut()
  await Promise.all([clock.until(client.send([path], { whenOffline: 'queue' })), clock.advance(70_000)])
  expect(sent).toEqual([21.5])
})
