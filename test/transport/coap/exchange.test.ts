import { describe, expect, test } from 'vitest'
import { findBlock } from '../../../transport/coap/block.ts'
import { Code, MessageType } from '../../../transport/coap/message.ts'
import { OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import { type Random, seededRandom } from '../../../transport/random.ts'
import { get } from '../../helpers/coap-site.ts'
import { coapWire, codeOf } from '../../helpers/coap-wire.ts'

const { acknowledgement, confirmable, nonConfirmable, reset } = MessageType

/** A random source whose first tokens are those given. */
function scripted(values: number[]): Random {
  const random = seededRandom(1)
  return { ...random, uint32: () => values.shift() ?? random.uint32() }
}

describe('how a request ends', () => {
  test('acknowledged but never answered: NO_RESPONSE after responseTimeoutMs', async () => {
    const wire = coapWire()
    const outcome = codeOf(wire.peer.request(get('a')).response)
    wire.deliverEmpty(acknowledgement, wire.takeOne().messageId)
    await wire.clock.advance(246_999)
    expect(wire.peer.busy).toBe(true)
    await wire.clock.advance(1)
    expect(await outcome).toBe('NO_RESPONSE')
    expect(wire.peer.busy).toBe(false)
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('non-confirmable and never answered: NO_RESPONSE after MAX_TRANSMIT_WAIT', async () => {
    const wire = coapWire()
    const outcome = codeOf(wire.peer.request(get('a'), false).response)
    await wire.clock.advance(92_999)
    expect(wire.peer.busy).toBe(true)
    await wire.clock.advance(1)
    expect(await outcome).toBe('NO_RESPONSE')
    expect(wire.take()).toHaveLength(1)
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('rejected: RESET, of a non-confirmable request too', async () => {
    const wire = coapWire()
    const outcomes = [true, false].map(reliable => codeOf(wire.peer.request(get('a'), reliable).response))
    for (const { messageId } of wire.take()) wire.deliverEmpty(reset, messageId)
    expect(await Promise.all(outcomes)).toEqual(['RESET', 'RESET'])
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('given up: CANCELLED, and its response is unwanted', async () => {
    const wire = coapWire()
    const pending = wire.peer.request(get('a'))
    const { token } = wire.takeOne()
    pending.cancel()
    pending.cancel()
    expect(await codeOf(pending.response)).toBe('CANCELLED')
    wire.deliver({ code: Code.content, messageId: 7, token })
    expect(wire.takeOne().type).toBe(reset)
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('giving up what has ended changes nothing', async () => {
    const wire = coapWire()
    const pending = wire.peer.request(get('a'))
    wire.answer(wire.takeOne(), { payload: Buffer.from('done') })
    pending.cancel()
    expect(Buffer.from((await pending.response).payload).toString()).toBe('done')
  })
})

describe('the token matches response to request (RFC 7252 §5.3.2)', () => {
  test('whatever the order, and whichever message carries it', async () => {
    const wire = coapWire({ parameters: { nstart: 3 } })
    const responses = ['a', 'b', 'c'].map(path => wire.peer.request(get(path)).response)
    const sent = wire.take()
    sent.toReversed().forEach(({ token, options }, index) => {
      const type = index === 1 ? nonConfirmable : confirmable
      wire.deliver({
        type,
        code: Code.content,
        messageId: 500 + index,
        token,
        payload: options[0]?.value ?? Buffer.alloc(0),
      })
    })
    expect((await Promise.all(responses)).map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  test('a piggybacked response with another token is ignored', async () => {
    const wire = coapWire({ parameters: { responseTimeoutMs: 5_000 } })
    const outcome = codeOf(wire.peer.request(get('a')).response)
    const { messageId, token } = wire.takeOne()
    const wrong = Buffer.from(token)
    wrong[0] = (wrong[0] as number) ^ 1
    wire.deliver({ type: acknowledgement, code: Code.content, messageId, token: wrong })
    wire.deliver({ type: acknowledgement, code: Code.content, messageId, token: token.subarray(0, 3) })
    await wire.clock.advance(5_000)
    expect(await outcome).toBe('NO_RESPONSE')
  })

  test('no two open requests share one', () => {
    const wire = coapWire({ random: scripted([7, 42, 42, 42, 43]), parameters: { nstart: 2 } })
    void codeOf(wire.peer.request(get('a')).response)
    void codeOf(wire.peer.request(get('b')).response)
    expect(wire.take().map(({ token }) => Buffer.from(token).readUInt32BE())).toEqual([42, 43])
    wire.peer.close()
  })

  test('tokens with the highest bit set match, too', async () => {
    const wire = coapWire({ random: scripted([7, 0xfedcba98]) })
    const { response } = wire.peer.request(get('a'))
    wire.answer(wire.takeOne())
    expect((await response).code).toBe(Code.content)
  })
})

test('the acknowledgement is lost but the separate response arrives (RFC 7252 §5.2.2)', async () => {
  const wire = coapWire()
  const { response } = wire.peer.request(get('a'))
  const { token } = wire.takeOne()
  wire.deliver({ code: Code.content, messageId: 7, token })
  expect(wire.takeOne()).toMatchObject({ type: acknowledgement, code: Code.empty, messageId: 7 })
  expect((await response).code).toBe(Code.content)
  wire.clock.advanceSync(100_000)
  expect(wire.take()).toEqual([])
  expect(wire.clock.pendingTimers).toBe(0)
})

test('an acknowledgement that comes after the response starts no wait', async () => {
  const wire = coapWire()
  const { response } = wire.peer.observe(get('a'), { notification: () => undefined, ended: () => undefined })
  const { token, messageId } = wire.takeOne()
  wire.deliver({ code: Code.content, messageId: 7, token, options: [uintOption(OptionNumber.observe, 1)] })
  await response
  wire.deliverEmpty(acknowledgement, messageId)
  expect(wire.clock.pendingTimers).toBe(0)
  wire.peer.close()
})

test('closing sends nothing of what still waited in the queue', () => {
  const wire = coapWire()
  for (const path of ['a', 'b', 'c']) void codeOf(wire.peer.request(get(path)).response)
  wire.take()
  wire.peer.close()
  expect(wire.take()).toEqual([])
})

describe('a single exchange', () => {
  const block = uintOption(OptionNumber.block2, (3 << 4) | 8 | 6)

  test('a block of the response is the response', async () => {
    const wire = coapWire()
    const { response } = wire.peer.exchange(get('a'))
    const sent = wire.takeOne()
    expect(sent.options).toEqual(get('a').options)
    wire.deliver({
      type: acknowledgement,
      code: Code.content,
      messageId: sent.messageId,
      token: sent.token,
      options: [block],
      payload: Buffer.alloc(1_024),
    })
    const received = await response
    expect(findBlock(received, OptionNumber.block2)).toEqual({ number: 3, more: true, bytes: 1_024 })
    expect(received.payload).toHaveLength(1_024)
    expect(wire.take()).toEqual([])
    expect(wire.peer.busy).toBe(false)
  })

  test('cancelled, and after the end of the peer', async () => {
    const wire = coapWire()
    const pending = wire.peer.exchange(get('a'))
    pending.cancel()
    expect(await codeOf(pending.response)).toBe('CANCELLED')
    expect(wire.clock.pendingTimers).toBe(0)
    wire.peer.close()
    expect(await codeOf(wire.peer.exchange(get('a')).response)).toBe('CLOSED')
  })
})
