import { describe, expect, onTestFinished, test } from 'vitest'
import type { ListenOptions } from '../../server/options.ts'
import type { RegistrationEvent } from '../../server/registrations.ts'
import { Lwm2mServer } from '../../server/server.ts'
import { encodeFrame } from '../../transport/coap/frame.ts'
import { type CoapMessage, Code, noPayload } from '../../transport/coap/message.ts'
import type { ObserveRelation } from '../../transport/coap/observe-relation.ts'
import { OptionNumber, uintOption } from '../../transport/coap/options.ts'
import { defaultParameters } from '../../transport/coap/parameters.ts'
import { CoapPeer } from '../../transport/coap/peer.ts'
import type { PeerConnection } from '../../transport/coap/peer-connection.ts'
import { baseSettings, encodeCsm } from '../../transport/coap/signaling.ts'
import type { TransportError } from '../../transport/errors.ts'
import { describeMessage } from '../../transport/lwm2m/describe.ts'
import {
  encodeDeregister,
  encodeRegister,
  encodeSend,
  encodeUpdate,
  type RegisterParameters,
} from '../../transport/lwm2m/uplink.ts'
import { openCoapStream } from '../helpers/coap-stream.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const text = uintOption(OptionNumber.contentFormat, 0)
const registration = { endpoint: 'dev', version: '1.1', lifetimeSeconds: 86_400, objectLinks: '</3/0>' } as const
const send = encodeSend({ contentFormat: 110, payload: Buffer.from('[{"bn":"/3/0/9","v":1}]') })

/** A server that listens on UDP and TCP, and clients that come by either. */
async function site(options: Partial<ListenOptions> = {}) {
  const { clock, random, network } = simulatedWorld()
  const errors: unknown[] = []
  const server = await Lwm2mServer.listen({
    clock,
    random,
    network,
    host: '10.0.0.2',
    transports: ['udp', 'tcp'],
    onError: error => errors.push(error),
    ...options,
  })
  const events: RegistrationEvent[] = []
  server.events$.subscribe(event => events.push(event))
  onTestFinished(async () => {
    await server.close()
    network.clear()
    expect(errors).toEqual([])
  })
  /** `news`: what it notifies of as soon as it has answered an observation. */
  const client = (connection: PeerConnection, news: readonly string[] = []) => {
    const asked: string[] = []
    const ends: TransportError[] = []
    let relation: ObserveRelation | undefined
    const peer = new CoapPeer(connection, {
      clock,
      random,
      handler: request => {
        asked.push(describeMessage(request.message))
        const answer: CoapMessage = { code: Code.content, options: [text], payload: Buffer.from(`${asked.length}`) }
        if (!describeMessage(request.message).endsWith('observe 0')) return answer
        relation = request.observe({ ended: () => undefined })
        queueMicrotask(() => news.forEach(notify))
        return relation.accept(answer)
      },
      onClosed: (error, closed) => {
        ends.push(error)
        closed.close(error)
      },
    })
    const notify = (payload: string) =>
      relation?.notify({ code: Code.content, options: [text], payload: Buffer.from(payload) }, false)
    const ask = (message: CoapMessage) => clock.until(peer.request(message).response)
    return {
      peer,
      connection,
      /** What the server has asked. */
      asked,
      /** Why the connection ended by itself. */
      ends,
      ask,
      code: async (message: CoapMessage) => (await ask(message)).code,
      register: async (changes: Partial<RegisterParameters> = {}) => {
        const { code } = await ask(encodeRegister({ ...registration, ...changes }))
        await clock.advance(0)
        return code
      },
      update: async () => {
        const { code } = await ask(encodeUpdate(location(), {}))
        await clock.advance(0)
        return code
      },
      notify: async (payload: string) => {
        notify(payload)
        await clock.advance(0)
      },
    }
  }
  const location = () => ['rd', server.registrations.get('dev')?.location ?? '']
  return {
    clock,
    network,
    server,
    events,
    location,
    tcp: async (news?: readonly string[]) => client(await openCoapStream({ clock, network }, server.local), news),
    udp: async (localPort = 0) => client(await network.connect(server.local, { localPort })),
    /** What an observation of /3/0/9 brings. */
    observe: async () => {
      const seen: unknown[] = []
      const subscription = server.observe('dev', '/3/0/9').subscribe({
        next: ({ payload }) => seen.push(Buffer.from(payload).toString()),
        error: ({ code }: { code: string }) => seen.push(code),
        complete: () => seen.push('complete'),
      })
      await clock.advance(0)
      return { seen, subscription }
    },
    read: async () => Buffer.from((await clock.until(server.read('dev', '/3/0/0'))).payload).toString(),
  }
}

describe('a client over TCP', () => {
  test('registers, is asked, updates and de-registers', async () => {
    const { server, events, tcp, read, location } = await site()
    const client = await tcp()
    expect(await client.register()).toBe(Code.created)
    expect(server.registrations.get('dev')).toMatchObject({ transport: 'tcp', address: client.connection.local })
    expect(await read()).toBe('1')
    expect(client.asked).toEqual(['GET /3/0/0'])
    expect(await client.update()).toBe(Code.changed)
    expect(await client.code(encodeDeregister(location()))).toBe(Code.deleted)
    await Promise.resolve()
    expect(events.map(({ type }) => type)).toEqual(['registered', 'updated', 'deregistered'])
  })

  test('is observed, and told when nobody wants that any more', async () => {
    const { clock, tcp, observe } = await site()
    const client = await tcp()
    await client.register()
    const { seen, subscription } = await observe()
    await client.notify('20')
    await client.notify('21')
    expect(seen).toEqual(['1', '20', '21'])
    subscription.unsubscribe()
    await clock.advance(0)
    expect(client.asked).toEqual(['GET /3/0/9 observe 0', 'GET /3/0/9 observe 1'])
  })

  test('an answer to an observation and what follows it arrive at once: the answer goes first', async () => {
    const { network, tcp, observe } = await site()
    network.streams.fragmentBytes = [65_536, 65_536]
    const client = await tcp(['2', '3'])
    await client.register()
    const { seen } = await observe()
    expect(seen).toEqual(['1', '2', '3'])
  })

  test('sends by itself, once it is registered', async () => {
    const { server, tcp } = await site()
    const sent: string[] = []
    server.sends$.subscribe(({ endpoint }) => sent.push(endpoint))
    const client = await tcp()
    expect(await client.code(send)).toBe(Code.badRequest)
    await client.register()
    expect(await client.code(send)).toBe(Code.changed)
    expect(sent).toEqual(['dev'])
  })

  test('has a body in one message that UDP carries in blocks', async () => {
    const { clock, server, tcp } = await site()
    const client = await tcp()
    await client.register()
    await clock.until(server.write('dev', '/3/0/14', 'x'.repeat(20_000), { contentFormat: 0 }))
    expect(client.asked).toEqual(['PUT /3/0/14 (text, 20000 B)'])
  })

  test.each([
    ['a Register', encodeRegister(registration), 1],
    ['an Abort', { code: Code.abort, options: [], payload: noPayload }, 0],
  ])('may send %s with its settings, before it knows those of the server', async (_, message, registered) => {
    const { clock, network, server } = await site()
    const stream = await clock.until(network.streams.connect(server.local))
    const csm = encodeFrame(encodeCsm(baseSettings))
    stream.send(Buffer.concat([csm, encodeFrame({ ...message, token: Buffer.of(1) })]))
    await clock.advance(0)
    expect(server.registrations.size).toBe(registered)
  })

  test('and one over UDP with the same address are two', async () => {
    const { server, tcp, udp } = await site()
    const sent: string[] = []
    server.sends$.subscribe(({ endpoint }) => sent.push(endpoint))
    const stream = await tcp()
    const datagrams = await udp(stream.connection.local.port)
    await stream.register({ endpoint: 'stream' })
    await datagrams.register({ endpoint: 'datagrams' })
    expect(stream.connection.local).toEqual(datagrams.connection.local)
    for (const client of [stream, datagrams]) await client.code(send)
    expect(sent).toEqual(['stream', 'datagrams'])
  })
})

describe('a client that closes its connection', () => {
  test('stays registered; a request rejects at once, in words, until it is back', async () => {
    const { clock, server, tcp, read } = await site()
    const first = await tcp()
    await first.register()
    first.peer.close()
    await clock.advance(10)
    expect(server.registrations.size).toBe(1)
    await expect(server.read('dev', '/3/0/0')).rejects.toMatchObject({
      code: 'CLOSED',
      message: 'the connection is over; its other end has to connect anew',
    })
    const second = await tcp()
    expect(await second.update()).toBe(Code.changed)
    expect(await read()).toBe('1')
    expect(second.asked).toHaveLength(1)
  })

  test('expires when it does not come back', async () => {
    const { clock, server, tcp, events } = await site()
    const client = await tcp()
    await client.register({ lifetimeSeconds: 60 })
    client.peer.close()
    await clock.advance(61_000)
    expect(server.registrations.size).toBe(0)
    expect(events.at(-1)).toMatchObject({ type: 'expired' })
  })

  test('a request under way rejects with it', async () => {
    const { clock, server, tcp } = await site()
    const client = await tcp()
    await client.register()
    const pending = server.read('dev', '/3/0/0')
    client.peer.close()
    await expect(clock.until(pending)).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('with queue mode: a request waits for its next Update', async () => {
    const { clock, server, tcp } = await site()
    const first = await tcp()
    await first.register({ queueMode: true })
    first.peer.close()
    await clock.advance(1_000)
    const pending = server.read('dev', '/3/0/0')
    await clock.advance(500_000)
    const second = await tcp()
    await second.update()
    expect(Buffer.from((await clock.until(pending)).payload).toString()).toBe('1')
    expect([first.asked, second.asked]).toEqual([[], ['GET /3/0/0']])
  })

  test('is observed anew over its next one', async () => {
    const { clock, tcp, observe } = await site()
    const first = await tcp()
    await first.register()
    const { seen } = await observe()
    first.peer.close()
    await clock.advance(600_000)
    expect(seen).toEqual(['1'])
    const second = await tcp()
    await second.update()
    await second.notify('20')
    expect(seen).toEqual(['1', '1', '20'])
    expect(second.asked).toEqual(['GET /3/0/9 observe 0'])
  })
})

describe('a connection whose other end is gone without a word', () => {
  test('a request rejects with TIMEOUT, the next one with CLOSED', async () => {
    const { clock, network, server, tcp } = await site()
    const client = await tcp()
    await client.register()
    network.streams.cut()
    const startMs = clock.now()
    await expect(clock.until(server.read('dev', '/3/0/0'))).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(clock.now() - startMs).toBe(defaultParameters.pingAfterMs + defaultParameters.pongTimeoutMs)
    await expect(server.read('dev', '/3/0/0')).rejects.toMatchObject({ code: 'CLOSED' })
    expect(server.registrations.size).toBe(1)
  })

  test('what is observed goes on over the next one, even when that is gone at once, too', async () => {
    const { clock, network, server, location, tcp, observe } = await site()
    const first = await tcp()
    await first.register()
    const { seen } = await observe()
    network.streams.cut()
    await expect(clock.until(server.read('dev', '/3/0/0'))).rejects.toMatchObject({ code: 'TIMEOUT' })
    const second = await tcp()
    // Gone as soon as the server follows it there.
    const cut = server.events$.subscribe(() => network.streams.cut(second.connection.local))
    void second.peer.request(encodeUpdate(location(), {})).response.catch(() => undefined)
    await clock.advance(100_000)
    cut.unsubscribe()
    expect(second.asked).toEqual([])
    const third = await tcp()
    await third.update()
    await third.notify('20')
    expect(seen).toEqual(['1', '1', '20'])
  })
})

describe('a client that goes on by another transport', () => {
  test.each([
    ['udp', 'tcp'],
    ['tcp', 'udp'],
  ] as const)('from %s to %s: is asked and observed there from its Update on', async (from, to) => {
    const { clock, server, events, observe, read, ...connect } = await site()
    const before = await connect[from]()
    await before.register()
    const { seen } = await observe()
    const after = await connect[to]()
    expect(await after.update()).toBe(Code.changed)
    expect(events.at(-1)).toMatchObject({
      type: 'updated',
      previous: { transport: from },
      registration: { transport: to, address: after.connection.local },
    })
    await read()
    await after.notify('20')
    expect(seen).toEqual(['1', '1', '20'])
    expect(after.asked).toEqual(['GET /3/0/9 observe 0', 'GET /3/0/0'])
    const askedBefore = before.asked.length
    await before.notify('not any more')
    await clock.advance(1_000)
    expect(before.asked).toHaveLength(askedBefore)
    expect(seen).toHaveLength(3)
    expect(server.registrations.size).toBe(1)
  })

  test('what it sends counts as from where it is now', async () => {
    const { udp, tcp } = await site()
    const before = await udp()
    await before.register()
    const after = await tcp()
    expect(await after.code(send)).toBe(Code.badRequest)
    await after.update()
    expect(await after.code(send)).toBe(Code.changed)
    expect(await before.code(send)).toBe(Code.badRequest)
  })
})

describe('bounds', () => {
  test('clients registered at once count together', async () => {
    const { tcp, udp } = await site({ maximumRegistrations: 1 })
    expect(await (await udp()).register({ endpoint: 'a' })).toBe(Code.created)
    expect(await (await tcp()).register({ endpoint: 'b' })).toBe(Code.serviceUnavailable)
  })

  test('a message beyond the size that the server has told: Abort, and the registration stays', async () => {
    const { clock, network, server } = await site({ coap: { maximumMessageBytes: 1_152 } })
    const stream = await clock.until(network.streams.connect(server.local))
    const ends: string[] = []
    stream.receive({ bytes: () => {}, drained: () => {}, closed: ({ code }) => ends.push(code) })
    const token = Buffer.of(1)
    stream.send(encodeFrame(encodeCsm(baseSettings)))
    stream.send(encodeFrame({ ...encodeRegister(registration), token }))
    stream.send(encodeFrame({ code: Code.post, token, options: [], payload: Buffer.alloc(2_000) }))
    await clock.advance(0)
    expect(ends).toEqual(['CLOSED'])
    expect(server.registrations.size).toBe(1)
    await expect(server.read('dev', '/3/0/0')).rejects.toMatchObject({ code: 'CLOSED' })
  })

  test('closing the server ends connections and what waits on them', async () => {
    const { clock, server, tcp, observe } = await site()
    const client = await tcp()
    await client.register()
    const { seen } = await observe()
    const pending = server.read('dev', '/3/0/0')
    pending.catch(() => undefined)
    await server.close()
    await expect(pending).rejects.toMatchObject({ code: 'CLOSED' })
    await clock.advance(0)
    expect(seen).toEqual(['1', 'complete'])
    expect(client.ends).toMatchObject([{ code: 'CLOSED' }])
    expect(clock.pendingTimers).toBe(0)
  })
})
