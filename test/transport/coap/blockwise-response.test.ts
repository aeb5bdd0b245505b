import { describe, expect, test } from 'vitest'
import { type Block, blockOption, findBlock } from '../../../transport/coap/block.ts'
import { BlockwiseResponses, requestedBlock } from '../../../transport/coap/blockwise-response.ts'
import { type CoapMessage, type CoapOption, Code } from '../../../transport/coap/message.ts'
import { findOption, findUint, OptionNumber, uintOption, withOption } from '../../../transport/coap/options.ts'
import { type CoapParameters, defaultParameters } from '../../../transport/coap/parameters.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { atOnce, coapSite, content, get, patternBytes, request } from '../../helpers/coap-site.ts'

/** A server role without a network: requests in, responses out, counting those that reach the handler. */
function serving(
  parameters: Partial<CoapParameters> = {},
  handler: (message: CoapMessage) => CoapMessage = ({ payload }) => ({ ...content(payload), code: Code.changed }),
) {
  const clock = new SimulatedClock(0)
  const { blockBytes = 1_024 } = parameters
  const layer = { limits: { wholeBytes: blockBytes, blockBytes, acceptsBert: false } }
  const responses = new BlockwiseResponses(layer, clock, { ...defaultParameters, ...parameters })
  const handled: CoapMessage[] = []
  return {
    clock,
    responses,
    handled,
    ask(message: CoapMessage): CoapMessage {
      const received = responses.receive(message)
      if ('response' in received) return atOnce(received.response)
      handled.push(received.request)
      return responses.prepare(received.request, handler(received.request))
    },
  }
}

const block1 = (number: number, more: boolean, bytes: number) =>
  blockOption(OptionNumber.block1, { number, more, bytes })
const block2 = (number: number, bytes: number) => blockOption(OptionNumber.block2, { number, more: false, bytes })
const block1Of = (message: CoapMessage) => findBlock(message, OptionNumber.block1)
const block2Of = (message: CoapMessage) => findBlock(message, OptionNumber.block2) as Block
const tagOf = (message: CoapMessage) => Buffer.from(findOption(message, OptionNumber.eTag) ?? []).toString('hex')

function withOptions(message: CoapMessage, ...options: CoapOption[]): CoapMessage {
  return options.reduce(
    (built, option) => ({ ...built, options: withOption(built.options, option.number, option) }),
    message,
  )
}

/** Block `number` of a body in blocks of `bytes`, as PUT unless told otherwise. */
function putBlock(
  body: Uint8Array,
  number: number,
  bytes: number,
  path = 'large',
  code: number = Code.put,
): CoapMessage {
  const end = (number + 1) * bytes
  const payload = body.subarray(number * bytes, end)
  return withOptions(request(code, path, payload), block1(number, end < body.length, bytes))
}

describe('a body that arrives in blocks (RFC 7959 §2.3)', () => {
  test('each is acknowledged with 2.31; the last brings the whole to the handler', () => {
    const server = serving()
    const body = patternBytes(150)
    const acknowledgements = [0, 1].map(number => server.ask(putBlock(body, number, 64)))
    expect(acknowledgements.map(({ code }) => code)).toEqual([Code.continue, Code.continue])
    expect(acknowledgements.map(block1Of)).toEqual([
      { number: 0, more: true, bytes: 64 },
      { number: 1, more: true, bytes: 64 },
    ])
    const final = server.ask(putBlock(body, 2, 64))
    expect(final.code).toBe(Code.changed)
    expect(block1Of(final)).toEqual({ number: 2, more: false, bytes: 64 })
    expect(server.handled).toHaveLength(1)
    expect(Buffer.compare(server.handled[0]?.payload ?? Buffer.alloc(0), body)).toBe(0)
  })

  test('we ask for smaller blocks, and take what follows in them', () => {
    const server = serving({ blockBytes: 32 })
    const body = patternBytes(150)
    expect(block1Of(server.ask(putBlock(body, 0, 128)))).toEqual({ number: 0, more: true, bytes: 32 })
    expect(server.ask(putBlock(body, 4, 32)).code).toBe(Code.changed)
    expect(Buffer.compare(server.handled[0]?.payload ?? Buffer.alloc(0), body)).toBe(0)
  })

  test('a block that comes again under a new message id is acknowledged again, and counts once', () => {
    const server = serving()
    const body = patternBytes(150)
    for (const number of [0, 1, 1, 1]) expect(server.ask(putBlock(body, number, 64)).code).toBe(Code.continue)
    server.ask(putBlock(body, 2, 64))
    expect(Buffer.compare(server.handled[0]?.payload ?? Buffer.alloc(0), body)).toBe(0)
  })

  test('a missing block, a missing start, another transfer: 4.08', () => {
    const server = serving()
    const body = patternBytes(200)
    server.ask(putBlock(body, 0, 64))
    expect(server.ask(putBlock(body, 2, 64)).code).toBe(Code.requestEntityIncomplete)
    expect(server.ask(putBlock(body, 1, 64)).code).toBe(Code.requestEntityIncomplete)
    server.ask(putBlock(body, 0, 64))
    expect(server.ask(putBlock(body, 1, 64, 'other')).code).toBe(Code.requestEntityIncomplete)
    expect(server.ask(putBlock(body, 1, 64, 'large', Code.post)).code).toBe(Code.requestEntityIncomplete)
    const otherFormat = withOptions(putBlock(body, 1, 64), uintOption(OptionNumber.contentFormat, 42))
    expect(server.ask(otherFormat).code).toBe(Code.requestEntityIncomplete)
    expect(server.handled).toEqual([])
  })

  test('block 0 starts anew', () => {
    const server = serving()
    server.ask(putBlock(patternBytes(150, 1), 0, 64))
    server.ask(putBlock(patternBytes(150, 1), 1, 64))
    const body = patternBytes(150, 2)
    for (const number of [0, 1, 2]) server.ask(putBlock(body, number, 64))
    expect(Buffer.compare(server.handled[0]?.payload ?? Buffer.alloc(0), body)).toBe(0)
  })

  test('a block that is not of its size, or of a reserved one: 4.00', () => {
    const server = serving()
    const short = withOptions(request(Code.put, 'large', patternBytes(63)), block1(0, true, 64))
    const long = withOptions(request(Code.put, 'large', patternBytes(65)), block1(0, true, 64))
    const longLast = withOptions(request(Code.put, 'large', patternBytes(65)), block1(0, false, 64))
    const reserved = withOptions(request(Code.put, 'large'), { number: OptionNumber.block1, value: Buffer.from([7]) })
    const reserved2 = withOptions(get('large'), { number: OptionNumber.block2, value: Buffer.from([7]) })
    for (const message of [short, long, longLast, reserved, reserved2]) {
      expect(server.ask(message).code).toBe(Code.badRequest)
    }
    expect(server.handled).toEqual([])
  })

  test('too large by its Size1, or by its blocks: 4.13 with the bound in Size1 (RFC 7959 §2.9.3)', () => {
    const server = serving({ maximumBodyBytes: 100 })
    const announced = withOptions(putBlock(patternBytes(200), 0, 64), uintOption(OptionNumber.size1, 101))
    const body = patternBytes(200)
    expect(server.ask(announced).code).toBe(Code.requestEntityTooLarge)
    expect(server.ask(putBlock(body, 0, 64)).code).toBe(Code.continue)
    const tooLarge = server.ask(putBlock(body, 1, 64))
    expect(tooLarge.code).toBe(Code.requestEntityTooLarge)
    expect(findUint(tooLarge, OptionNumber.size1)).toBe(100)
    expect(server.ask(putBlock(body, 1, 64)).code).toBe(Code.requestEntityIncomplete)
  })

  test('of more than maximumTransfers the one untouched for longest is forgotten', () => {
    const server = serving({ maximumTransfers: 2 })
    const body = patternBytes(200)
    server.ask(putBlock(body, 0, 64, 'a'))
    server.ask(putBlock(body, 0, 64, 'b'))
    server.ask(putBlock(body, 1, 64, 'a'))
    server.ask(putBlock(body, 0, 64, 'c'))
    expect(server.ask(putBlock(body, 1, 64, 'b')).code).toBe(Code.requestEntityIncomplete)
    expect(server.ask(putBlock(body, 2, 64, 'a')).code).toBe(Code.continue)
    expect(server.ask(putBlock(body, 1, 64, 'c')).code).toBe(Code.continue)
  })

  test('one that stands still for EXCHANGE_LIFETIME is forgotten; each block starts that time anew', () => {
    const server = serving()
    const body = patternBytes(300)
    server.ask(putBlock(body, 0, 64))
    server.clock.advanceSync(246_999)
    expect(server.ask(putBlock(body, 1, 64)).code).toBe(Code.continue)
    server.clock.advanceSync(246_999)
    expect(server.ask(putBlock(body, 2, 64)).code).toBe(Code.continue)
    server.clock.advanceSync(247_000)
    expect(server.ask(putBlock(body, 3, 64)).code).toBe(Code.requestEntityIncomplete)
  })
})

describe('a response that goes out in blocks (RFC 7959 §2.4)', () => {
  const body = patternBytes(300)

  test('its first block names the size of the whole and an ETag; the others come without the handler', () => {
    const server = serving({ blockBytes: 128 }, () => content(body))
    const blocks = [
      server.ask(get('large')),
      ...[1, 2].map(number => server.ask(withOptions(get('large'), block2(number, 128)))),
    ]
    expect(blocks.map(block2Of)).toEqual([
      { number: 0, more: true, bytes: 128 },
      { number: 1, more: true, bytes: 128 },
      { number: 2, more: false, bytes: 128 },
    ])
    expect(blocks.map(message => findUint(message, OptionNumber.size2))).toEqual([300, undefined, undefined])
    const asking = withOptions(get('large'), block2(1, 128), uintOption(OptionNumber.size2, 0))
    expect(findUint(server.ask(asking), OptionNumber.size2)).toBe(300)
    expect(new Set(blocks.map(tagOf)).size).toBe(1)
    expect(tagOf(blocks[0] as CoapMessage)).toHaveLength(16)
    expect(Buffer.compare(Buffer.concat(blocks.map(({ payload }) => payload)), body)).toBe(0)
    expect(server.handled).toHaveLength(1)
  })

  test('what fits in one message has no block', () => {
    const server = serving({ blockBytes: 512 }, () => content(body))
    expect(server.ask(get('small')).options).toEqual([])
  })

  test('the requester may ask for smaller blocks', () => {
    const server = serving({}, () => content(body))
    expect(block2Of(server.ask(withOptions(get('large'), block2(0, 32))))).toEqual({ number: 0, more: true, bytes: 32 })
    expect(server.ask(withOptions(get('large'), block2(9, 32))).payload).toEqual(body.subarray(288))
  })

  test('asked for larger blocks than we send, all blocks are of our size and of one representation', () => {
    const server = serving({ blockBytes: 64 }, () => content(body))
    const first = server.ask(withOptions(get('large'), block2(0, 1_024)))
    expect(block2Of(first)).toEqual({ number: 0, more: true, bytes: 64 })
    const second = server.ask(withOptions(get('large'), block2(1, 64)))
    expect(tagOf(first)).toHaveLength(16)
    expect(tagOf(second)).toBe(tagOf(first))
    expect(server.handled).toHaveLength(1)
    const further = server.ask(withOptions(get('large'), block2(1, 128)))
    expect(block2Of(further)).toEqual({ number: 2, more: true, bytes: 64 })
    expect(further.payload).toEqual(body.subarray(128, 192))
  })

  test('an ETag of the handler stays', () => {
    const server = serving({ blockBytes: 64 }, () =>
      withOptions(content(body), { number: OptionNumber.eTag, value: Buffer.from([0xab]) }),
    )
    expect(tagOf(server.ask(get('large')))).toBe('ab')
  })

  test('a block beyond the end: 4.00', () => {
    const server = serving({ blockBytes: 64 }, () => content(body))
    server.ask(get('large'))
    expect(server.ask(withOptions(get('large'), block2(5, 64))).code).toBe(Code.badRequest)
    expect(server.ask(withOptions(get('large'), block2(0xfffff, 1_024))).code).toBe(Code.badRequest)
    expect(server.ask(withOptions(get('other'), block2(0xfffff, 1_024))).code).toBe(Code.badRequest)
  })

  test('an error is never cut', () => {
    const server = serving({ blockBytes: 16 }, () => ({ ...content('x'.repeat(40)), code: Code.badRequest }))
    expect(server.ask(get('large')).payload).toHaveLength(40)
  })

  test('the blocks belong to the state of the first one; a new first block brings the new state', () => {
    let state = 1
    const server = serving({ blockBytes: 64 }, () => content(patternBytes(100, state)))
    const first = server.ask(get('large'))
    state = 2
    const second = server.ask(withOptions(get('large'), block2(1, 64)))
    expect(tagOf(second)).toBe(tagOf(first))
    expect(second.payload).toEqual(patternBytes(100, 1).subarray(64))
    const again = server.ask(get('large'))
    expect(tagOf(again)).not.toBe(tagOf(first))
  })

  test('a read whose kept response is gone is made anew; after EXCHANGE_LIFETIME it is', () => {
    const server = serving({ blockBytes: 64, maximumTransfers: 1 }, () => content(body))
    server.ask(get('a'))
    server.ask(get('b'))
    expect(server.ask(withOptions(get('a'), block2(1, 64))).payload).toEqual(body.subarray(64, 128))
    expect(server.handled).toHaveLength(3)
    server.clock.advanceSync(247_000)
    server.ask(withOptions(get('a'), block2(2, 64)))
    expect(server.handled).toHaveLength(4)
  })

  test('a POST whose kept response is gone is not done again: 4.08', () => {
    const server = serving({ blockBytes: 64, maximumTransfers: 1 }, () => content(body))
    server.ask(request(Code.post, 'a'))
    expect(server.ask(withOptions(request(Code.post, 'a'), block2(1, 64))).payload).toEqual(body.subarray(64, 128))
    server.ask(request(Code.post, 'b'))
    expect(server.ask(withOptions(request(Code.post, 'a'), block2(1, 64))).code).toBe(Code.requestEntityIncomplete)
    expect(server.handled).toHaveLength(2)
  })

  test('a later block is fetched, not observed (RFC 7959 §3.4)', () => {
    const server = serving({ blockBytes: 64 }, () => content(body))
    server.ask(withOptions(get('large'), uintOption(OptionNumber.observe, 0), block2(1, 64)))
    expect(findUint(server.handled[0] as CoapMessage, OptionNumber.observe)).toBeUndefined()
    server.ask(withOptions(get('large'), uintOption(OptionNumber.observe, 0), block2(0, 64)))
    expect(findUint(server.handled[1] as CoapMessage, OptionNumber.observe)).toBe(0)
  })

  test('a notification begins with its first block, in the size the observer asked for', () => {
    const server = serving({}, () => content(body))
    for (const number of [0, 3]) {
      const observe = withOptions(get('large'), block2(number, 32))
      const relation = { request: observe }
      const notification = server.responses.prepareNotification(relation, requestedBlock(observe), content(body))
      expect(block2Of(notification)).toEqual({ number: 0, more: true, bytes: 32 })
    }
  })
})

describe('both roles over a network', () => {
  for (const [clientBytes, serverBytes] of [
    [1_024, 1_024],
    [64, 1_024],
    [1_024, 64],
    [16, 32],
  ] as const) {
    test(`blocks of ${clientBytes} at the client, ${serverBytes} at the server: GET, PUT and FETCH both ways`, async () => {
      const body = patternBytes(3_000)
      const site = await coapSite({
        parameters: { blockBytes: serverBytes },
        clientParameters: { blockBytes: clientBytes },
        serverHandler: ({ message }) =>
          message.code === Code.get ? content(body) : content(Buffer.from(message.payload).reverse()),
      })
      const ask = async (message: CoapMessage) =>
        (await site.clock.until(site.client.request(message).response)).payload
      expect(Buffer.compare(await ask(get('large')), body)).toBe(0)
      for (const code of [Code.put, Code.fetch, Code.iPatch]) {
        expect(Buffer.compare(await ask(request(code, 'mirror', body)), Buffer.from(body).reverse())).toBe(0)
      }
      await site.close()
      expect(site.clock.pendingTimers).toBe(0)
    })
  }

  test('every acknowledgement is lost once: a POST in blocks is executed once, with the right body', async () => {
    let executed = 0
    const body = patternBytes(1_000)
    const site = await coapSite({
      parameters: { blockBytes: 256 },
      serverHandler: ({ message }) => {
        executed++
        return { ...content(message.payload), code: Code.changed }
      },
    })
    const { server, network, client, clock } = site
    const from = server.local.port
    const seen = new Set<string>()
    const send = network.send.bind(network)
    network.send = (bytes, sender, to) => {
      const key = Buffer.from(bytes).toString('hex')
      if (sender.port === from && !seen.has(key)) seen.add(key)
      else send(bytes, sender, to)
    }
    const { payload } = await clock.until(client.request(request(Code.post, 'execute', body)).response)
    expect(Buffer.compare(payload, body)).toBe(0)
    expect(executed).toBe(1)
    expect(seen.size).toBe(7)
    await site.close()
  })
})
