import { describe, expect, onTestFinished, test } from 'vitest'
import { type CoapMessage, Code, noPayload } from '../../../transport/coap/message.ts'
import type { ObserveRelation } from '../../../transport/coap/observe-relation.ts'
import { OptionNumber } from '../../../transport/coap/options.ts'
import type { PeerRequest } from '../../../transport/coap/peer.ts'
import { content, get, patternBytes, request } from '../../helpers/coap-site.ts'
import { type StreamSiteOptions, serverAddress, streamSite } from '../../helpers/stream-site.ts'

async function site(options: StreamSiteOptions = {}) {
  const made = await streamSite(options)
  onTestFinished(async () => {
    await made.close()
    expect(made.clock.pendingTimers).toBe(0)
  })
  return made
}

const echo = ({ message }: PeerRequest): CoapMessage => content(Buffer.from(message.payload))

/** Keeps the observations of the client. */
function observable() {
  const relations: ObserveRelation[] = []
  const ends: string[] = []
  const codes: number[] = []
  return {
    relations,
    ends,
    codes,
    handler: ({ message, observe }: PeerRequest): CoapMessage => {
      codes.push(message.code)
      const option = message.options.find(({ number }) => number === OptionNumber.observe)
      if (option === undefined || option.value.length > 0) {
        if (option !== undefined) relations.at(-1)?.end('cancelled')
        return content('once')
      }
      const relation = observe({ ended: reason => ends.push(reason) })
      relations.push(relation)
      return relation.accept(content('first'))
    },
  }
}

describe('requests and responses', () => {
  test('go by token in both directions', async () => {
    const made = await site({ serverHandler: echo, clientHandler: () => content('device') })
    const { clock, client } = made
    const answers = await clock.until(
      Promise.all([1, 2, 3].map(number => client.request(request(Code.post, '/x', Buffer.from([number]))).response)),
    )
    expect(answers.map(({ payload }) => payload[0])).toEqual([1, 2, 3])
    const answer = await clock.until(made.serverPeer.request(get('/3/0')).response)
    expect(Buffer.from(answer.payload).toString()).toBe('device')
  })

  test('a body of the maximal size arrives whole, in messages that the other end accepts, however they are cut', async () => {
    const body = patternBytes(1_000_000)
    const { clock, client } = await site({
      serverHandler: echo,
      fragmentBytes: [1, 9_000],
      parameters: { maximumMessageBytes: 20_000 },
    })
    const answer = await clock.until(client.request(request(Code.put, '/x', body)).response)
    expect(Buffer.compare(Buffer.from(answer.payload), body)).toBe(0)
  })

  test('one that nobody waits for is ignored', async () => {
    let late: (() => void) | undefined
    const { clock, client, ends } = await site({
      serverHandler: () => new Promise(resolve => (late = () => resolve(content('late')))),
    })
    const pending = client.request(get('/x'))
    await clock.advance(10)
    pending.cancel()
    await expect(pending.response).rejects.toMatchObject({ code: 'CANCELLED' })
    late?.()
    await clock.advance(10)
    expect(ends).toEqual([])
  })

  test('an unknown critical option is 4.02, whatever the sender thinks of acknowledgements', async () => {
    const { clock, client } = await site({ serverHandler: echo })
    const odd = { ...get('/x'), options: [{ number: 9_999, value: noPayload }] }
    expect((await clock.until(client.request(odd, false).response)).code).toBe(Code.badOption)
  })
})

describe('a peer that is gone without a word', () => {
  const parameters = { pingAfterMs: 20_000, pongTimeoutMs: 10_000 }

  test('is found by a Ping while an answer is awaited', async () => {
    const { clock, client, network, ends } = await site({ serverHandler: echo, parameters })
    network.streams.cut()
    const pending = client.request(get('/x'))
    pending.response.catch(() => undefined)
    await clock.advance(29_999)
    expect(ends).toEqual([])
    await clock.advance(1)
    expect(ends).toMatchObject([{ code: 'TIMEOUT', message: 'the peer does not answer a Ping' }])
    await expect(pending.response).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('is not looked for while nothing is awaited', async () => {
    const { clock, client, network, ends } = await site({ serverHandler: echo, parameters })
    await clock.until(client.request(get('/x')).response)
    network.streams.cut()
    await clock.advance(200_000)
    expect(ends).toEqual([])
  })

  test('a slow one answers the Ping and is waited for', async () => {
    const { clock, client, ends } = await site({
      serverHandler: () => new Promise(resolve => clock.setTimeout(() => resolve(content('slow')), 200_000)),
      parameters,
    })
    const answer = await clock.until(client.request(get('/x')).response)
    expect(Buffer.from(answer.payload).toString()).toBe('slow')
    expect(ends).toEqual([])
  })

  test('ping() says so', async () => {
    const { clock, client, network } = await site({ serverHandler: echo, parameters })
    await clock.until(client.ping())
    network.streams.cut()
    await expect(clock.until(client.ping())).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('a listening endpoint asks those that were silent for long', async () => {
    const made = await site({ serverHandler: echo, parameters })
    const { clock, client, network } = made
    await clock.until(client.request(get('/x')).response)
    const { serverPeer } = made
    await clock.advance(600_000)
    await clock.until(serverPeer.ping())
    network.streams.cut()
    await clock.advance(600_000)
    // It has let go of it.
    await expect(serverPeer.request(get('/x')).response).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

test('an observer that is gone without a word is found by a listening endpoint', async () => {
  const { handler, ends } = observable()
  const { clock, client, network } = await site({ serverHandler: handler })
  const observation = client.observe(get('/x'), { notification: () => undefined, ended: () => undefined })
  await clock.until(observation.response)
  network.streams.cut()
  await clock.advance(900_000)
  expect(ends).toEqual(['closed'])
})

describe('observations (RFC 8323 §7)', () => {
  test('a notification counts as arrived when the Pong to a Ping after it has come', async () => {
    const { relations, handler } = observable()
    const acknowledged: number[] = []
    const made = await site({ serverHandler: handler, conditions: { delayMs: [50, 50] } })
    const { clock, client } = made
    const seen: string[] = []
    const observation = client.observe(get('/x'), {
      notification: ({ payload }) => seen.push(Buffer.from(payload).toString()),
      ended: () => undefined,
    })
    await clock.until(observation.response)
    const relation = made.serverPeer.resumeObservation((relations[0] as ObserveRelation).save(), {
      acknowledged: () => acknowledged.push(clock.now()),
      ended: () => undefined,
    })
    const startMs = clock.now()
    relation.notify(content('a'), true)
    relation.notify(content('b'), true)
    relation.notify(content('c'), true)
    expect(relation.busy).toBe(true)
    await clock.advance(1_000)
    // One round trip each: the newest of what waits follows the first.
    expect(acknowledged.map(atMs => atMs - startMs)).toEqual([100, 200])
    expect(seen).toEqual(['a', 'c'])
  })

  test('numbers do not matter, since nothing can overtake', async () => {
    const { relations, handler } = observable()
    const { clock, client } = await site({ serverHandler: handler })
    const seen: string[] = []
    const observation = client.observe(get('/x'), {
      notification: ({ payload }) => seen.push(Buffer.from(payload).toString()),
      ended: () => undefined,
    })
    await clock.until(observation.response)
    const [relation] = relations as [ObserveRelation]
    for (const state of ['a', 'b']) relation.notify(content(state), false)
    await clock.advance(0)
    expect(seen).toEqual(['a', 'b'])
  })

  test('to forget one tells the other end at once: there is no Reset', async () => {
    const { handler, ends, codes } = observable()
    const { clock, client } = await site({ serverHandler: handler })
    const observation = client.observe(get('/x'), { notification: () => undefined, ended: () => undefined })
    await clock.until(observation.response)
    observation.cancel()
    await clock.advance(0)
    expect(codes).toEqual([Code.get, Code.get])
    expect(ends).toEqual(['cancelled'])
  })

  test('a peer that does not read gets the newest state when it reads again', async () => {
    const { relations, handler } = observable()
    const { clock, client, network } = await site({ serverHandler: handler })
    network.streams.windowBytes = 10_000
    const seen: string[] = []
    const observation = client.observe(get('/x'), {
      notification: ({ payload }) => seen.push(Buffer.from(payload).toString().slice(0, 3)),
      ended: () => undefined,
    })
    await clock.until(observation.response)
    const connection = client.connection as { pause?: () => void; resume?: () => void }
    connection.pause?.()
    for (let state = 100; state < 200; state++) {
      relations[0]?.notify(content(`${state}${'.'.repeat(1_000)}`), false)
      await clock.advance(1)
    }
    expect(seen).toEqual([])
    connection.resume?.()
    await clock.advance(10)
    expect(seen.length).toBeLessThan(20)
    expect(seen.at(-1)).toBe('199')
  })
})

describe('back-pressure', () => {
  test('who does not read the answers is not read: requests wait at the sender', async () => {
    let asked = 0
    const { clock, client, network, ends } = await site({
      serverHandler: () => {
        asked++
        return content(patternBytes(5_000))
      },
    })
    network.streams.windowBytes = 20_000
    const connection = client.connection as { pause?: () => void; resume?: () => void }
    connection.pause?.()
    const pending = Promise.all(Array.from({ length: 200 }, () => client.request(get('/x')).response))
    await clock.advance(100)
    expect(asked).toBeLessThan(30)
    connection.resume?.()
    const answers = await clock.until(pending)
    expect(answers.every(({ payload }) => payload.length === 5_000)).toBe(true)
    expect(ends).toEqual([])
  })

  test('a handler that is slow gets no more requests than it may have waiting', async () => {
    let open = 0
    let most = 0
    const { clock, client } = await site({
      serverHandler: () =>
        new Promise(resolve => {
          most = Math.max(most, ++open)
          clock.setTimeout(() => {
            open--
            resolve(content('done'))
          }, 10)
        }),
    })
    const pending = Array.from({ length: 2_000 }, () => client.request(get('/x')).response)
    await clock.until(Promise.all(pending))
    expect(most).toBe(256)
  })

  test('a peer that reads nothing at all: no endless queue', async () => {
    const { clock, client, network, ends } = await site({ serverHandler: echo, parameters: { maximumQueued: 50 } })
    network.streams.windowBytes = 10_000
    network.streams.cut()
    const outcomes = Array.from(
      { length: 200 },
      () => client.request(request(Code.put, '/x', patternBytes(900))).response,
    )
    const settled = Promise.allSettled(outcomes)
    await clock.until(settled)
    const codes = (await settled).map(outcome => (outcome.status === 'rejected' ? outcome.reason.code : 'answered'))
    expect(codes.filter(code => code === 'QUEUE_FULL').length).toBeGreaterThan(100)
    expect(codes.filter(code => code === 'TIMEOUT').length).toBeLessThan(80)
    expect(ends).toMatchObject([{ code: 'TIMEOUT' }])
  })
})

describe('the end', () => {
  test('a Release lets what is under way end, and then the connection', async () => {
    let answer: (() => void) | undefined
    const made = await site({
      serverHandler: () => new Promise(resolve => (answer = () => resolve(content('last')))),
    })
    const { clock, client, ends } = made
    const pending = client.request(get('/x'))
    await clock.advance(0)
    const connection = made.serverPeer.connection as { send?: (frame: unknown) => void }
    connection.send?.({ code: Code.release, token: noPayload, options: [], payload: noPayload })
    await clock.advance(0)
    expect(ends).toEqual([])
    answer?.()
    expect(Buffer.from((await clock.until(pending.response)).payload).toString()).toBe('last')
    await clock.advance(0)
    expect(ends).toMatchObject([{ code: 'CLOSED', message: 'the peer has ended the connection (Release)' }])
  })

  test('a server that closes ends requests, observers and pings of its clients at once', async () => {
    const { clock, client, server, ends } = await site({ serverHandler: () => new Promise(() => undefined) })
    const pending = client.request(get('/x'))
    pending.response.catch(() => undefined)
    await clock.advance(0)
    await server.close()
    await clock.advance(0)
    expect(ends).toMatchObject([{ code: 'CLOSED' }])
    await expect(pending.response).rejects.toMatchObject({ code: 'CLOSED' })
  })
})

describe('a listening endpoint', () => {
  test('has no room: one that is not busy goes', async () => {
    const { clock, client, connect, ends } = await site({ serverHandler: echo, maximumPeers: 2 })
    await clock.until(client.request(get('/x')).response)
    const second = await connect()
    await clock.until(second.request(get('/x')).response)
    const third = await connect()
    await clock.until(third.request(get('/x')).response)
    expect(ends).toHaveLength(1)
    second.close()
    third.close()
  })

  test('strangers that tell no settings take no room for ever', async () => {
    const { clock, network, connect } = await site({
      serverHandler: echo,
      maximumPeers: 3,
      parameters: { settingsTimeoutMs: 1_000 },
    })
    const strangers = await clock.until(Promise.all([1, 2, 3].map(() => network.streams.connect(serverAddress))))
    await clock.advance(1_000)
    const late = await connect()
    await clock.until(late.request(get('/x')).response)
    late.close()
    for (const stranger of strangers) stranger.close()
  })
})
