import { describe, expect, test, vi } from 'vitest'
import { type Block, blockOption, findBlock } from '../../../transport/coap/block.ts'
import { type CoapDatagram, type CoapOption, Code, MessageType } from '../../../transport/coap/message.ts'
import { findUint, OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import { get, patternBytes, request } from '../../helpers/coap-site.ts'
import { coapWire, codeOf } from '../../helpers/coap-wire.ts'

const block1 = (number: number, more: boolean, bytes: number) =>
  blockOption(OptionNumber.block1, { number, more, bytes })
const block2 = (number: number, more: boolean, bytes: number) =>
  blockOption(OptionNumber.block2, { number, more, bytes })
const eTag = (text: string): CoapOption => ({ number: OptionNumber.eTag, value: Buffer.from(text) })
const block1Of = (message: CoapDatagram) => findBlock(message, OptionNumber.block1) as Block
const block2Of = (message: CoapDatagram) => findBlock(message, OptionNumber.block2) as Block
const parameters = { blockBytes: 64 }

type Wire = ReturnType<typeof coapWire>

/** Plays a server that keeps `body` and cuts it into blocks of at most `bytes`. */
function serve(wire: Wire, body: Uint8Array, bytes: number, options: CoapOption[] = []): CoapDatagram {
  const asked = wire.takeOne()
  const requested = (block2Of(asked) as Block | undefined) ?? { number: 0, more: false, bytes }
  const size = Math.min(requested.bytes, bytes)
  const offset = requested.number * requested.bytes
  const block = block2(offset / size, offset + size < body.length, size)
  wire.answer(asked, { options: [...options, block], payload: body.subarray(offset, offset + size) })
  return asked
}

describe('a response in blocks (RFC 7959 §2.4)', () => {
  test('is fetched block by block and handed over whole, without its block options', async () => {
    const wire = coapWire()
    const body = patternBytes(300)
    const { response } = wire.peer.request(get('large'))
    const asked = [1, 2, 3].map(() => serve(wire, body, 128, [eTag('a')]))
    expect(asked.map(block2Of)).toEqual([
      undefined,
      { number: 1, more: false, bytes: 128 },
      { number: 2, more: false, bytes: 128 },
    ])
    expect(new Set(asked.map(({ token }) => Buffer.from(token).toString('hex'))).size).toBe(3)
    const whole = await response
    expect(Buffer.compare(whole.payload, body)).toBe(0)
    expect(whole.options.map(({ number }) => number)).toEqual([OptionNumber.eTag])
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('each block is sent again in its own time, though one timer goes on from block to block', async () => {
    const wire = coapWire({ parameters: { ackTimeoutMs: 1_000, ackRandomFactor: 1 } })
    const timers = vi.spyOn(wire.clock, 'setTimeout')
    const body = patternBytes(300)
    const { response } = wire.peer.request(get('large'))
    for (const waitMs of [200, 200]) {
      await wire.clock.advance(waitMs)
      serve(wire, body, 128)
    }
    expect(timers).toHaveBeenCalledTimes(1)
    const [last] = wire.takeTimed()
    await wire.clock.advance(3_000)
    expect(wire.takeTimed()).toEqual([
      { ...last, atMs: 1_400 },
      { ...last, atMs: 3_400 },
    ])
    wire.answer(last as CoapDatagram, { options: [block2(2, false, 128)], payload: body.subarray(256) })
    expect(Buffer.compare((await response).payload, body)).toBe(0)
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('one that wants smaller blocks says so in its first request', async () => {
    const wire = coapWire({ parameters })
    const body = patternBytes(200)
    const { response } = wire.peer.request(get('large'))
    const asked = [1, 2, 3, 4].map(() => serve(wire, body, 1_024))
    expect(asked.map(block2Of).map(({ number, bytes }) => [number, bytes])).toEqual([
      [0, 64],
      [1, 64],
      [2, 64],
      [3, 64],
    ])
    expect(Buffer.compare((await response).payload, body)).toBe(0)
  })

  test('smaller blocks than asked for are counted in their own size', async () => {
    const wire = coapWire({ parameters })
    const body = patternBytes(100)
    const { response } = wire.peer.request(get('large'))
    const asked = [1, 2, 3, 4].map(() => serve(wire, body, 32))
    expect(asked.map(block2Of).map(({ number, bytes }) => [number, bytes])).toEqual([
      [0, 64],
      [1, 32],
      [2, 32],
      [3, 32],
    ])
    expect(Buffer.compare((await response).payload, body)).toBe(0)
  })

  test('one block that is the whole is handed over without its option', async () => {
    const wire = coapWire()
    const { response } = wire.peer.request(get('small'))
    serve(wire, Buffer.from('all'), 64)
    expect(await response).toMatchObject({ options: [], payload: Buffer.from('all') })
  })

  test('another ETag starts the transfer over', async () => {
    const wire = coapWire({ parameters })
    const { response } = wire.peer.request(get('large'))
    serve(wire, patternBytes(150, 1), 64, [eTag('a')])
    serve(wire, patternBytes(150, 2), 64, [eTag('b')])
    const again = serve(wire, patternBytes(150, 2), 64, [eTag('b')])
    expect(block2Of(again).number).toBe(0)
    serve(wire, patternBytes(150, 2), 64, [eTag('b')])
    serve(wire, patternBytes(150, 2), 64, [eTag('b')])
    expect(Buffer.compare((await response).payload, patternBytes(150, 2))).toBe(0)
  })

  test('an ETag that comes and goes is another one', async () => {
    const wire = coapWire({ parameters })
    void codeOf(wire.peer.request(get('large')).response)
    serve(wire, patternBytes(150), 64)
    serve(wire, patternBytes(150), 64, [eTag('b')])
    expect(block2Of(wire.takeOne()).number).toBe(0)
    wire.peer.close()
  })

  test('it gives up on one that never holds still', async () => {
    const wire = coapWire({ parameters })
    const outcome = codeOf(wire.peer.request(get('large')).response)
    let blocks = 0
    for (; wire.peer.busy && blocks < 100; blocks++) serve(wire, patternBytes(150, blocks), 64, [eTag(String(blocks))])
    expect(await outcome).toBe('BLOCKWISE')
    expect(blocks).toBe(8)
  })

  test('what is not safe is not done again when its response changes', async () => {
    const wire = coapWire({ parameters })
    const outcome = codeOf(wire.peer.request(request(Code.post, 'do')).response)
    serve(wire, patternBytes(150, 1), 64, [eTag('a')])
    serve(wire, patternBytes(150, 2), 64, [eTag('b')])
    expect(await outcome).toBe('BLOCKWISE')
    expect(wire.take()).toEqual([])
  })

  const broken: [name: string, options: CoapOption[], payloadBytes: number][] = [
    ['the same block again', [block2(0, true, 64)], 64],
    ['a later block', [block2(2, true, 64)], 64],
    ['a block that is not full', [block2(1, true, 64)], 63],
    ['a block that is too full', [block2(1, true, 64)], 65],
    ['an empty block that is not the last', [block2(1, true, 64)], 0],
    ['a reserved size', [{ number: OptionNumber.block2, value: Buffer.from([0x17]) }], 64],
  ]
  for (const [name, options, payloadBytes] of broken) {
    test(`${name} is an error, never a wrong payload`, async () => {
      const wire = coapWire({ parameters })
      const outcome = codeOf(wire.peer.request(get('large')).response)
      serve(wire, patternBytes(200), 64)
      wire.answer(wire.takeOne(), { options, payload: Buffer.alloc(payloadBytes) })
      expect(await outcome).toBe('BLOCKWISE')
      expect(wire.peer.busy).toBe(false)
    })
  }

  test('a first response that is a later block is an error', async () => {
    const wire = coapWire()
    const outcome = codeOf(wire.peer.request(get('large')).response)
    wire.answer(wire.takeOne(), { options: [block2(3, false, 64)], payload: Buffer.alloc(10) })
    expect(await outcome).toBe('BLOCKWISE')
  })

  test('an error in the middle is the answer', async () => {
    const wire = coapWire({ parameters })
    const { response } = wire.peer.request(get('large'))
    serve(wire, patternBytes(200), 64)
    wire.answer(wire.takeOne(), { code: Code.notFound })
    expect((await response).code).toBe(Code.notFound)
  })

  test('a body without end stops at maximumBodyBytes', async () => {
    const wire = coapWire({ parameters: { maximumBodyBytes: 1_000 } })
    const outcome = codeOf(wire.peer.request(get('endless')).response)
    let blocks = 0
    for (; wire.peer.busy && blocks < 100; blocks++) serve(wire, Buffer.alloc(1_000_000), 64)
    expect(await outcome).toBe('BLOCKWISE')
    expect(blocks).toBe(16)
  })

  test('given up in the middle, no further block is asked for', async () => {
    const wire = coapWire({ parameters })
    const pending = wire.peer.request(get('large'))
    serve(wire, patternBytes(200), 64)
    const { messageId, token } = wire.takeOne()
    pending.cancel()
    wire.deliver({
      type: MessageType.acknowledgement,
      code: Code.content,
      messageId,
      token,
      options: [block2(1, true, 64)],
    })
    expect(wire.take()).toEqual([])
    expect(wire.clock.pendingTimers).toBe(0)
    expect(await codeOf(pending.response)).toBe('CANCELLED')
  })

  test('a queue that is full in the middle ends it with QUEUE_FULL, not with an exception', async () => {
    const wire = coapWire({ parameters: { blockBytes: 64, maximumQueued: 1 } })
    const outcome = codeOf(wire.peer.request(get('large')).response)
    const { messageId, token } = wire.takeOne()
    wire.deliverEmpty(MessageType.acknowledgement, messageId)
    const others = ['a', 'b'].map(path => codeOf(wire.peer.request(get(path)).response))
    const separate = { code: Code.content, messageId: 9, token, options: [block2(0, true, 64)] }
    wire.deliver({ ...separate, payload: Buffer.alloc(64) })
    expect(await outcome).toBe('QUEUE_FULL')
    wire.peer.close()
    expect(await Promise.all(others)).toEqual(['CLOSED', 'CLOSED'])
  })
})

describe('a body in blocks (RFC 7959 §2.3)', () => {
  /** Plays a server that acknowledges blocks in `bytes`; returns the blocks it got. */
  function takeBody(wire: Wire, bytes: number): { blocks: Block[]; body: Buffer; sizes: (number | undefined)[] } {
    const blocks: Block[] = []
    const chunks: Uint8Array[] = []
    const sizes: (number | undefined)[] = []
    for (;;) {
      const sent = wire.takeOne()
      const block = block1Of(sent)
      blocks.push(block)
      chunks.push(sent.payload)
      sizes.push(findUint(sent, OptionNumber.size1))
      const size = Math.min(block.bytes, bytes)
      wire.answer(sent, {
        code: block.more ? Code.continue : Code.changed,
        options: [block1(block.number, block.more, size)],
      })
      if (!block.more) return { blocks, body: Buffer.concat(chunks), sizes }
    }
  }

  test('is announced with Size1 and sent one by one', async () => {
    const wire = coapWire({ parameters })
    const body = patternBytes(150)
    const { response } = wire.peer.request(request(Code.put, 'large', body))
    const taken = takeBody(wire, 64)
    expect(taken.blocks.map(({ number, more }) => [number, more])).toEqual([
      [0, true],
      [1, true],
      [2, false],
    ])
    expect(taken.sizes).toEqual([150, undefined, undefined])
    expect(Buffer.compare(taken.body, body)).toBe(0)
    expect((await response).code).toBe(Code.changed)
  })

  test('a body of one block goes as it is', () => {
    const wire = coapWire({ parameters })
    void codeOf(wire.peer.request(request(Code.put, 'small', patternBytes(64))).response)
    expect(block1Of(wire.takeOne())).toBeUndefined()
    wire.peer.close()
  })

  test('a server that acknowledges in smaller blocks gets smaller ones', async () => {
    const wire = coapWire({ parameters })
    const body = patternBytes(150)
    const { response } = wire.peer.request(request(Code.put, 'large', body))
    const taken = takeBody(wire, 32)
    expect(taken.blocks.map(({ number, bytes }) => [number, bytes])).toEqual([
      [0, 64],
      [2, 32],
      [3, 32],
      [4, 32],
    ])
    expect(Buffer.compare(taken.body, body)).toBe(0)
    expect((await response).code).toBe(Code.changed)
  })

  test('4.13 with a smaller block starts over in that size (RFC 7959 §2.9.3)', async () => {
    const wire = coapWire({ parameters })
    const body = patternBytes(100)
    const { response } = wire.peer.request(request(Code.put, 'large', body))
    wire.answer(wire.takeOne(), { code: Code.requestEntityTooLarge, options: [block1(0, true, 16)] })
    const taken = takeBody(wire, 16)
    expect(taken.blocks[0]).toEqual({ number: 0, more: true, bytes: 16 })
    expect(Buffer.compare(taken.body, body)).toBe(0)
    expect((await response).code).toBe(Code.changed)
  })

  test('4.13 with a block to a body that went in one message starts over in blocks', async () => {
    const wire = coapWire({ parameters })
    const body = patternBytes(60)
    const { response } = wire.peer.request(request(Code.put, 'large', body))
    wire.answer(wire.takeOne(), { code: Code.requestEntityTooLarge, options: [block1(0, true, 32)] })
    expect(Buffer.compare(takeBody(wire, 32).body, body)).toBe(0)
    expect((await response).code).toBe(Code.changed)
  })

  test('4.13 with Size1 only is the answer', async () => {
    const wire = coapWire({ parameters })
    const { response } = wire.peer.request(request(Code.put, 'large', patternBytes(100)))
    wire.answer(wire.takeOne(), { code: Code.requestEntityTooLarge, options: [uintOption(OptionNumber.size1, 50)] })
    expect(findUint(await response, OptionNumber.size1)).toBe(50)
  })

  test('4.08 in the middle is the answer', async () => {
    const wire = coapWire({ parameters })
    const { response } = wire.peer.request(request(Code.put, 'large', patternBytes(100)))
    wire.answer(wire.takeOne(), { code: Code.requestEntityIncomplete })
    expect((await response).code).toBe(Code.requestEntityIncomplete)
    expect(wire.take()).toEqual([])
  })

  const broken: [name: string, code: number, options: CoapOption[]][] = [
    ['the acknowledgement of another block', Code.continue, [block1(1, true, 64)]],
    ['an acknowledgement without a block', Code.continue, []],
    ['an acknowledgement in larger blocks', Code.continue, [block1(0, true, 128)]],
    ['a reserved size', Code.continue, [{ number: OptionNumber.block1, value: Buffer.from([0x0f]) }]],
  ]
  for (const [name, code, options] of broken) {
    test(`${name} is an error`, async () => {
      const wire = coapWire({ parameters })
      const outcome = codeOf(wire.peer.request(request(Code.put, 'large', patternBytes(100))).response)
      wire.answer(wire.takeOne(), { code, options })
      expect(await outcome).toBe('BLOCKWISE')
      expect(wire.peer.busy).toBe(false)
    })
  }

  test('2.31 after the last block is an error', async () => {
    const wire = coapWire({ parameters })
    const outcome = codeOf(wire.peer.request(request(Code.put, 'large', patternBytes(100))).response)
    wire.answer(wire.takeOne(), { code: Code.continue, options: [block1(0, true, 64)] })
    wire.answer(wire.takeOne(), { code: Code.continue, options: [block1(1, true, 64)] })
    expect(await outcome).toBe('BLOCKWISE')
  })

  test('more blocks than the option can count is an error at once', async () => {
    const wire = coapWire({ parameters: { blockBytes: 16 } })
    const tooLarge = Buffer.alloc(16 * 2 ** 20 + 1)
    expect(await codeOf(wire.peer.request(request(Code.put, 'large', tooLarge)).response)).toBe('BLOCKWISE')
    expect(wire.take()).toEqual([])
  })

  test('a FETCH whose body and response both take blocks (RFC 7959 §3.3, RFC 8132 §2)', async () => {
    const wire = coapWire({ parameters })
    const answer = patternBytes(130, 9)
    const { response } = wire.peer.request(request(Code.fetch, 'both', patternBytes(100)))
    wire.answer(wire.takeOne(), { code: Code.continue, options: [block1(0, true, 64)] })
    const last = wire.takeOne()
    expect(block1Of(last)).toEqual({ number: 1, more: false, bytes: 64 })
    wire.answer(last, { options: [block2(0, true, 64), block1(1, false, 64)], payload: answer.subarray(0, 64) })
    for (const number of [1, 2]) {
      const asked = wire.takeOne()
      expect([block1Of(asked), block2Of(asked).number, asked.payload.length]).toEqual([undefined, number, 0])
      const payload = answer.subarray(number * 64, number * 64 + 64)
      wire.answer(asked, { options: [block2(number, number < 2, 64)], payload })
    }
    expect(Buffer.compare((await response).payload, answer)).toBe(0)
  })
})
