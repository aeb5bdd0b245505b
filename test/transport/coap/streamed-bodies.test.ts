import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { blockOption, findBlock } from '../../../transport/coap/block.ts'
import { BlockwiseResponses } from '../../../transport/coap/blockwise-response.ts'
import { type CoapMessage, type CoapOption, Code, formatCode, noPayload } from '../../../transport/coap/message.ts'
import { OptionNumber, uintOption, withOption } from '../../../transport/coap/options.ts'
import { type CoapParameters, defaultParameters, exchangeLifetimeMs } from '../../../transport/coap/parameters.ts'
import type { ReceiveBody } from '../../../transport/coap/streamed-bodies.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { bodySite, changed } from '../../helpers/body-site.ts'
import { patternBytes, request } from '../../helpers/coap-site.ts'

const lifetimeMs = exchangeLifetimeMs(defaultParameters)

/** A server role without a network, whose bodies are taken by `receive`. */
function serving(receive: ReceiveBody, parameters: Partial<CoapParameters> = {}) {
  const clock = new SimulatedClock(0)
  const { blockBytes = 1_024 } = parameters
  const layer = { limits: { wholeBytes: blockBytes, blockBytes, acceptsBert: false } }
  const responses = new BlockwiseResponses(layer, clock, { ...defaultParameters, ...parameters }, receive)
  return {
    clock,
    responses,
    /** The response; `whole` for a request that goes to the handler. */
    async ask(message: CoapMessage): Promise<CoapMessage | 'whole'> {
      const received = responses.receive(message)
      return 'request' in received ? 'whole' : received.response
    },
    async code(message: CoapMessage): Promise<string> {
      const response = await this.ask(message)
      return response === 'whole' ? response : formatCode(response.code)
    },
  }
}

function withOptions(message: CoapMessage, ...options: CoapOption[]): CoapMessage {
  return options.reduce(
    (built, option) => ({ ...built, options: withOption(built.options, option.number, option) }),
    message,
  )
}

function putBlock(body: Uint8Array, number: number, bytes = 64, path = '5/0/0'): CoapMessage {
  const end = (number + 1) * bytes
  const option = blockOption(OptionNumber.block1, { number, more: end < body.length, bytes })
  return withOptions(request(Code.put, path, body.subarray(number * bytes, end)), option)
}

/** A promise that is settled by hand. */
function gate<T>() {
  let open: (value: T) => void = () => undefined
  let fail: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { promise, open, fail }
}

describe('a body that is taken as it arrives', () => {
  test('each block reaches the receiver at once; the last is answered with its response and acknowledged by Block1', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const body = patternBytes(150)
    const responses = [
      await server.ask(putBlock(body, 0)),
      await server.ask(putBlock(body, 1)),
      await server.ask(putBlock(body, 2)),
    ] as CoapMessage[]
    expect(responses.map(({ code }) => formatCode(code))).toEqual(['2.31', '2.31', '2.04'])
    expect(responses.map(response => findBlock(response, OptionNumber.block1))).toEqual([
      { number: 0, more: true, bytes: 64 },
      { number: 1, more: true, bytes: 64 },
      { number: 2, more: false, bytes: 64 },
    ])
    expect(site.seen[0]?.chunks.map(({ length }) => length)).toEqual([64, 64, 22])
    expect(site.bytes()).toEqual(body)
    expect(site.states()).toEqual(['ended'])
  })

  test('it has no limit of size, whatever Size1 announces', async () => {
    const site = bodySite()
    const server = serving(site.receive, { maximumBodyBytes: 100 })
    const body = patternBytes(500)
    const announced = uintOption(OptionNumber.size1, 500)
    for (let number = 0; number < 8; number++) await server.ask(withOptions(putBlock(body, number), announced))
    expect(site.bytes()).toEqual(body)
  })

  test('we ask for smaller blocks, and take what follows in them', async () => {
    const site = bodySite()
    const server = serving(site.receive, { blockBytes: 32 })
    const body = patternBytes(200)
    const first = (await server.ask(putBlock(body, 0, 128))) as CoapMessage
    expect(findBlock(first, OptionNumber.block1)).toEqual({ number: 0, more: true, bytes: 32 })
    for (const number of [4, 5, 6]) await server.ask(putBlock(body, number, 32))
    expect(site.bytes()).toEqual(body)
  })

  test('what the receiver does not want, and what comes in one block, is put together for the handler', async () => {
    const refusing = serving(() => undefined)
    const body = patternBytes(100)
    expect(await refusing.code(putBlock(body, 0))).toBe('2.31')
    expect(await refusing.code(putBlock(body, 1))).toBe('whole')
    const site = bodySite()
    expect(await serving(site.receive).code(putBlock(body, 0, 128))).toBe('whole')
    expect(site.seen).toEqual([])
  })

  test('a block that is not of its size is 4.00 and changes nothing', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const body = patternBytes(150)
    await server.ask(putBlock(body, 0))
    const short = putBlock(body, 1)
    expect(await server.code({ ...short, payload: short.payload.subarray(1) })).toBe('4.00')
    for (const number of [1, 2]) await server.ask(putBlock(body, number))
    expect(site.bytes()).toEqual(body)
  })
})

describe('never a byte lost or given twice', () => {
  test('a block that comes again is answered again, the last one too', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const body = patternBytes(150)
    const codes: string[] = []
    for (const number of [0, 1, 1, 1, 2, 2, 2]) codes.push(await server.code(putBlock(body, number)))
    expect(codes).toEqual(['2.31', '2.31', '2.31', '2.31', '2.04', '2.04', '2.04'])
    expect(site.bytes()).toEqual(body)
    expect(site.states()).toEqual(['ended'])
  })

  test('a straggler of an earlier block is answered and not given', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const body = patternBytes(250)
    for (const number of [0, 1, 2, 1, 3]) await server.ask(putBlock(body, number))
    expect(site.bytes()).toEqual(body)
  })

  test('a gap: 4.08, and the body is given up', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const body = patternBytes(300)
    await server.ask(putBlock(body, 0))
    expect(await server.code(putBlock(body, 2))).toBe('4.08')
    expect(site.states()).toEqual(['aborted'])
    expect(await server.code(putBlock(body, 1))).toBe('4.08')
    expect(site.bytes()).toEqual(body.subarray(0, 64))
  })

  test('a block of another request to the same place: 4.08, and the body goes on', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const body = patternBytes(150)
    await server.ask(putBlock(body, 0))
    const other = withOptions(putBlock(body, 1), uintOption(OptionNumber.contentFormat, 42))
    expect(await server.code(other)).toBe('4.08')
    for (const number of [1, 2]) await server.ask(putBlock(body, number))
    expect(site.bytes()).toEqual(body)
  })

  test('block 0 begins anew, also with other options: the former body is given up', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const [first, second, third] = [patternBytes(150, 1), patternBytes(150, 2), patternBytes(150, 3)]
    for (const number of [0, 1]) await server.ask(putBlock(first, number))
    await server.ask(putBlock(second, 0))
    const format = uintOption(OptionNumber.contentFormat, 42)
    for (const number of [0, 1, 2]) await server.ask(withOptions(putBlock(third, number), format))
    expect(site.states()).toEqual(['aborted', 'aborted', 'ended'])
    expect(site.bytes(2)).toEqual(third)
  })

  test('block 0 after the end is another request', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const body = patternBytes(150)
    for (const number of [0, 1, 2, 0, 1, 2]) await server.ask(putBlock(body, number))
    expect(site.states()).toEqual(['ended', 'ended'])
    expect(site.bytes()).toEqual(body)
  })
})

test('whatever order blocks come in: the receiver has the beginning of the body, and all of it when it has ended', async () => {
  const body = patternBytes(300)
  const step = fc.record({
    /** Blocks away from where the body goes on. */
    jump: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 })),
    bytes: fc.oneof({ weight: 10, arbitrary: fc.constant(32) }, fc.constantFrom(16, 64, 128)),
    /** Whether the receiver goes on taking its time. */
    waits: fc.oneof({ weight: 10, arbitrary: fc.constant(false) }, fc.constant(true)),
  })
  const script = fc.array(step, { minLength: 5, maxLength: 30 })
  let endings = 0
  const check = async (steps: readonly { jump: number; bytes: number; waits: boolean }[], isSlow: boolean) => {
    const gates: (() => void)[] = []
    const slow = () => new Promise<undefined>(resolve => gates.push(() => resolve(undefined)))
    const site = bodySite(isSlow ? slow : undefined)
    const server = serving(site.receive)
    for (const { jump, bytes, waits } of steps) {
      const position = site.states().at(-1) === 'open' ? site.bytes().length : 0
      const number = Math.max(0, Math.floor(position / bytes) + jump)
      if (number * bytes >= body.length) continue
      const asked = server.ask(putBlock(body, number, bytes))
      if (waits) continue
      for (const open of gates.splice(0)) open()
      await asked
    }
    for (const { chunks, state } of site.seen) {
      const taken = Buffer.concat(chunks)
      expect(Buffer.compare(taken, body.subarray(0, taken.length))).toBe(0)
      expect(taken.length === body.length).toBe(state === 'ended')
      if (state === 'ended') endings++
    }
    server.responses.close()
  }
  await fc.assert(fc.asyncProperty(script, fc.boolean(), check), { seed: 1, numRuns: 200 })
  expect(endings).toBeGreaterThan(30)
})

describe('a receiver that takes its time', () => {
  test('a block is acknowledged when it is taken; one that comes again waits for the same', async () => {
    const gates = [gate<undefined>(), gate<undefined>()]
    const site = bodySite(({ chunks }) => gates[chunks.length - 1]?.promise)
    const server = serving(site.receive)
    const body = patternBytes(150)
    const answered: string[] = []
    const ask = async (number: number) => void answered.push(`${number} ${await server.code(putBlock(body, number))}`)
    void ask(0)
    await server.clock.advance(1_000)
    expect(answered).toEqual([])
    gates[0]?.open(undefined)
    await server.clock.advance(0)
    void ask(1)
    void ask(1)
    await server.clock.advance(1_000)
    expect(answered).toEqual(['0 2.31'])
    gates[1]?.open(undefined)
    await server.clock.advance(0)
    expect(answered).toEqual(['0 2.31', '1 2.31', '1 2.31'])
    expect(site.bytes()).toEqual(body.subarray(0, 128))
  })

  test('the next block before the last was acknowledged: 4.08, and the body is given up', async () => {
    const site = bodySite(() => new Promise(() => undefined))
    const server = serving(site.receive)
    void server.ask(putBlock(patternBytes(300), 0))
    expect(await server.code(putBlock(patternBytes(300), 1))).toBe('4.08')
    expect(site.states()).toEqual(['aborted'])
  })

  test('a block that is asked again without end: 5.03', async () => {
    const site = bodySite(({ chunks }) => (chunks.length === 2 ? new Promise(() => undefined) : undefined))
    const server = serving(site.receive)
    const body = patternBytes(300)
    await server.ask(putBlock(body, 0))
    void server.ask(putBlock(body, 1))
    for (let count = 0; count < 8; count++) void server.ask(putBlock(body, 1))
    expect(await server.code(putBlock(body, 1))).toBe('5.03')
  })

  test('a response before the last block ends the request: nothing more is taken, nothing aborted', async () => {
    const refusal = { code: Code.requestEntityTooLarge, options: [], payload: noPayload }
    for (const answer of [refusal, Promise.resolve(refusal)]) {
      const site = bodySite(({ chunks }) => (chunks.length === 2 ? answer : undefined))
      const server = serving(site.receive)
      const body = patternBytes(300)
      const codes: string[] = []
      for (const number of [0, 1, 1, 2]) codes.push(await server.code(putBlock(body, number)))
      expect(codes).toEqual(['2.31', '4.13', '4.13', '4.08'])
      expect(site.states()).toEqual(['open'])
      expect(site.bytes()).toEqual(body.subarray(0, 128))
    }
  })

  test('a receiver that throws or rejects: the fault is passed on, the body forgotten', async () => {
    const throwing = serving(() => ({
      write: () => {
        throw new Error('flash')
      },
      end: () => changed,
      abort: () => {
        throw new Error('not to be called')
      },
    }))
    const rejecting = serving(() => ({
      write: () => Promise.reject(new Error('flash')),
      end: () => changed,
      abort: () => {
        throw new Error('not to be called')
      },
    }))
    for (const server of [throwing, rejecting]) {
      await expect(server.ask(putBlock(patternBytes(300), 0))).rejects.toThrow('flash')
      expect(await server.code(putBlock(patternBytes(300), 1))).toBe('4.08')
      server.responses.close()
    }
  })
})

describe('a peer that does not go on', () => {
  test('after EXCHANGE_LIFETIME of silence the body is given up', async () => {
    const site = bodySite()
    const server = serving(site.receive)
    const body = patternBytes(300)
    await server.ask(putBlock(body, 0))
    await server.clock.advance(lifetimeMs - 1)
    expect(await server.code(putBlock(body, 1))).toBe('2.31')
    await server.clock.advance(lifetimeMs - 1)
    expect(site.states()).toEqual(['open'])
    await server.clock.advance(1)
    expect(site.states()).toEqual(['aborted'])
    expect(await server.code(putBlock(body, 2))).toBe('4.08')
    expect(server.clock.pendingTimers).toBe(0)
  })

  test('the time that the receiver takes is no silence', async () => {
    const taken = gate<undefined>()
    const site = bodySite(() => taken.promise)
    const server = serving(site.receive)
    void server.ask(putBlock(patternBytes(300), 0))
    await server.clock.advance(3 * lifetimeMs)
    expect(site.states()).toEqual(['open'])
    taken.open(undefined)
    await server.clock.advance(lifetimeMs - 1)
    expect(site.states()).toEqual(['open'])
    await server.clock.advance(1)
    expect(site.states()).toEqual(['aborted'])
  })

  test('a connection that is gone: what is on its way is given up, what has ended is not', async () => {
    const ending = gate<undefined>()
    const site = bodySite(({ state }) => (state === 'ended' ? ending.promise : undefined))
    const server = serving(site.receive)
    const body = patternBytes(100)
    for (const path of ['5/0/0', '9/0/2']) await server.ask(putBlock(body, 0, 64, path))
    void server.ask(putBlock(body, 1, 64, '9/0/2'))
    expect(server.responses.busy).toBe(true)
    server.responses.close()
    expect(site.states()).toEqual(['aborted', 'ended'])
    expect(server.responses.busy).toBe(false)
    ending.open(undefined)
    await server.clock.advance(0)
    expect(server.clock.pendingTimers).toBe(0)
  })

  test('more bodies than are kept: the one untouched for longest is given up', async () => {
    const site = bodySite()
    const server = serving(site.receive, { maximumTransfers: 2 })
    const body = patternBytes(300)
    await server.ask(putBlock(body, 0, 64, 'a'))
    await server.ask(putBlock(body, 0, 64, 'b'))
    await server.ask(putBlock(body, 1, 64, 'a'))
    await server.ask(putBlock(body, 0, 64, 'c'))
    expect(site.seen.map(({ path, state }) => `${path} ${state}`)).toEqual(['a open', 'b aborted', 'c open'])
    server.responses.close()
  })
})
