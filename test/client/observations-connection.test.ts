import { afterEach, describe, expect, test } from 'vitest'
import type { ObservationsOptions } from '../../client/observations-options.ts'
import { Code, MessageType } from '../../transport/coap/message.ts'
import type { CoapParameters } from '../../transport/coap/parameters.ts'
import { type ObservationsSite, observationsSite } from '../helpers/observations-site.ts'

let site: ObservationsSite

afterEach(async () => {
  await site.close()
  expect(site.clock.pendingTimers).toBe(0)
})

async function observed(
  options: Partial<ObservationsOptions> = {},
  ids = [0, 1],
  parameters: Partial<CoapParameters> = {},
) {
  site = await observationsSite(options, parameters)
  await site.connect()
  for (const id of ids) await site.observe(id)
  return site
}

describe('without a connection', () => {
  test('an observation goes on over the next one, and its notifications count as newer', async () => {
    await observed()
    site.set(0, 10)
    await site.clock.advance(1_000)
    site.disconnect()
    await site.connect()
    site.set(0, 11)
    await site.clock.advance(1_000)
    expect(site.received).toMatchObject([
      { payload: '10', sequence: 1 },
      { payload: '11', sequence: 2 },
    ])
    expect(site.observations.size).toBe(2)
  })

  test('what changes meanwhile is told once when there is one again', async () => {
    await observed()
    site.disconnect()
    for (const [id, value] of [
      [1, 10],
      [0, 11],
      [1, 12],
    ] as const)
      site.set(id, value)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([])
    await site.connect()
    await site.clock.advance(1_000)
    expect(site.take().sort()).toEqual(['/3303/0 11', '/3303/1 12'])
    await site.clock.advance(100_000)
    expect(site.take()).toEqual([])
  })

  test('detach says the same as a closed peer', async () => {
    await observed()
    site.observations.detach()
    site.set(0, 10)
    await site.clock.advance(1_000)
    expect([site.take(), site.observations.size]).toEqual([[], 2])
    site.disconnect()
    await site.connect()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10'])
  })

  test('a new connection takes the observations off the one before', async () => {
    site = await observationsSite()
    const former = await site.connect()
    await site.observe(0)
    const next = await site.open(0)
    expect([former.busy, next.busy]).toEqual([true, false])
    site.observations.attach(next)
    expect([former.busy, next.busy]).toEqual([false, true])
    former.close()
    site.set(0, 10)
    site.observations.detach()
    expect([site.told.waiting, next.busy]).toEqual([0, false])
  })

  test('pmax and a written attribute go on working', async () => {
    await observed({}, [0])
    site.disconnect()
    site.attributes(0, { pmaxSeconds: 10 })
    await site.clock.advance(35_000)
    await site.connect()
    await site.clock.advance(1_000)
    expect(site.received.map(({ atSeconds }) => Math.round(atSeconds))).toEqual([35])
    // From what was sent, not from what was due.
    await site.clock.advance(8_500)
    expect(site.received).toHaveLength(1)
    await site.clock.advance(1_000)
    expect(site.received).toHaveLength(2)
  })

  test('the deletion of what is observed is told at last: 4.04', async () => {
    await observed()
    site.disconnect()
    site.device.sensors[0]?.delete()
    await site.connect()
    await site.clock.advance(1_000)
    expect(site.ends).toEqual([`/3303/0 ${Code.notFound}`])
    expect(site.observations.size).toBe(1)
  })

  test('a read hook that answers late finds no connection, and loses nothing', async () => {
    await observed({}, [0])
    let value = 30
    site.device.objects.onRead('/3303/0/5700', () => {
      return new Promise(resolve => site.clock.setTimeout(() => resolve(value), 2_000))
    })
    site.set(0, 10)
    await site.clock.advance(1_000)
    site.disconnect()
    await site.clock.advance(5_000)
    value = 31
    await site.connect()
    await site.clock.advance(5_000)
    expect(site.take()).toEqual(['/3303/0 31'])
  })

  test('a repeated Observe and its cancellation end an observation as ever', async () => {
    await observed()
    site.disconnect()
    await site.connect()
    await site.observe(0)
    site.set(0, 10)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10'])
    site.disconnect()
    site.set(0, 11)
    site.cancel(0)
    // Nothing waits any more.
    site.hold('latest')
    expect(site.told.waiting).toBe(1)
    site.observations.release()
    await site.connect()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([])
    expect(site.observations.size).toBe(1)
  })

  test('where all is kept, the next registration goes on over the same connection', async () => {
    await observed({ storesNotifications: () => true })
    site.observations.hold()
    site.set(0, 10)
    site.observations.retire()
    site.set(0, 11)
    site.observations.release()
    await site.observe(0)
    await site.clock.advance(1_000)
    site.set(0, 12)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([10, 11, 12].map(value => `/3303/0 ${value}`))
  })

  test('what was dropped before the server observes again is told', async () => {
    const dropped: unknown[] = []
    await observed({
      storesNotifications: () => true,
      maximumHeldNotifications: 2,
      onEvent: event => event.type === 'dropped' && dropped.push([event.paths[0], event.droppedCount]),
    })
    site.observations.retire()
    for (const value of [10, 11, 12]) site.set(0, value)
    for (const value of [20, 21]) site.set(1, value)
    site.observations.release()
    for (const id of [0, 1]) await site.observe(id)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/1 20', '/3303/1 21'])
    expect(dropped).toEqual([['/3303/0/5700', 3]])
  })

  test('a registration ends them all', async () => {
    await observed()
    site.disconnect()
    site.set(0, 10)
    site.observations.clear()
    await site.connect()
    site.set(1, 11)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([])
  })
})

describe('a confirmable notification that waits for its acknowledgement', () => {
  test('others wait with it, and tell what is the newest then; pmin counts from that', async () => {
    await observed({ confirmable: true })
    site.attributes(1, { pminSeconds: 5 })
    await site.clock.advance(10_000)
    site.conditions({ loss: 1 })
    for (const id of [0, 1]) site.set(id, 10)
    await site.clock.advance(1_000)
    site.conditions({ loss: 0 })
    site.set(1, 11)
    await site.clock.advance(2_500)
    expect(site.take()).toEqual(['/3303/0 10', '/3303/1 11'])
    site.set(1, 12)
    await site.clock.advance(3_000)
    expect(site.take()).toEqual([])
    await site.clock.advance(2_000)
    expect(site.take()).toEqual(['/3303/1 12'])
  })
})

describe('a confirmable notification that did not arrive', () => {
  test('makes room for the newest state over the next connection', async () => {
    await observed({ confirmable: true }, [0])
    site.conditions({ loss: 1 })
    for (const value of [10, 11, 12]) site.set(0, value)
    await site.clock.advance(5_000)
    site.disconnect()
    expect(site.told.waiting).toBe(1)
    site.conditions({ loss: 0 })
    await site.connect()
    await site.clock.advance(10_000)
    expect(site.take()).toEqual(['/3303/0 12'])
  })

  test('is sent again, where all is kept, before what changed since', async () => {
    await observed({ confirmable: true }, [0])
    site.conditions({ loss: 1 })
    for (const value of [10, 11]) site.set(0, value)
    await site.clock.advance(1_000)
    site.hold('all')
    for (const value of [12, 13]) site.set(0, value)
    site.disconnect()
    site.conditions({ loss: 0 })
    await site.connect()
    site.observations.release()
    await site.clock.advance(10_000)
    // A state that only waited made room for the next (RFC 7641 §4.5.2); what had left did not.
    expect(site.take()).toEqual(['/3303/0 10', '/3303/0 12', '/3303/0 13'])
  })

  test('nobody acknowledges any transmission: the observation waits for the next connection', async () => {
    await observed({ confirmable: true }, [0])
    site.conditions({ loss: 1 })
    site.set(0, 10)
    await site.clock.advance(100_000)
    expect(site.observations.size).toBe(1)
    site.conditions({ loss: 0 })
    site.set(0, 11)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([])
    site.disconnect()
    await site.connect()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 11'])
  })
})

describe('held: all', () => {
  test('every notification as it was at its time, in order over all observations', async () => {
    await observed()
    site.hold('all')
    for (const [id, value] of [
      [0, 10],
      [1, 11],
      [0, 12],
      [0, 13],
    ] as const) {
      site.set(id, value)
      await site.clock.advance(1_000)
    }
    expect(site.take()).toEqual([])
    site.conditions({ delayMs: [5, 5] })
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10', '/3303/1 11', '/3303/0 12', '/3303/0 13'])
    site.set(1, 14)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/1 14'])
  })

  test('each change is kept, whatever pmin, and what pmax asks for', async () => {
    await observed({}, [0])
    site.attributes(0, { pminSeconds: 10, pmaxSeconds: 20 })
    site.hold('all')
    for (let second = 0; second < 12; second++) {
      site.set(0, second)
      await site.clock.advance(1_000)
    }
    await site.clock.advance(30_000)
    site.conditions({ delayMs: [5, 5] })
    site.observations.release()
    await site.clock.advance(1_000)
    const changes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map(value => `/3303/0 ${value}`)
    expect(site.take()).toEqual([...changes, '/3303/0 11'])
  })

  test('confirmable ones follow one another, none is skipped', async () => {
    await observed({ confirmable: true })
    site.conditions({ loss: 0.1 })
    site.hold('all')
    const expected: string[] = []
    for (let count = 0; count < 20; count++) {
      const id = count % 3 === 0 ? 1 : 0
      site.set(id, 100 + count)
      await site.clock.advance(1)
      expected.push(`/3303/${id} ${100 + count}`)
    }
    site.observations.release()
    await site.clock.advance(1_000)
    site.set(0, 999)
    await site.clock.advance(600_000)
    expect(site.take()).toEqual([...expected, '/3303/0 999'])
    site.conditions({ loss: 0 })
  })

  test('of one observation all made room for another: its newest state is told', async () => {
    const dropped: unknown[] = []
    await observed({
      maximumHeldNotifications: 2,
      onEvent: event => event.type === 'dropped' && dropped.push([event.paths[0], event.droppedCount]),
    })
    site.hold('all')
    for (const value of [10, 11]) site.set(0, value)
    for (const value of [20, 21]) site.set(1, value)
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/1 20', '/3303/1 21', '/3303/0 11'])
    expect(dropped).toEqual([['/3303/0/5700', 2]])
  })

  test('what is not kept, hqmax 0, waits for pmin as ever', async () => {
    await observed()
    site.device.context.attributes.set([3303, 0, 5700], { hqmax: 0, pminSeconds: 10 })
    site.hold('all')
    site.set(0, 10)
    await site.clock.advance(1_000)
    site.observations.release()
    await site.clock.advance(8_000)
    expect(site.take()).toEqual([])
    await site.clock.advance(2_000)
    expect(site.take()).toEqual(['/3303/0 10'])
  })

  test('what is not kept, and changes while paused, is told after it', async () => {
    await observed()
    site.device.context.attributes.set([3303, 0, 5700], { hqmax: 0, pmaxSeconds: 100 })
    site.hold('all')
    site.observations.pause()
    site.set(0, 10)
    site.observations.resume()
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10'])
    site.hold('all')
    await site.clock.advance(100_000)
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10'])
  })

  test('a smaller hqmax holds from the next that is kept on, for what is put back, too', async () => {
    await observed({ confirmable: true }, [0])
    site.conditions({ loss: 1 })
    site.set(0, 10)
    site.hold('all')
    for (const value of [11, 12, 13, 14]) site.set(0, value)
    site.device.context.attributes.set([3303, 0, 5700], { hqmax: 2 })
    for (const value of [15, 16]) site.set(0, value)
    site.disconnect()
    site.conditions({ loss: 0 })
    await site.connect()
    site.observations.release()
    await site.clock.advance(10_000)
    expect(site.take()).toEqual(['/3303/0 15', '/3303/0 16'])
  })

  test('more than can be kept: the oldest goes first', async () => {
    await observed({ maximumHeldNotifications: 2 })
    site.hold('all')
    for (const [id, value] of [
      [0, 10],
      [1, 11],
      [0, 12],
    ] as const) {
      site.set(id, value)
      await site.clock.advance(1)
    }
    expect(site.observations.droppedNotifications).toBe(1)
    site.conditions({ delayMs: [5, 5] })
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/1 11', '/3303/0 12'])
  })

  for (const mode of ['all', 'latest'] as const) {
    test(`more confirmable ones than the peer lets queue leave all the same (${mode})`, async () => {
      await observed({ confirmable: true }, [0, 1, 2], { maximumQueued: 1 })
      site.hold(mode)
      for (const value of [10, 11]) for (const id of [0, 1, 2]) site.set(id, value)
      site.observations.release()
      await site.clock.advance(10_000)
      expect([site.received.length, site.observations.size]).toEqual([mode === 'all' ? 6 : 3, 3])
    })
  }

  test('those behind a confirmable one that was on its way before wait for it', async () => {
    await observed({ confirmable: true })
    for (const id of [0, 1]) site.set(id, 10)
    site.hold('all')
    for (const value of [11, 12, 13, 14]) site.set(0, value)
    site.observations.release()
    await site.clock.advance(10_000)
    expect(site.take()).toEqual([...[10, 11, 12, 13, 14].map(value => `/3303/0 ${value}`), '/3303/1 10'])
  })

  test('what is held of an observation goes with it', async () => {
    await observed()
    site.hold('all')
    for (const id of [0, 1]) site.set(id, 10)
    site.cancel(0)
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/1 10'])
    site.hold('all')
    site.set(1, 11)
    site.observations.clear()
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([])
  })

  test('what goes with its observation leaves room for others, and nothing that waits', async () => {
    await observed({ maximumHeldNotifications: 2 })
    site.hold('all')
    for (const id of [0, 1]) site.set(id, 10)
    site.cancel(0)
    site.set(1, 11)
    expect(site.observations.droppedNotifications).toBe(0)
    site.observations.clear()
    site.disconnect()
    site.observations.release()
    site.hold('all')
    expect(site.told.waiting).toBe(1)
  })

  test('a server that falls silent meanwhile gets all of them at the next connection', async () => {
    await observed({ confirmable: true })
    site.hold('all')
    for (const id of [0, 1]) site.set(id, 10)
    site.conditions({ loss: 1 })
    site.observations.release()
    await site.clock.advance(100_000)
    site.conditions({ loss: 0 })
    expect([site.take(), site.observations.size]).toEqual([[], 2])
    site.disconnect()
    await site.connect()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10', '/3303/1 10'])
  })

  test('an error among them is the last: what follows it is dropped', async () => {
    await observed({}, [0])
    site.hold('all')
    site.device.sensors[0]?.delete()
    site.device.objects.create(site.device.store.definition(3303) as never, 0, { sensorValue: 5 })
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.ends).toEqual([`/3303/0 ${Code.notFound}`])
    expect([site.take(), site.observations.size]).toEqual([[], 0])
  })
})

describe('a registration over the same connection, where all is kept', () => {
  test('what changed before the server observes again follows the answer to that, in order', async () => {
    await observed({ storesNotifications: () => true })
    site.observations.retire()
    site.set(0, 10)
    site.observations.release()
    site.set(0, 11)
    await site.observe(0)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10', '/3303/0 11'])
    site.set(0, 12)
    site.set(1, 13)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 12'])
  })

  test('an observation with nothing to tell goes on at once', async () => {
    await observed({ storesNotifications: () => true })
    site.observations.retire()
    site.observations.release()
    await site.observe(0)
    site.set(0, 10)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10'])
  })
})

describe('held: latest', () => {
  test('one notification of the newest state for each observation that has something to tell', async () => {
    await observed({}, [0, 1, 2])
    site.hold('latest')
    for (const [id, value] of [
      [2, 10],
      [0, 11],
      [2, 12],
    ] as const)
      site.set(id, value)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual([])
    site.conditions({ delayMs: [5, 5] })
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/2 12', '/3303/0 11'])
  })

  test('pmin and pmax count from the release', async () => {
    await observed({}, [0])
    site.attributes(0, { pminSeconds: 10, pmaxSeconds: 100 })
    await site.clock.advance(20_000)
    site.hold('latest')
    site.set(0, 10)
    await site.clock.advance(5_000)
    // Held by pmin, and told with the one before.
    site.set(0, 11)
    site.observations.release()
    await site.clock.advance(99_000)
    expect(site.take()).toEqual(['/3303/0 11'])
    await site.clock.advance(2_000)
    expect(site.take()).toEqual(['/3303/0 11'])
    site.hold('latest')
    await site.clock.advance(100_000)
    site.observations.release()
    site.set(0, 12)
    await site.clock.advance(9_000)
    expect(site.take()).toEqual(['/3303/0 11'])
    await site.clock.advance(1_500)
    expect(site.take()).toEqual(['/3303/0 12'])
  })

  test('"all" wins for what comes after, and a notification that is kept tells the change before it, too', async () => {
    await observed()
    site.conditions({ delayMs: [5, 5] })
    site.hold('latest')
    for (const id of [0, 1]) site.set(id, 10)
    site.hold('all')
    site.hold('latest')
    for (const value of [11, 12]) site.set(0, value)
    site.observations.release()
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 11', '/3303/0 12', '/3303/1 10'])
  })

  test('many observations, confirmable: each has its turn', async () => {
    await observed({ confirmable: true }, [0, 1, 2])
    site.hold('latest')
    for (const id of [0, 1, 2]) site.set(id, 10)
    const sent: string[] = []
    const send = site.network.send.bind(site.network)
    site.network.send = (bytes, from, to) => {
      if (to.port === site.server.local.port && (bytes[0] as number) >> 4 === 4) sent.push('confirmable')
      if (to.port !== site.server.local.port && ((bytes[0] as number) >> 4) % 4 === MessageType.acknowledgement) {
        sent.push('acknowledged')
      }
      send(bytes, from, to)
    }
    site.observations.release()
    await site.clock.advance(1_000)
    const turn = ['confirmable', 'acknowledged']
    expect(sent).toEqual([...turn, ...turn, ...turn])
    expect(site.take()).toEqual(['/3303/0 10', '/3303/1 10', '/3303/2 10'])
  })
})

describe('onWaiting', () => {
  test('is called once between hold and release, by the first that waits', async () => {
    await observed()
    site.hold('all')
    expect(site.told.waiting).toBe(0)
    for (const id of [0, 1]) site.set(id, 10)
    site.hold('latest')
    site.disconnect()
    site.set(0, 11)
    expect(site.told.waiting).toBe(1)
    await site.connect()
    site.observations.release()
    site.set(0, 12)
    expect(site.told.waiting).toBe(1)
    site.hold('latest')
    site.set(0, 13)
    expect(site.told.waiting).toBe(2)
  })

  test('is called by hold itself for what waits by then', async () => {
    await observed({ confirmable: true }, [0])
    site.hold('all')
    for (const value of [10, 11]) site.set(0, value)
    site.observations.release()
    expect(site.told.waiting).toBe(1)
    site.hold('all')
    expect(site.told.waiting).toBe(2)
  })

  test('is called once for each loss of the connection, and again when that becomes a hold', async () => {
    await observed()
    for (const times of [1, 2]) {
      site.disconnect()
      for (const id of [0, 1]) site.set(id, 10 + times)
      expect(site.told.waiting).toBe(times)
      await site.connect()
    }
    site.disconnect()
    site.set(0, 20)
    expect(site.told.waiting).toBe(3)
    site.hold('latest')
    expect(site.told.waiting).toBe(4)
  })

  test('may release at once', async () => {
    await observed({ onWaiting: () => site.observations.release() })
    site.hold('all')
    site.set(0, 10)
    await site.clock.advance(1_000)
    expect(site.take()).toEqual(['/3303/0 10'])
  })
})

test('onChanged is called when an observation starts, ends, or all end', async () => {
  await observed()
  expect(site.told.changed).toBe(2)
  site.set(0, 10)
  site.disconnect()
  await site.connect()
  expect(site.told.changed).toBe(2)
  site.cancel(0)
  expect(site.told.changed).toBe(3)
  await site.observe(0)
  site.observations.clear()
  expect(site.told.changed).toBe(5)
  site.observations.clear()
  expect(site.told.changed).toBe(5)
})
