import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Block, bertBytes, blockOption, findBlock } from '../../../transport/coap/block.ts'
import { BlockwiseRequest } from '../../../transport/coap/blockwise-request.ts'
import { BlockwiseResponses } from '../../../transport/coap/blockwise-response.ts'
import { Exchanges } from '../../../transport/coap/exchange.ts'
import { type CoapMessage, type CoapOption, Code } from '../../../transport/coap/message.ts'
import type { MessageLayer, MessageLimits } from '../../../transport/coap/message-layer.ts'
import { ObserveRelation } from '../../../transport/coap/observe-relation.ts'
import { type ObservationListener, ObserveRequest } from '../../../transport/coap/observe-request.ts'
import { findOption, OptionNumber, uintOption, withOption } from '../../../transport/coap/options.ts'
import { type CoapParameters, defaultParameters } from '../../../transport/coap/parameters.ts'
import type { TransportError } from '../../../transport/errors.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { atOnce, content, get, patternBytes, request } from '../../helpers/coap-site.ts'
import { coapWire } from '../../helpers/coap-wire.ts'

type Handler = (message: CoapMessage) => CoapMessage

/** What a peer may be sent whose Max-Message-Size leaves room for `bytes` of payload. */
function room(bytes: number, acceptsBert = true): MessageLimits {
  const blockBytes = bytes > 1_024 ? bytes - (bytes % 1_024) : bytes
  return { wholeBytes: bytes, blockBytes, acceptsBert }
}

const roomy = room(65_000)
const block1 = (number: number, more: boolean, bytes: number) =>
  blockOption(OptionNumber.block1, { number, more, bytes })
const block2 = (number: number, more: boolean, bytes: number) =>
  blockOption(OptionNumber.block2, { number, more, bytes })
const block1Of = (message: CoapMessage) => findBlock(message, OptionNumber.block1, true) as Block | undefined
const block2Of = (message: CoapMessage) => findBlock(message, OptionNumber.block2, true) as Block | undefined

function withOptions(message: CoapMessage, ...options: CoapOption[]): CoapMessage {
  const all = options.reduce((built, option) => withOption(built, option.number, option), message.options)
  return { ...message, options: all }
}

/** `number/more/size:payload`, as RFC 8323 §6 draws its examples. */
function drawn(message: CoapMessage): string {
  const draw = (name: string, block: Block | undefined) =>
    block && ` ${name}:${block.number}/${Number(block.more)}/${block.bytes === bertBytes ? 'BERT' : block.bytes}`
  const name = message.code === Code.continue ? 'continue' : 'message'
  return `${name}${draw('1', block1Of(message)) ?? ''}${draw('2', block2Of(message)) ?? ''} (${message.payload.length})`
}

/** A layer that keeps what is sent for the test to take, one message after the other. */
class ManualLayer implements MessageLayer {
  readonly isReliable = true
  readonly isCongested = false
  readonly lastActivityMs = 0
  readonly sent: { readonly message: CoapMessage; readonly token: Uint8Array }[] = []
  limits: MessageLimits

  constructor(limits: MessageLimits) {
    this.limits = limits
  }

  send(message: CoapMessage, token: Uint8Array) {
    this.sent.push({ message, token: Buffer.from(token) })
    return { cancel: () => undefined }
  }

  ping() {
    return { cancel: () => undefined }
  }

  close() {}

  take() {
    const [next, ...others] = this.sent.splice(0)
    if (next === undefined || others.length > 0) throw new Error(`${others.length} messages more than one were sent`)
    return next
  }
}

const clock = new SimulatedClock(0)

function clientOf(limits: MessageLimits, parameters: Partial<CoapParameters> = {}) {
  const layer = new ManualLayer(limits)
  const all = { ...defaultParameters, ...parameters }
  return { layer, parameters: all, exchanges: new Exchanges(layer, clock, seededRandom(1), all) }
}

/** A request whose other end the test plays. */
function asking(limits: MessageLimits, message: CoapMessage, parameters: Partial<CoapParameters> = {}) {
  const client = clientOf(limits, parameters)
  const outcome: { response?: CoapMessage; error?: TransportError } = {}
  const asked = new BlockwiseRequest(client.exchanges, client.parameters, message, true, {
    response: response => (outcome.response = response),
    failed: error => (outcome.error = error),
  })
  asked.start()
  return {
    outcome,
    layer: client.layer,
    /** Answers what was sent last. */
    answer(code: number, options: CoapOption[] = [], payload: Uint8Array = Buffer.alloc(0)): CoapMessage {
      const { message: sent, token } = client.layer.take()
      client.exchanges.deliver({ code, options, payload }, token)
      return sent
    },
  }
}

/** A server role without a network. */
function serving(limits: MessageLimits, handler: Handler, parameters: Partial<CoapParameters> = {}) {
  const layer = { limits }
  const responses = new BlockwiseResponses(layer, clock, { ...defaultParameters, ...parameters })
  return {
    layer,
    responses,
    ask(message: CoapMessage): CoapMessage {
      const received = responses.receive(message)
      if ('response' in received) return atOnce(received.response)
      return responses.prepare(received.request, handler(received.request))
    },
  }
}

/** Both roles back to back; every message is looked at on its way, and may change the limits of both. */
function exchange(
  client: ReturnType<typeof asking>,
  server: ReturnType<typeof serving>,
  between: (message: CoapMessage, limits: MessageLimits) => void,
): void {
  while (client.outcome.response === undefined && client.outcome.error === undefined) {
    const sent = client.layer.sent[0]?.message
    if (sent === undefined) throw new Error('nothing was sent')
    const allowedOfClient = client.layer.limits
    const allowedOfServer = server.layer.limits
    const { code, options, payload } = server.ask(sent)
    between(sent, allowedOfClient)
    between({ code, options, payload }, allowedOfServer)
    client.answer(code, [...options], payload)
  }
}

const mirror: Handler = ({ payload }) => ({ ...content(Buffer.from(payload).reverse()), code: Code.changed })

describe('the examples of RFC 8323 §6', () => {
  test('a GET with BERT blocks', () => {
    const body = patternBytes(3_072 + 5_120 + 4_711)
    const server = serving(room(3_072), () => content(body))
    const client = asking(roomy, get('status'))
    const steps: string[] = []
    const sizes = [3_072, 5_120, 8_192, 1_024]
    exchange(client, server, message => {
      steps.push(drawn(message))
      server.layer.limits = room(sizes[steps.length / 2] ?? 8_192)
    })
    expect(steps).toEqual([
      'message (0)',
      'message 2:0/1/BERT (3072)',
      'message 2:3/0/BERT (0)',
      'message 2:3/1/BERT (5120)',
      'message 2:8/0/BERT (0)',
      'message 2:8/0/BERT (4711)',
    ])
    expect(Buffer.compare(client.outcome.response?.payload ?? Buffer.alloc(0), body)).toBe(0)
    expect(client.outcome.response && block2Of(client.outcome.response)).toBeUndefined()
  })

  test('a PUT with BERT blocks', () => {
    const body = patternBytes(8_192 + 16_384 + 5_683)
    const taken: CoapMessage[] = []
    const server = serving(roomy, message => {
      taken.push(message)
      return { ...content(''), code: Code.changed }
    })
    const client = asking(room(8_192), request(Code.put, 'options', body))
    const steps: string[] = []
    exchange(client, server, message => {
      steps.push(drawn(message))
      client.layer.limits = room(16_384)
    })
    expect(steps).toEqual([
      'message 1:0/1/BERT (8192)',
      'continue 1:0/1/BERT (0)',
      'message 1:8/1/BERT (16384)',
      'continue 1:8/1/BERT (0)',
      'message 1:24/0/BERT (5683)',
      'message 1:24/0/BERT (0)',
    ])
    expect(Buffer.compare(taken[0]?.payload ?? Buffer.alloc(0), body)).toBe(0)
  })
})

describe('a body whole or in blocks', () => {
  test('what fits goes whole, both ways; nothing is said about blocks', () => {
    const client = asking(room(50_000), request(Code.put, 'large', patternBytes(50_000)))
    const { message } = client.layer.take()
    expect([message.payload.length, message.options.map(({ number }) => number)]).toEqual([
      50_000,
      [OptionNumber.uriPath],
    ])
    expect(serving(room(50_000), () => content(patternBytes(50_000))).ask(get('large')).options).toEqual([])
  })

  test('a byte more goes in blocks: of BERT where two of 1,024 fit in a message', () => {
    const put = (bytes: number, limit: number) => {
      const { message } = asking(room(limit), request(Code.put, 'large', patternBytes(bytes))).layer.take()
      return drawn(message)
    }
    expect(put(50_001, 50_000)).toBe('message 1:0/1/BERT (49152)')
    expect(put(2_049, 2_048)).toBe('message 1:0/1/BERT (2048)')
    expect(put(2_048, 2_047)).toBe('message 1:0/1/1024 (1024)')
  })

  test('a small response to a request for a block of BERT says that it is the only one', () => {
    const asked = withOptions(get('small'), block2(0, false, bertBytes))
    expect(drawn(serving(roomy, () => content('x')).ask(asked))).toBe('message 2:0/0/BERT (1)')
  })

  const asked: [name: string, limit: number, number: number, bytes: number, answer: string][] = [
    ['BERT, as large as we may', 5_000, 2, bertBytes, 'message 2:2/1/BERT (4096)'],
    ['BERT, where no two blocks fit', 1_024, 2, bertBytes, 'message 2:2/1/1024 (1024)'],
    ['BERT, where not one fits', 256, 2, bertBytes, 'message 2:8/1/256 (256)'],
    ['1,024, though more would fit', 5_000, 2, 1_024, 'message 2:2/1/1024 (1024)'],
    ['64, though more would fit', 5_000, 3, 64, 'message 2:3/1/64 (64)'],
  ]
  for (const [name, limit, number, bytes, answer] of asked) {
    test(`a block is asked in the size ${name}`, () => {
      const server = serving(room(limit), () => content(patternBytes(20_000)))
      server.ask(get('large'))
      expect(drawn(server.ask(withOptions(get('large'), block2(number, false, bytes))))).toBe(answer)
    })
  }
})

describe('the size changes during a transfer', () => {
  test('an acknowledgement in blocks of 1,024 ends BERT; the body goes on where it was', () => {
    const client = asking(room(4_096), request(Code.put, 'large', patternBytes(10_000)))
    const sent = [
      client.answer(Code.continue, [block1(0, true, 1_024)]),
      client.answer(Code.continue, [block1(4, true, 512)]),
      client.answer(Code.continue, [block1(10, true, 512)]),
    ]
    expect(sent.map(drawn)).toEqual([
      'message 1:0/1/BERT (4096)',
      'message 1:4/1/1024 (1024)',
      'message 1:10/1/512 (512)',
    ])
    expect(drawn(client.layer.take().message)).toBe('message 1:11/1/512 (512)')
  })

  test('an acknowledgement of BERT counts as one of 1,024, whose sender takes more (RFC 8323 §6)', () => {
    const client = asking(room(1_024), request(Code.put, 'large', patternBytes(5_000)))
    client.answer(Code.continue, [block1(0, true, bertBytes)])
    client.layer.limits = room(2_500)
    client.answer(Code.continue, [block1(1, true, bertBytes)])
    expect(drawn(client.layer.take().message)).toBe('message 1:2/1/BERT (2048)')
  })

  test('who sends BERT reads it in the acknowledgement, though it takes none itself', () => {
    const client = asking(room(4_096, false), request(Code.put, 'large', patternBytes(5_000)))
    client.answer(Code.continue, [block1(0, true, bertBytes)])
    expect(drawn(client.layer.take().message)).toBe('message 1:4/0/BERT (904)')
  })

  test('who takes BERT acknowledges in it, though it sends none itself', () => {
    const block = withOptions(request(Code.put, 'large', Buffer.alloc(3_072)), block1(0, true, bertBytes))
    expect(drawn(serving(room(1_024), mirror).ask(block))).toBe('continue 1:0/1/BERT (0)')
  })

  test('4.13 with blocks of 1,024 starts over in them; 4.13 with BERT is the answer', () => {
    const over = asking(room(4_096), request(Code.put, 'large', patternBytes(5_000)))
    over.answer(Code.requestEntityTooLarge, [block1(0, true, 1_024)])
    expect(drawn(over.layer.take().message)).toBe('message 1:0/1/1024 (1024)')
    const refused = asking(room(4_096), request(Code.put, 'large', patternBytes(5_000)))
    refused.answer(Code.requestEntityTooLarge, [block1(0, true, bertBytes)])
    expect(refused.outcome.response?.code).toBe(Code.requestEntityTooLarge)
  })

  test('4.13 to a whole body starts over in the blocks it names, unless one of them would hold it all', () => {
    const ask = (hint: number, limits: MessageLimits) => {
      const client = asking(limits, request(Code.put, 'large', patternBytes(5_000)))
      client.answer(Code.requestEntityTooLarge, [block1(0, true, hint)])
      return client.outcome.response?.code ?? drawn(client.layer.take().message)
    }
    expect(ask(1_024, roomy)).toBe('message 1:0/1/1024 (1024)')
    expect(ask(bertBytes, { ...roomy, blockBytes: 4_096 })).toBe('message 1:0/1/BERT (4096)')
    expect(ask(bertBytes, roomy)).toBe(Code.requestEntityTooLarge)
  })

  test('the rest of a response is fetched in the size of the last block', () => {
    const client = asking(room(1_024), get('large'))
    const answered = [
      client.answer(Code.content, [block2(0, true, bertBytes)], Buffer.alloc(3_072)),
      client.answer(Code.content, [block2(3, true, 1_024)], Buffer.alloc(1_024)),
      client.answer(Code.content, [block2(16, true, 256)], Buffer.alloc(256)),
      client.answer(Code.content, [block2(17, false, 256)], Buffer.alloc(100)),
    ]
    expect(answered.map(drawn)).toEqual([
      'message (0)',
      'message 2:3/0/BERT (0)',
      'message 2:4/0/1024 (0)',
      'message 2:17/0/256 (0)',
    ])
    expect(client.outcome.response?.payload).toHaveLength(3_072 + 1_024 + 256 + 100)
  })
})

test('a peer that no longer takes a body whole is not sent it again with what fetches the response', () => {
  const client = asking(roomy, request(Code.fetch, 'large', patternBytes(5_000)))
  const first = client.answer(Code.content, [block2(0, true, 1_024)], Buffer.alloc(1_024))
  expect(first.payload).toHaveLength(5_000)
  client.layer.limits = room(4_999)
  const second = client.answer(Code.content, [block2(1, true, 1_024)], Buffer.alloc(1_024))
  expect(second.payload).toHaveLength(5_000)
  expect(client.outcome.error?.code).toBe('BLOCKWISE')
  expect(client.layer.sent).toEqual([])
})

describe('any body between any two peers', () => {
  const lengths = fc.oneof(
    fc.integer({ min: 0, max: 200_000 }),
    fc.integer({ min: 0, max: 5_000 }),
    fc
      .tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: -1, max: 1 }))
      .map(([blocks, more]) => blocks * 1_024 + more),
  )
  const sizes = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 1_025, max: 70_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(128, 256, 512, 1_024) },
  )
  /** What a block of a peer may carry over time; the first says, too, what goes whole. */
  const courses = fc.array(sizes, { minLength: 1, maxLength: 4 })
  const codes = fc.constantFrom(Code.put, Code.post, Code.fetch, Code.iPatch)

  test('it arrives as it was, in both directions, within the limits of every moment', () => {
    let kinds = 0
    fc.assert(
      fc.property(lengths, courses, courses, codes, (length, ofClient, ofServer, code) => {
        const body = patternBytes(length)
        const requests: CoapMessage[] = []
        const at = (course: number[], step: number) => ({
          ...room(course[step % course.length] as number),
          wholeBytes: course[0] as number,
        })
        const server = serving(at(ofServer, 0), message => {
          requests.push(message)
          return mirror(message)
        })
        const client = asking(at(ofClient, 0), request(code, 'mirror', body))
        let step = 0
        exchange(client, server, (message, limits) => {
          const block = message.code < 0x20 ? block1Of(message) : block2Of(message)
          const allowed = block === undefined ? limits.wholeBytes : Math.min(block.bytes, limits.blockBytes)
          if (message.payload.length > allowed) throw new Error(`${drawn(message)} above ${allowed}`)
          if (block?.bytes === bertBytes) kinds |= message.code < 0x20 ? 1 : 2
          step++
          client.layer.limits = at(ofClient, step >> 1)
          server.layer.limits = at(ofServer, step >> 1)
        })
        expect(client.outcome.error).toBeUndefined()
        expect(requests).toHaveLength(1)
        expect(Buffer.compare(requests[0]?.payload ?? Buffer.alloc(0), body)).toBe(0)
        expect(Buffer.compare(client.outcome.response?.payload ?? Buffer.alloc(0), Buffer.from(body).reverse())).toBe(0)
      }),
      { seed: 1, numRuns: 150 },
    )
    expect(kinds).toBe(3)
  })
})

describe('hostile blocks of a response end in BLOCKWISE', () => {
  const kilobytes = (count: number) => Buffer.alloc(count * 1_024)
  const rows: [name: string, option: CoapOption, payload: Buffer][] = [
    ['a gap', block2(4, true, bertBytes), kilobytes(2)],
    ['the same block again', block2(0, true, bertBytes), kilobytes(3)],
    ['the middle of what is there', block2(2, true, bertBytes), kilobytes(3)],
    ['the largest number', block2(0xfffff, false, bertBytes), kilobytes(1)],
    ['no multiple of 1,024 though more follows', block2(3, true, bertBytes), Buffer.alloc(1_500)],
    ['nothing though more follows', block2(3, true, bertBytes), Buffer.alloc(0)],
    ['more than a body may be', block2(3, true, bertBytes), kilobytes(98)],
    ['more than a body may be, in the last', block2(3, false, bertBytes), Buffer.alloc(97 * 1_024 + 1)],
    ['several blocks of 1,024 under its own size', block2(3, true, 1_024), kilobytes(2)],
  ]
  for (const [name, option, payload] of rows) {
    test(name, () => {
      const client = asking(roomy, get('large'), { maximumBodyBytes: 100 * 1_024 })
      client.answer(Code.content, [block2(0, true, bertBytes)], kilobytes(3))
      client.answer(Code.content, [option], payload)
      expect(client.outcome.error?.code).toBe('BLOCKWISE')
      expect(client.layer.sent).toEqual([])
    })
  }

  test('BERT of a peer that may not send it', () => {
    const client = asking(room(1_024, false), get('large'))
    client.answer(Code.content, [block2(0, true, bertBytes)], kilobytes(3))
    expect(client.outcome.error?.code).toBe('BLOCKWISE')
  })

  test('BERT in the acknowledgement of smaller blocks', () => {
    const client = asking(room(512), request(Code.put, 'large', Buffer.alloc(5_000)))
    client.answer(Code.continue, [block1(0, true, bertBytes)])
    expect(client.outcome.error?.code).toBe('BLOCKWISE')
  })

  test('blocks so small that the number of the next has no room in 20 bits', () => {
    const client = asking(roomy, get('large'), { maximumBodyBytes: 2 ** 25 })
    client.answer(Code.content, [block2(0, true, bertBytes)], kilobytes(2 ** 14 - 1))
    for (let number = 2 ** 20 - 64; number < 2 ** 20; number++) {
      expect(client.outcome.error).toBeUndefined()
      client.answer(Code.content, [block2(number, true, 16)], Buffer.alloc(16))
    }
    expect(client.outcome.error?.code).toBe('BLOCKWISE')
    expect(client.layer.sent).toEqual([])
  })

  test('a body of more than 2^20 blocks of 1,024 is not begun', () => {
    // No such body is made: its length is all that is looked at.
    const body = Object.defineProperty(new Uint8Array(0), 'length', { value: 2 ** 30 + 1 })
    const client = asking(roomy, request(Code.put, 'large', body))
    expect(client.outcome.error?.code).toBe('BLOCKWISE')
    expect(client.layer.sent).toEqual([])
  })
})

describe('hostile blocks of a request are refused', () => {
  const put = (number: number, more: boolean, payloadBytes: number) =>
    withOptions(request(Code.put, 'large', Buffer.alloc(payloadBytes)), block1(number, more, bertBytes))
  const rows: [name: string, message: CoapMessage, code: number][] = [
    ['a gap', put(4, true, 2_048), Code.requestEntityIncomplete],
    ['the middle of what is there, and more', put(2, true, 3_072), Code.requestEntityIncomplete],
    ['the largest number', put(0xfffff, false, 1_024), Code.requestEntityIncomplete],
    ['no multiple of 1,024 though more follows', put(3, true, 1_500), Code.badRequest],
    ['nothing though more follows', put(3, true, 0), Code.badRequest],
    ['more than a body may be', put(3, true, 98 * 1_024), Code.requestEntityTooLarge],
    ['more than a body may be, in the last', put(3, false, 97 * 1_024 + 1), Code.requestEntityTooLarge],
  ]
  for (const [name, message, code] of rows) {
    test(name, () => {
      let handled = 0
      const count: Handler = asked => {
        handled++
        return mirror(asked)
      }
      const server = serving(roomy, count, { maximumBodyBytes: 100 * 1_024 })
      expect(server.ask(put(0, true, 3_072)).code).toBe(Code.continue)
      expect(server.ask(message).code).toBe(code)
      expect(handled).toBe(0)
    })
  }

  test('a block beyond the end, and one whose number in our size has no room in 20 bits: 4.00', () => {
    const large = { ...content(''), payload: Buffer.alloc(2 ** 24 + 5_000) }
    const server = serving(room(16), () => large)
    const ask = (number: number) => server.ask(withOptions(get('large'), block2(number, false, bertBytes)))
    expect(drawn(ask(2 ** 14 - 1))).toBe(`message 2:${2 ** 20 - 64}/1/16 (16)`)
    expect(ask(2 ** 14).code).toBe(Code.badRequest)
    expect(ask(0xfffff).code).toBe(Code.badRequest)
  })

  test('over datagrams: 4.00, in either option', () => {
    for (const option of [block1(0, true, bertBytes), block2(0, false, bertBytes)]) {
      const wire = coapWire()
      wire.deliver({ code: Code.fetch, options: [option], payload: Buffer.alloc(1_024) })
      expect(wire.takeOne().code).toBe(Code.badRequest)
    }
  })
})

describe('observations', () => {
  const observe = uintOption(OptionNumber.observe, 0)

  /** An observation whose notifications the test brings from `relation` by hand. */
  function observation(limits: MessageLimits, body: Uint8Array, ...options: CoapOption[]) {
    const server = serving(limits, () => content(body))
    const layer = new ManualLayer(limits)
    const client = clientOf(roomy)
    const whole: Uint8Array[] = []
    const listener: ObservationListener = {
      notification: ({ payload }) => whole.push(payload),
      ended: () => expect.unreachable('the observation goes on'),
    }
    const message = withOptions(get('large'), ...options)
    new ObserveRequest({
      ...client,
      clock,
      message,
      answer: { response: () => undefined, failed: () => undefined },
      listener,
    }).start()
    const { message: asked, token } = client.layer.take()
    client.exchanges.deliver({ ...content('first'), options: [observe] }, token)
    const relation = new ObserveRelation(
      { layer, responses: server.responses, remove: () => undefined },
      { request: asked, token, sequence: 1 },
      { ended: () => undefined },
    )
    return { server, layer, client, relation, whole }
  }

  test('a notification that fits goes whole, unless a block was asked for', () => {
    const body = patternBytes(30_000)
    const rows = [[[], 'message (30000)'] as const, [[block2(0, false, 1_024)], 'message 2:0/1/1024 (1024)'] as const]
    for (const [options, first] of rows) {
      const { relation, layer } = observation(room(30_000), body, ...options)
      relation.notify(content(body), true)
      expect(drawn(layer.take().message)).toBe(first)
    }
  })

  test('a larger one begins with a block of BERT, and its observer fetches the rest', () => {
    const body = patternBytes(30_000)
    const { relation, layer, client, server, whole } = observation(room(20_000), body)
    relation.notify(content(body), true)
    const { message, token } = layer.take()
    expect(drawn(message)).toBe('message 2:0/1/BERT (19456)')
    client.exchanges.deliver(message, token)
    const fetched = client.layer.take()
    expect([drawn(fetched.message), findOption(fetched.message, OptionNumber.observe)]).toEqual([
      'message 2:19/0/BERT (0)',
      undefined,
    ])
    client.exchanges.deliver(server.ask(fetched.message), fetched.token)
    expect(whole).toHaveLength(1)
    expect(Buffer.compare(whole[0] ?? Buffer.alloc(0), body)).toBe(0)
  })
})
