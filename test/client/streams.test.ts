import { config, type Observable, Subject } from 'rxjs'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ClientStreams } from '../../client/client-streams.ts'
import type { ObservationEvent } from '../../client/observation-event.ts'
import type { ClientEvent } from '../../machines/events.ts'
import { device } from '../../objects/definitions/device.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { type Change, ObjectStore } from '../../objects/store.ts'
import { Code } from '../../transport/coap/message.ts'
import { errorResponse } from '../helpers/client-site.ts'
import { scenario } from '../helpers/scenario.ts'
import { endpoint, registeredSite, type SiteOptions } from '../helpers/site.ts'

const sensorValue = '/3303/0/5700'
const batteryLevel = '/3/0/9'

/** A registered client that is stopped after the test, and leaves no timer. */
async function registered(options: SiteOptions = {}) {
  const site = await registeredSite(options)
  onTestFinished(async () => {
    await site.close()
    expect(site.clock.pendingTimers).toBe(0)
  })
  /** Of the sinks. */
  const failures = () => site.clientEvents.filter(({ type }) => type === 'SINK_FAILURE')
  /** The values of a path that the server is told of. */
  const observe = async (path: string) => {
    const notified: unknown[] = []
    const subscription = site.server
      .observe(endpoint, path)
      .subscribe(({ values }) => notified.push(...values.map(({ value }) => value)))
    onTestFinished(() => subscription.unsubscribe())
    await site.clock.advance(1_000)
    return notified
  }
  return { ...site, failures, observe }
}

/** What a stream says, and when it is over. */
function record<T>(stream$: Observable<T>) {
  const seen: (T | 'completed')[] = []
  stream$.subscribe({ next: value => seen.push(value), complete: () => seen.push('completed') })
  return seen
}

class CountingStore extends ObjectStore {
  listeners = 0

  override onChanges(listener: (changes: readonly Change[]) => void): () => void {
    const end = super.onChanges(listener)
    this.listeners++
    return () => {
      this.listeners--
      end()
    }
  }
}

describe('sink', () => {
  test.each<[what: string, path: string, good: number, bad: unknown, code: string]>([
    ['NaN', sensorValue, 22, Number.NaN, 'INVALID_VALUE'],
    ['infinity', sensorValue, 22, Number.POSITIVE_INFINITY, 'INVALID_VALUE'],
    ['a wrong type', sensorValue, 22, '31.337', 'INVALID_VALUE'],
    ['nothing', sensorValue, 22, undefined, 'INVALID_VALUE'],
    ['a value above its range', batteryLevel, 90, 31337, 'INVALID_VALUE'],
    ['a value below its range', batteryLevel, 90, -31337, 'INVALID_VALUE'],
  ])('fed %s: SINK_FAILURE, nothing of it stored or notified, and the next value arrives', async (...row) => {
    const [, path, good, bad, code] = row
    const { client, clock, failures, observe } = await registered()
    client.objects.set(path, 20)
    const notified = await observe(path)
    const changes = record(client.changes$)
    const sensor$ = new Subject<never>()
    sensor$.subscribe(client.sink(path))
    sensor$.next(bad as never)
    expect(client.objects.get(path)).toBe(20)
    await clock.advance(5_000)
    expect(changes).toEqual([])
    sensor$.next(good as never)
    await clock.advance(5_000)
    expect(notified).toEqual([20, good])
    expect(failures()).toEqual([{ type: 'SINK_FAILURE', path, cause: { code, message: expect.any(String) } }])
    expect(JSON.stringify(failures())).not.toMatch(/31.?337/)
  })

  test('of an instance that is missing: SINK_FAILURE NOT_FOUND until it exists', async () => {
    const { client, clock, failures } = await registered()
    const sensor$ = new Subject<number>()
    sensor$.subscribe(client.sink('/3303/1/5700'))
    sensor$.next(20)
    await clock.advance(0)
    expect(failures()).toMatchObject([{ path: '/3303/1/5700', cause: { code: 'NOT_FOUND' } }])
    client.objects.create(temperature, 1)
    sensor$.next(21)
    expect(client.objects.get('/3303/1/5700')).toBe(21)
  })

  test('an error of the source: SINK_FAILURE SOURCE_FAILED, told in full to onError alone; the sink takes the next source', async () => {
    const { client, clock, failures, observe, errors } = await registered()
    const notified = await observe(sensorValue)
    const sink = client.sink(sensorValue)
    const broken$ = new Subject<number>()
    broken$.subscribe(sink)
    const error = new Error('no answer from the sensor with the key 31337')
    broken$.error(error)
    await clock.advance(1_000)
    expect(failures()).toEqual([
      {
        type: 'SINK_FAILURE',
        path: sensorValue,
        cause: { code: 'SOURCE_FAILED', message: 'the source of the values failed' },
      },
    ])
    expect(errors.splice(0)).toEqual([error])
    const mended$ = new Subject<number>()
    mended$.subscribe(sink)
    mended$.next(23)
    await clock.advance(1_000)
    expect(notified).toEqual([21.5, 23])
  })

  test('a value that throws when it is looked at: SINK_FAILURE that does not repeat what it threw', async () => {
    const { client, clock, failures } = await registered()
    const values$ = new Subject<Readonly<Record<number, number>>>()
    values$.subscribe(client.sink('/3/0/11'))
    values$.next({
      get 0(): number {
        throw new Error('31337')
      },
    })
    await clock.advance(0)
    expect(failures()).toEqual([
      { type: 'SINK_FAILURE', path: '/3/0/11', cause: { code: 'INVALID_VALUE', message: 'the value cannot be read' } },
    ])
  })

  test('completion of the source is no event, and the client goes on', async () => {
    const { client, clock, clientEvents } = await registered()
    const before = clientEvents.length
    const sensor$ = new Subject<number>()
    sensor$.subscribe(client.sink(sensorValue))
    sensor$.complete()
    await clock.advance(1_000)
    expect(clientEvents).toHaveLength(before)
  })

  test('a failure is told after what goes on now: who hears of it may feed the sink', async () => {
    const { client, clock } = await registered()
    const sensor$ = new Subject<number>()
    const order: string[] = []
    client.events$.subscribe(({ type }) => {
      order.push(type)
      sensor$.next(30)
    })
    sensor$.subscribe(client.sink(sensorValue))
    sensor$.next(Number.NaN)
    order.push('fed')
    await clock.advance(0)
    expect(order).toEqual(['fed', 'SINK_FAILURE'])
    expect(client.objects.get(sensorValue)).toBe(30)
  })
})

describe.each(['value$', 'sink'] as const)('%s', method => {
  test.each([
    ['no path', 'temperature', 'INVALID_PATH'],
    ['an object', '/3303', 'INVALID_PATH'],
    ['an object instance', '/3303/0', 'INVALID_PATH'],
    ['an unknown object', '/9999/0/1', 'NOT_FOUND'],
    ['an unknown resource', '/3303/0/9', 'NOT_FOUND'],
    ['an instance of a single resource', '/3303/0/5700/0', 'NOT_FOUND'],
  ])('of %s throws at once', async (_, path, code) => {
    const { client } = await registered()
    expect(() => client[method](path)).toThrow(expect.objectContaining({ code }))
  })
})

test('changes$ and value$ tell what the application and what a server writes, one batch a transaction', async () => {
  const { client, clock, server } = await registered()
  const changes = record(client.changes$) as (readonly Change[])[]
  const offset = record(client.value$('/3/0/14'))
  client.objects.batch(() => {
    client.objects.set('/3/0/14', '+02')
    client.objects.set('/3/0/15', 'Europe/Berlin')
  })
  await clock.until(server.write(endpoint, '/3/0/14', '+03'))
  expect(changes.map(batch => batch.map(({ path }) => path.join('/')))).toEqual([['3/0/14', '3/0/15'], ['3/0/14']])
  expect(offset.slice(-2)).toEqual(['+02', '+03'])
})

describe('stop', () => {
  test('completes all streams after the last event is told', async () => {
    const site = await scenario()
    const { client, clock } = site
    const events = record(client.events$)
    const streams: Observable<unknown>[] = [client.changes$, client.value$(sensorValue), client.observations$]
    const others = streams.map(record)
    await site.register()
    await clock.until(client.stop())
    expect(events.slice(1)).toEqual([
      { type: 'DEREGISTER', shortServerId: 7 },
      { type: 'DISCONNECT', shortServerId: 7 },
      'completed',
    ])
    expect(others).toEqual([['completed'], [21.5, 'completed'], ['completed']])
  })

  test('what is subscribed before the first start, or between a stop and the next start, lives until the next stop', async () => {
    const site = await scenario()
    const { client, clock } = site
    const first = record(client.value$(sensorValue))
    await site.register()
    await clock.until(client.stop())
    const second = record(client.value$(sensorValue))
    const events = record(client.events$)
    client.objects.set(sensorValue, 22)
    await site.register()
    client.objects.set(sensorValue, 23)
    expect(first).toEqual([21.5, 'completed'])
    expect(second).toEqual([21.5, 22, 23])
    await clock.until(client.stop())
    expect(second).toEqual([21.5, 22, 23, 'completed'])
    expect(events.map(event => (event === 'completed' ? event : event.type))).toEqual([
      'REGISTRATION_COMPLETE',
      'DEREGISTER',
      'DISCONNECT',
      'completed',
    ])
  })

  test('of a client that never started completes, too', async () => {
    const { client } = await scenario()
    const values = record(client.value$(sensorValue))
    await client.stop()
    expect(values).toEqual([21.5, 'completed'])
  })

  test('of a client that is started again before it has stopped does not', async () => {
    const site = await scenario()
    const { client, clock } = site
    await site.register()
    const events = record(client.events$)
    const values = record(client.value$(sensorValue))
    const stopped = client.stop()
    client.start()
    await clock.until(stopped)
    await clock.until(client.registered())
    client.objects.set(sensorValue, 22)
    expect(values).toEqual([21.5, 22])
    expect(events.at(-1)).toMatchObject({ type: 'REGISTRATION_COMPLETE' })
  })

  test('after a fatal event: that is no news for the next run', async () => {
    const retry = { initialDelaySeconds: 2, maximumDelaySeconds: 60, attempts: 1 }
    const site = await scenario({ client: { retry }, answer: () => errorResponse(Code.forbidden) })
    site.client.start()
    await site.clock.advance(1_000)
    expect(record(site.client.events$)).toEqual([{ type: 'NETWORK_ERROR' }])
    await site.clock.until(site.client.stop())
    expect(record(site.client.events$)).toEqual([])
  })

  test('a failure of a sink just before is told before the end', async () => {
    const site = await scenario()
    await site.register()
    const events = record(site.client.events$)
    site.client.sink(sensorValue).next(Number.NaN)
    await site.clock.until(site.client.stop())
    expect(events[0]).toMatchObject({ type: 'SINK_FAILURE' })
  })
})

test('a subscriber that throws harms neither the client nor who else listens', async () => {
  const thrown: unknown[] = []
  config.onUnhandledError = error => thrown.push(error)
  onTestFinished(() => {
    config.onUnhandledError = null
  })
  const { client, clock, observe } = await registered()
  const notified = await observe(sensorValue)
  let throws = 0
  const fail = () => {
    throws++
    throw new Error('of the application')
  }
  const streams: Observable<unknown>[] = [client.changes$, client.value$(sensorValue), client.events$]
  const failing = streams.map(stream$ => stream$.subscribe(fail))
  const changes = record(client.changes$)
  const values = record(client.value$(sensorValue))
  client.objects.set(sensorValue, 22)
  client.sink(sensorValue).next(23)
  client.update()
  await clock.advance(10_000)
  expect(changes).toHaveLength(2)
  expect(values).toEqual([21.5, 22, 23])
  expect(notified.at(-1)).toBe(23)
  await clock.until(client.registered())
  for (const subscription of failing) subscription.unsubscribe()
  // RxJS throws these in a task of their own, where nothing of the client runs.
  await vi.waitFor(() => expect(thrown).toHaveLength(throws))
  expect(throws).toBeGreaterThan(3)
})

describe('the streams by themselves', () => {
  function streams() {
    const store = new CountingStore()
    store.define(device)
    store.createInstance(device.id, 0)
    return { store, client: new ClientStreams({ store, hasGivenUp: () => false, onError: () => undefined }) }
  }

  test('observations$ tells each event in a microtask of its own, and none from before the subscription', async () => {
    const { client } = streams()
    const event = (type: 'added' | 'removed'): ObservationEvent => ({ type, shortServerId: 1, paths: [batteryLevel] })
    const dropped: ObservationEvent = { type: 'dropped', shortServerId: 1, paths: [batteryLevel], droppedCount: 3 }
    client.announceObservation(event('added'))
    const seen = record(client.observations$)
    client.announceObservation(event('removed'))
    client.announceObservation(dropped)
    expect(seen).toEqual([])
    await Promise.resolve()
    expect(seen).toEqual([event('removed'), dropped])
    client.complete()
    expect(seen.at(-1)).toBe('completed')
  })

  test('leave nothing at the store or the router once they have completed', () => {
    const { store, client } = streams()
    const seen = ['/3/0/9', '/3/0/11/2', '/3/0/11'].map(path => record(client.value$(path)))
    record(client.changes$)
    expect([store.listeners, client.router.size]).toEqual([1, 5])
    client.complete()
    expect([store.listeners, client.router.size]).toEqual([0, 0])
    expect(seen).toEqual([undefined, undefined, undefined].map(value => [value, 'completed']))
  })

  test('keep who comes in answer to the completion', () => {
    const { client } = streams()
    const seen: (ClientEvent | string)[] = []
    client.events$.subscribe({
      complete: () => client.events$.subscribe({ complete: () => seen.push('completed again') }),
    })
    client.complete()
    expect(seen).toEqual([])
    client.complete()
    expect(seen).toEqual(['completed again'])
  })
})

describe('sink with a function that writes', () => {
  test('each value is one transaction; a throw undoes all of it, and becomes SINK_FAILURE with the path', async () => {
    const { client, clock, failures } = await registered()
    const changes = record(client.changes$)
    const reading$ = new Subject<{ celsius: number; units: string }>()
    reading$.subscribe(
      client.sink('/3303/0', ({ celsius, units }) => {
        client.objects.set('/3303/0/5701', units)
        client.objects.set(sensorValue, celsius)
      }),
    )
    reading$.next({ celsius: Number.NaN, units: 'K' })
    expect(client.objects.get('/3303/0/5701')).not.toBe('K')
    expect(changes).toEqual([])
    reading$.next({ celsius: 294, units: 'K' })
    expect(client.objects.get(sensorValue)).toBe(294)
    expect(changes).toHaveLength(1)
    await clock.advance(0)
    expect(failures()).toMatchObject([{ path: '/3303/0', cause: { code: 'INVALID_VALUE' } }])
  })
})
