import { expect, test } from 'vitest'
import { Sends } from '../../client/sends.ts'
import { AttributeTree } from '../../objects/attributes/tree.ts'
import { server } from '../../objects/definitions/server.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import type { SendContent, SendRequest } from '../../objects/operations/send.ts'
import type { PathValue } from '../../objects/path-value.ts'
import { ObjectStore } from '../../objects/store.ts'
import type { CoapMessage } from '../../transport/coap/message.ts'
import { Code, noPayload } from '../../transport/coap/message.ts'
import { coapSite } from '../helpers/coap-site.ts'

const level = [3303, 0, 5601]
const history = [3303, 0, 5700]

/** Sends over a store whose time series is `entries`, of which a message carries two. */
async function seriesSite() {
  const received: PathValue[][] = []
  const script: { answer: (message: CoapMessage) => number } = { answer: () => Code.changed }
  const site = await coapSite({
    serverHandler: ({ message }) => {
      received.push(formatOf(ContentFormat.senmlCbor)?.decode([], message.payload, store) ?? [])
      return { code: script.answer(message), options: [], payload: noPayload }
    },
  })
  const store = new ObjectStore()
  store.define(server)
  const entries: PathValue[] = []
  let now = 1
  const read = (_store: unknown, context: { maximumSeriesBytes?: number }, request: SendRequest): SendContent => {
    expect(context.maximumSeriesBytes).toBe(1_024)
    const part = request.paths.length === 0 ? [] : entries.slice(0, 2)
    const values = [...(request.kept ?? [{ path: level, value: now }]), ...part]
    const payload = formatOf(ContentFormat.senmlCbor)?.encode([], values, store) as Uint8Array
    const series = {
      complete: entries.length <= 2,
      delivered: () => void entries.splice(0, part.length),
    }
    return { contentFormat: ContentFormat.senmlCbor, payload, values, ...(part.length > 0 && { series }) }
  }
  const sends = new Sends({
    store,
    clock: site.clock,
    context: { shortServerId: 1, attributes: new AttributeTree(), enablerVersion: '1.2' },
    serverInstanceId: 0,
    maximumWaiting: 4,
    read,
    onWaiting: () => undefined,
    onUnreachable: () => undefined,
  })
  return {
    ...site,
    sends,
    entries,
    received,
    script,
    /** Another value at the place that has no time series. */
    setLevel: (value: number) => {
      now = value
    },
    add: (...numbers: number[]) =>
      void entries.push(...numbers.map(number => ({ path: history, value: number, timeSeconds: 2 ** 30 + number }))),
  }
}

const entry = (number: number) => ({ path: history, value: number, timeSeconds: 2 ** 30 + number })

test('a time series follows in as many messages as it takes, all else goes once', async () => {
  const { sends, client, clock, add, received, entries } = await seriesSite()
  add(1, 2, 3, 4, 5)
  sends.release(client)
  await clock.until(sends.send([level, history]))
  expect(received).toEqual([[{ path: level, value: 1 }, entry(1), entry(2)], [entry(3), entry(4)], [entry(5)]])
  expect(entries).toEqual([])
})

test('what the server rejects is not consumed, and goes with the next', async () => {
  const { sends, client, clock, add, received, entries, script } = await seriesSite()
  add(1, 2, 3)
  sends.release(client)
  script.answer = () => (received.length === 2 ? Code.badRequest : Code.changed)
  await expect(clock.until(sends.send([level, history]))).rejects.toMatchObject({ code: 'REJECTED' })
  expect(entries).toEqual([entry(3)])
  await clock.until(sends.send([level, history]))
  expect(received.at(-1)).toEqual([{ path: level, value: 1 }, entry(3)])
  expect(entries).toEqual([])
})

test('of several that are kept only the first carries what the time series holds, and what has come since', async () => {
  const { sends, client, clock, add, received, setLevel } = await seriesSite()
  sends.restore()
  add(1)
  const atSeconds = clock.now() / 1_000
  const first = sends.send([level, history], { whenOffline: 'queue' })
  await clock.advance(10_000)
  setLevel(2)
  const second = sends.send([level, history], { whenOffline: 'queue' })
  await clock.advance(10_000)
  add(2)
  setLevel(3)
  sends.release(client)
  await clock.until(Promise.all([first, second]))
  const one = { path: level, value: 1, timeSeconds: atSeconds }
  const two = { path: level, value: 2, timeSeconds: atSeconds + 10 }
  expect(received).toEqual([[entry(1), entry(2), one], [two]])
})

test('a connection that goes in the middle of a time series: the rest follows over the next, nothing twice', async () => {
  const { sends, client, clock, network, add, received } = await seriesSite()
  const conditions = { ...network.conditions, delayMs: [100, 100] } as const
  network.conditions = conditions
  add(1, 2, 3)
  sends.release(client)
  const sending = sends.send([level, history], { whenOffline: 'queue' })
  await clock.advance(150)
  network.conditions = { ...conditions, loss: 1 }
  await clock.advance(1_000)
  sends.interrupt()
  network.conditions = conditions
  await clock.advance(60_000)
  expect(received).toHaveLength(1)
  sends.release(client)
  await clock.until(sending)
  expect(received).toEqual([[{ path: level, value: 1 }, entry(1), entry(2)], [entry(3)]])
})

test('a bound of those that wait for their turn', async () => {
  const { sends, client, clock } = await seriesSite()
  sends.release(client)
  const sendings = Array.from({ length: 6 }, () =>
    sends.send([level]).then(
      () => 'sent',
      (error: { code: string }) => error.code,
    ),
  )
  expect(await clock.until(Promise.all(sendings))).toEqual(['sent', 'sent', 'sent', 'sent', 'sent', 'QUEUE_FULL'])
})
