import { expect, test } from 'vitest'
import type { ListenOptions } from '../../server/options.ts'
import { type CoapMessage, Code, isRequest } from '../../transport/coap/message.ts'
import type { ObserveRelation } from '../../transport/coap/observe-relation.ts'
import { OptionNumber, uintOption } from '../../transport/coap/options.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import type { Connection } from '../../transport/connection.ts'
import { TransportError } from '../../transport/errors.ts'
import { describeMessage } from '../../transport/lwm2m/describe.ts'
import {
  decodeRegistered,
  encodeDeregister,
  encodeRegister,
  encodeUpdate,
  type RegisterParameters,
} from '../../transport/lwm2m/uplink.ts'
import { serverSite } from '../helpers/site.ts'

const text = uintOption(OptionNumber.contentFormat, 0)

/** A server and a scripted client that registered with queue mode. */
async function sleepySite({
  server,
  register,
}: {
  server?: Partial<ListenOptions>
  register?: Partial<RegisterParameters>
} = {}) {
  const site = await serverSite(server === undefined ? {} : { server })
  const { clock, network, random } = site
  /** What the client was asked, with the seconds since the start. */
  const asked: string[] = []
  const startMs = clock.now()
  let relation: ObserveRelation | undefined
  let isDeaf = false
  const peer = new CoapPeer(
    hearing(await network.connect(site.server.local), () => !isDeaf),
    {
      clock,
      random,
      handler: request => {
        asked.push(`${Math.floor((clock.now() - startMs) / 1_000)} ${describeMessage(request.message)}`)
        const answer: CoapMessage = { code: Code.content, options: [text], payload: Buffer.from(`${asked.length}`) }
        if (!describeMessage(request.message).includes('observe')) return answer
        relation = request.observe({ ended: () => undefined })
        return relation.accept(answer)
      },
    },
  )
  const send = (message: CoapMessage) => clock.until(peer.request(message).response)
  const parameters = {
    endpoint: 'dev1',
    version: '1.1',
    lifetimeSeconds: 86_400,
    queueMode: true,
    objectLinks: '</3/0>',
  } as const
  const enroll = async (changes: Partial<RegisterParameters> = {}) =>
    decodeRegistered(await send(encodeRegister({ ...parameters, ...register, ...changes }))) as readonly string[]
  const location = await enroll()
  await clock.advance(0)
  return {
    ...site,
    asked,
    location,
    enroll,
    send,
    update: () => send(encodeUpdate(location, {})),
    /** Whether no request reaches the client, though it gets its answers. */
    setDeaf: (isTrue: boolean) => {
      isDeaf = isTrue
    },
    notify: (payload: string) =>
      relation?.notify({ code: Code.content, options: [text], payload: Buffer.from(payload) }, false),
    /** What became of requests, in the order in which it did. */
    watch: (requests: readonly Promise<{ readonly payload: Uint8Array }>[]) => {
      const seen: string[] = []
      for (const [index, request] of requests.entries()) {
        request.then(
          ({ payload }) => seen.push(`${index}: ${Buffer.from(payload).toString()}`),
          ({ code }: { code: string }) => seen.push(`${index}: ${code}`),
        )
      }
      return seen
    },
  }
}

/** A connection on which requests arrive only while `hears`. */
function hearing(connection: Connection, hears: () => boolean): Connection {
  return {
    local: connection.local,
    remote: connection.remote,
    send: bytes => connection.send(bytes),
    close: () => connection.close(),
    receive: receiver =>
      connection.receive({
        datagram: bytes => {
          if (hears() || !isRequest(bytes[1] as number)) receiver.datagram(bytes)
        },
        failed: error => receiver.failed(error),
      }),
  }
}

const asleepMs = 100_000

test('a client in its awake window is asked at once', async () => {
  const { server, clock, asked } = await sleepySite()
  await clock.advance(92_000)
  await clock.until(server.read('dev1', '/3/0/0'))
  expect(asked).toEqual(['92 GET /3/0/0'])
  await server.close()
})

test('a request to a sleeping client waits for its Update, and what waits goes out in order', async () => {
  const { server, clock, asked, update, watch } = await sleepySite()
  await clock.advance(asleepMs)
  const seen = watch([server.read('dev1', '/3/0/0'), server.execute('dev1', '/3/0/4'), server.read('dev1', '/3/0/1')])
  await clock.advance(200_000)
  expect(asked).toEqual([])
  await update()
  await clock.advance(1_000)
  expect(asked).toEqual(['300 GET /3/0/0', '300 POST /3/0/4', '300 GET /3/0/1'])
  expect(seen).toEqual(['0: 1', '1: 2', '2: 3'])
  expect(clock.pendingTimers).toBeLessThan(5)
  await server.close()
})

test('the Update is answered before what waited goes out', async () => {
  const { server, clock, asked, location, send } = await sleepySite()
  await clock.advance(asleepMs)
  void server.read('dev1', '/3/0/0')
  const askedWhenAnswered = await send(encodeUpdate(location, {})).then(() => asked.length)
  await clock.advance(1_000)
  expect([askedWhenAnswered, asked.length]).toEqual([0, 1])
  await server.close()
})

test('a request while others wait goes behind them', async () => {
  const { server, clock, asked, location, send } = await sleepySite()
  await clock.advance(asleepMs)
  void server.read('dev1', '/3/0/0')
  server.events$.subscribe(({ type }) => {
    if (type === 'updated') void server.read('dev1', '/3/0/1')
  })
  await send(encodeUpdate(location, {}))
  await clock.advance(1_000)
  expect(asked).toEqual(['100 GET /3/0/0', '100 GET /3/0/1'])
  await server.close()
})

test.each([
  ['LwM2M 1.0 says it in the binding', { version: '1.0', queueMode: false, binding: 'UQ' }, true],
  ['a client without queue mode', { queueMode: false, binding: 'U' }, false],
  ['a Q in the binding of LwM2M 1.1', { queueMode: false, binding: 'UQ' }, false],
] as const)('%s', async (_name, register, waits) => {
  const { server, clock, asked } = await sleepySite({ register })
  await clock.advance(asleepMs)
  const pending = server.read('dev1', '/3/0/0')
  pending.catch(() => undefined)
  await clock.advance(1_000)
  expect(asked).toHaveLength(waits ? 0 : 1)
  await server.close()
})

test('the awake window counts from the last message: answers and notifications prolong it', async () => {
  const { server, clock, asked, notify } = await sleepySite({ server: { clientAwakeSeconds: 10 } })
  const values: unknown[] = []
  server.observe('dev1', '/3/0/9').subscribe(({ payload }) => values.push(Buffer.from(payload).toString()))
  for (const payload of ['81', '82']) {
    await clock.advance(9_000)
    notify(payload)
  }
  await clock.advance(9_000)
  await clock.until(server.read('dev1', '/3/0/0'))
  await clock.advance(9_000)
  await clock.until(server.read('dev1', '/3/0/1'))
  expect(values).toEqual(['1', '81', '82'])
  expect(asked).toEqual(['0 GET /3/0/9 observe 0', '27 GET /3/0/0', '36 GET /3/0/1'])
  await clock.advance(10_000)
  void server.read('dev1', '/3/0/2').catch(() => undefined)
  await clock.advance(1_000)
  expect(asked).toHaveLength(3)
  await server.close()
})

test('an observation of a sleeping client begins when it wakes, in its turn', async () => {
  const { server, clock, asked, update, notify } = await sleepySite()
  await clock.advance(asleepMs)
  void server.read('dev1', '/3/0/0')
  const values: unknown[] = []
  server.observe('dev1', '/3/0/9').subscribe(({ payload }) => values.push(Buffer.from(payload).toString()))
  void server.read('dev1', '/3/0/1')
  await update()
  await clock.advance(1_000)
  expect(asked.map(line => line.slice(4))).toEqual(['GET /3/0/0', 'GET /3/0/9 observe 0', 'GET /3/0/1'])
  notify('80')
  await clock.advance(1_000)
  expect(values).toEqual(['2', '80'])
  await server.close()
})

test('an observation that nobody wants any more is not begun', async () => {
  const { server, clock, asked, update } = await sleepySite({ server: { maximumWaitingRequests: 1 } })
  await clock.advance(asleepMs)
  server.observe('dev1', '/3/0/9').subscribe().unsubscribe()
  void server.read('dev1', '/3/0/0')
  await update()
  await clock.advance(1_000)
  expect(asked).toEqual(['100 GET /3/0/0'])
  await server.close()
})

test('a client that registers anew finds what waited for it', async () => {
  const { server, clock, asked, enroll, watch } = await sleepySite()
  await clock.advance(asleepMs)
  const seen = watch([server.read('dev1', '/3/0/0')])
  await enroll({ queueMode: false })
  await clock.advance(1_000)
  expect([asked, seen]).toEqual([['100 GET /3/0/0'], ['0: 1']])
  await server.close()
})

test('beyond the maximum: QUEUE_FULL, of this client alone', async () => {
  const { server, clock, enroll, watch } = await sleepySite({ server: { maximumWaitingRequests: 2 } })
  await enroll({ endpoint: 'dev2' })
  await clock.advance(asleepMs)
  const seen = watch([
    ...['/3/0/0', '/3/0/1', '/3/0/2'].map(path => server.read('dev1', path)),
    server.read('dev2', '/3/0/0'),
  ])
  await clock.advance(0)
  expect(seen).toEqual(['2: QUEUE_FULL'])
  await server.close()
})

test('what cannot be sent is refused at once, not when the client wakes', async () => {
  const { server, clock } = await sleepySite()
  await clock.advance(asleepMs)
  await expect(server.write('dev1', '/1/0/1', 'soon', { contentFormat: 11542 })).rejects.toMatchObject({
    code: 'INVALID_VALUE',
  })
  await expect(server.read('dev9', '/3/0/0')).rejects.toMatchObject({ code: 'UNKNOWN_ENDPOINT' })
  await server.close()
})

test('a client that leaves while requests wait: REGISTRATION_ENDED', async () => {
  const { server, clock, location, send, watch } = await sleepySite()
  await clock.advance(asleepMs)
  const seen = watch([server.read('dev1', '/3/0/0'), server.read('dev1', '/3/0/1')])
  await send(encodeDeregister(location))
  await clock.advance(0)
  expect(seen).toEqual(['0: REGISTRATION_ENDED', '1: REGISTRATION_ENDED'])
  await server.close()
})

test('a client that expires while a request waits: REGISTRATION_ENDED', async () => {
  const { server, clock, watch } = await sleepySite({ register: { lifetimeSeconds: 120 } })
  await clock.advance(asleepMs)
  const seen = watch([server.read('dev1', '/3/0/0')])
  await clock.advance(30_000)
  expect(seen).toEqual(['0: REGISTRATION_ENDED'])
  await server.close()
})

test('a server that closes while a request waits: CLOSED', async () => {
  const { server, clock, watch } = await sleepySite()
  await clock.advance(asleepMs)
  const seen = watch([server.read('dev1', '/3/0/0')])
  await server.close()
  await clock.advance(0)
  expect(seen).toEqual(['0: CLOSED'])
})

test('a client thought awake that does not answer: TIMEOUT that says so, and no second try', async () => {
  const { server, clock, asked, setDeaf, update } = await sleepySite({ server: { clientAwakeSeconds: 3_600 } })
  setDeaf(true)
  const error: unknown = await clock.until(server.read('dev1', '/3/0/0').catch((cause: unknown) => cause))
  expect(error).toBeInstanceOf(TransportError)
  expect(error).toMatchObject({
    code: 'TIMEOUT',
    message: '"dev1" uses queue mode and was thought awake, but does not answer',
    cause: { code: 'TIMEOUT' },
  })
  setDeaf(false)
  const next = server.read('dev1', '/3/0/1')
  await clock.advance(10_000)
  expect(asked).toEqual([])
  await update()
  await clock.until(next)
  expect(asked.map(line => line.replace(/^\d+ /, ''))).toEqual(['GET /3/0/1'])
  await server.close()
})

test('when the first of what waited is not answered, the rest goes on waiting', async () => {
  const { server, clock, asked, setDeaf, update, watch } = await sleepySite()
  await clock.advance(asleepMs)
  const seen = watch([server.read('dev1', '/3/0/0'), server.read('dev1', '/3/0/1')])
  setDeaf(true)
  await update()
  await clock.advance(300_000)
  setDeaf(false)
  expect(seen).toEqual(['0: TIMEOUT'])
  await update()
  await clock.advance(1_000)
  expect(seen).toEqual(['0: TIMEOUT', '1: 1'])
  expect(asked).toEqual(['400 GET /3/0/1'])
  await server.close()
})

test('a client without queue mode that does not answer: the error as it is', async () => {
  const { server, clock, setDeaf } = await sleepySite({ register: { queueMode: false } })
  setDeaf(true)
  await expect(clock.until(server.read('dev1', '/3/0/0'))).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.not.stringContaining('queue mode'),
  })
  await server.close()
})
