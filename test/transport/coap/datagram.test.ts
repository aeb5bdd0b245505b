import { describe, expect, test } from 'vitest'
import { type CoapMessage, Code, MessageType } from '../../../transport/coap/message.ts'
import { OptionNumber, stringOption, uintOption } from '../../../transport/coap/options.ts'
import type { PeerRequest } from '../../../transport/coap/peer.ts'
import { TransportError } from '../../../transport/errors.ts'
import { seededRandom } from '../../../transport/random.ts'
import type { Trace } from '../../../transport/trace.ts'
import { content, get, request } from '../../helpers/coap-site.ts'
import { coapWire, codeOf } from '../../helpers/coap-wire.ts'

/** No jitter: the first wait is ACK_TIMEOUT itself. */
const steady = { ackRandomFactor: 1 }
const { confirmable, nonConfirmable, acknowledgement, reset } = MessageType

/** A handler whose answers the test gives when it likes. */
function slowHandler() {
  const waiting: ((response: CoapMessage) => void)[] = []
  const handler = () => new Promise<CoapMessage>(resolve => waiting.push(resolve))
  return { handler, waiting }
}

describe('retransmission (RFC 7252 §4.2)', () => {
  test('the wait doubles, MAX_RETRANSMIT times, then TIMEOUT after MAX_TRANSMIT_WAIT', async () => {
    const wire = coapWire({ parameters: steady })
    const outcome = codeOf(wire.peer.request(get('a')).response)
    wire.clock.advanceSync(61_999)
    const sent = wire.takeTimed()
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 2_000, 6_000, 14_000, 30_000])
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(1)
    expect(wire.peer.busy).toBe(true)
    await wire.clock.advance(1)
    expect(await outcome).toBe('TIMEOUT')
    expect(wire.clock.pendingTimers).toBe(0)
    expect(wire.peer.busy).toBe(false)
  })

  test('the parameters are those given', async () => {
    const wire = coapWire({ parameters: { ackTimeoutMs: 100, ackRandomFactor: 1, maxRetransmit: 2 } })
    const outcome = codeOf(wire.peer.request(get('a')).response)
    await wire.clock.advance(700)
    expect(wire.takeTimed().map(({ atMs }) => atMs)).toEqual([0, 100, 300])
    expect(await outcome).toBe('TIMEOUT')
  })

  test('the first wait lies between ACK_TIMEOUT and ACK_TIMEOUT × ACK_RANDOM_FACTOR', () => {
    const waits = Array.from({ length: 50 }, (_, seed) => {
      const wire = coapWire({ random: seededRandom(seed) })
      void codeOf(wire.peer.request(get('a')).response)
      wire.clock.advanceSync(4_000)
      return wire.takeTimed()[1]?.atMs ?? 0
    })
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(2_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(3_000)
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(800)
  })

  test('an acknowledgement ends it, a reset too', async () => {
    const wire = coapWire()
    const first = wire.peer.request(get('a'))
    wire.deliverEmpty(acknowledgement, wire.takeOne().messageId)
    const second = codeOf(wire.peer.request(get('b')).response)
    wire.deliverEmpty(reset, wire.takeOne().messageId)
    expect(await second).toBe('RESET')
    wire.clock.advanceSync(100_000)
    expect(wire.take()).toEqual([])
    first.cancel()
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('an acknowledgement or reset of an unknown message, or an acknowledgement with a request, is ignored', () => {
    const wire = coapWire({ parameters: steady })
    void codeOf(wire.peer.request(get('a')).response)
    const { messageId } = wire.takeOne()
    wire.deliverEmpty(acknowledgement, messageId + 1)
    wire.deliverEmpty(reset, messageId + 1)
    wire.deliver({ type: acknowledgement, messageId })
    wire.clock.advanceSync(2_000)
    expect(wire.take()).toHaveLength(1)
  })
})

describe('NSTART (RFC 7252 §4.7)', () => {
  test('further confirmable messages wait their turn, in order', () => {
    const wire = coapWire({ parameters: { nstart: 2 } })
    for (const path of ['a', 'b', 'c', 'd']) void codeOf(wire.peer.request(get(path)).response)
    const [a, b] = wire.take()
    expect([a, b].map(sent => Buffer.from(sent?.options[0]?.value ?? []).toString())).toEqual(['a', 'b'])
    wire.answer(b as NonNullable<typeof b>)
    expect(Buffer.from(wire.takeOne().options[0]?.value ?? []).toString()).toBe('c')
    wire.deliverEmpty(reset, (a as NonNullable<typeof a>).messageId)
    expect(Buffer.from(wire.takeOne().options[0]?.value ?? []).toString()).toBe('d')
  })

  test('a separate response in the place of the acknowledgement frees it', () => {
    const wire = coapWire()
    void codeOf(wire.peer.request(get('a')).response)
    void codeOf(wire.peer.request(get('b')).response)
    const { token } = wire.takeOne()
    wire.deliver({ code: Code.content, messageId: 900, token })
    expect(wire.take().map(({ type, code }) => [type, code])).toEqual([
      [confirmable, Code.get],
      [acknowledgement, Code.empty],
    ])
  })

  test('the next waits no longer than the one that is given up', () => {
    const wire = coapWire({ parameters: steady })
    void codeOf(wire.peer.request(get('a')).response)
    void codeOf(wire.peer.request(get('b')).response)
    wire.clock.advanceSync(62_000)
    expect(wire.takeTimed().filter(({ atMs }) => atMs === 62_000)).toHaveLength(1)
    wire.clock.advanceSync(2_000)
    expect(wire.take()).toHaveLength(1)
  })

  test('what is cancelled leaves the queue and is never sent', () => {
    const wire = coapWire()
    const first = wire.peer.request(get('a'))
    const second = wire.peer.request(get('b'))
    wire.take()
    second.cancel()
    first.cancel()
    wire.clock.advanceSync(100_000)
    expect(wire.take()).toEqual([])
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('a transfer in blocks lets the others through between its blocks', () => {
    const wire = coapWire({ parameters: { blockBytes: 16 } })
    void codeOf(wire.peer.request(request(Code.put, 'large', Buffer.alloc(64))).response)
    void codeOf(wire.peer.request(get('other')).response)
    const block = wire.takeOne()
    wire.answer(block, {
      code: Code.continue,
      options: block.options.filter(({ number }) => number === OptionNumber.block1),
    })
    expect(wire.takeOne().code).toBe(Code.get)
  })

  test('beyond maximumQueued QUEUE_FULL, and the others go on', async () => {
    const wire = coapWire({ parameters: { maximumQueued: 1 } })
    const first = wire.peer.request(get('a'))
    const second = wire.peer.request(get('b'))
    expect(await codeOf(wire.peer.request(get('c')).response)).toBe('QUEUE_FULL')
    expect(await codeOf(wire.peer.ping())).toBe('QUEUE_FULL')
    wire.answer(wire.takeOne())
    wire.answer(wire.takeOne())
    expect(await Promise.all([codeOf(first.response), codeOf(second.response)])).toEqual(['fulfilled', 'fulfilled'])
  })

  test('non-confirmable messages do not wait', () => {
    const wire = coapWire()
    void codeOf(wire.peer.request(get('a')).response)
    void codeOf(wire.peer.request(get('b'), false).response)
    expect(wire.take().map(({ type }) => type)).toEqual([confirmable, nonConfirmable])
  })
})

describe('message ids', () => {
  test('ids come round without meeting one that still waits for its acknowledgement', async () => {
    const wire = coapWire({ parameters: { nstart: 2, maxRetransmit: 0, ackRandomFactor: 1 } })
    const stuck = codeOf(wire.peer.request(get('stuck')).response)
    const { messageId: stuckId } = wire.takeOne()
    for (let count = 0; count < 65_536; count++) wire.peer.request(get('non'), false).cancel()
    const ids = new Set(wire.take().map(({ messageId }) => messageId))
    expect(ids.size).toBe(65_535)
    expect(ids.has(stuckId)).toBe(false)
    await wire.clock.advance(2_000)
    expect(await stuck).toBe('TIMEOUT')
  })
})

describe('deduplication (RFC 7252 §4.5)', () => {
  function counting() {
    const seen: PeerRequest[] = []
    const wire = coapWire({
      handler: asked => {
        seen.push(asked)
        return content(`answer ${seen.length}`)
      },
    })
    return { seen, wire }
  }

  test('a duplicate is answered with the same bytes and not handled again', () => {
    const { seen, wire } = counting()
    wire.deliver({ messageId: 5 })
    const answer = wire.takeBytes()
    wire.deliver({ messageId: 5 })
    expect(wire.takeBytes()).toEqual(answer)
    expect(seen).toHaveLength(1)
  })

  test('a duplicate and its answer are traced like the first', () => {
    const traced: string[] = []
    const trace: Trace = {
      message: (direction, { code }, bytes) => void traced.push(`${direction} ${code} ${bytes}`),
    }
    const wire = coapWire({ handler: () => content('answer'), trace })
    wire.deliver({ messageId: 5 })
    wire.deliver({ messageId: 5 })
    expect(traced).toHaveLength(4)
    expect(traced.slice(2)).toEqual(traced.slice(0, 2))
    expect(traced[3]).toBe(`sent ${Code.content} ${wire.takeBytes()[1]?.length}`)
  })

  test('until EXCHANGE_LIFETIME has passed', () => {
    const { seen, wire } = counting()
    wire.deliver({ messageId: 5 })
    wire.clock.advanceSync(246_999)
    wire.deliver({ messageId: 5 })
    expect(seen).toHaveLength(1)
    wire.clock.advanceSync(1)
    wire.deliver({ messageId: 5 })
    expect(seen).toHaveLength(2)
  })

  test('a non-confirmable duplicate is ignored until NON_LIFETIME has passed', () => {
    const { seen, wire } = counting()
    wire.deliver({ type: nonConfirmable, messageId: 5 })
    expect(wire.takeOne().type).toBe(nonConfirmable)
    wire.clock.advanceSync(144_999)
    wire.deliver({ type: nonConfirmable, messageId: 5 })
    expect(wire.take()).toEqual([])
    wire.clock.advanceSync(1)
    wire.deliver({ type: nonConfirmable, messageId: 5 })
    expect(seen).toHaveLength(2)
  })

  test('the same message id with another token is a new request', () => {
    const { seen, wire } = counting()
    wire.deliver({ messageId: 5, token: Buffer.from([1]) })
    wire.deliver({ messageId: 5, token: Buffer.from([2]) })
    expect(seen).toHaveLength(2)
  })

  test('a duplicate of a confirmable response is acknowledged again', () => {
    const wire = coapWire()
    void codeOf(wire.peer.request(get('a')).response)
    const { token } = wire.takeOne()
    const response = { code: Code.content, messageId: 77, token }
    wire.deliver(response)
    const acknowledged = wire.takeBytes()
    wire.deliver(response)
    expect(wire.takeBytes()).toEqual(acknowledged)
  })

  test('memory stays bounded: 100,000 requests at once leave the newest known', () => {
    const { seen, wire } = counting()
    for (let id = 0; id < 100_000; id++) wire.deliver({ messageId: id & 0xffff, token: Buffer.from([id >> 16]) })
    wire.take()
    wire.deliver({ messageId: 99_999 & 0xffff, token: Buffer.from([1]) })
    wire.deliver({ messageId: 99_900 & 0xffff, token: Buffer.from([1]) })
    expect(seen).toHaveLength(100_000)
    wire.deliver({ messageId: 40_000, token: Buffer.from([0]) })
    expect(seen).toHaveLength(100_001)
  })
})

describe('responses', () => {
  test('piggybacked: in the acknowledgement, with id and token of the request (RFC 7252 §5.2.1)', () => {
    const wire = coapWire({ handler: () => content('now') })
    wire.deliver({ messageId: 9, token: Buffer.from([1, 2, 3]) })
    const { type, code, messageId, token } = wire.takeOne()
    expect([type, code, messageId, Buffer.from(token).toString('hex')]).toEqual([
      acknowledgement,
      Code.content,
      9,
      '010203',
    ])
  })

  test('piggybacked still when the handler takes less than piggybackWaitMs', async () => {
    const { handler, waiting } = slowHandler()
    const wire = coapWire({ handler })
    wire.deliver({ messageId: 9 })
    await wire.clock.advance(49)
    waiting[0]?.(content('soon'))
    await wire.clock.advance(0)
    expect(wire.takeOne()).toMatchObject({ type: acknowledgement, code: Code.content, messageId: 9 })
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('separate after an empty acknowledgement, which answers duplicates too (RFC 7252 §5.2.2)', async () => {
    const { handler, waiting } = slowHandler()
    const wire = coapWire({ handler })
    wire.deliver({ messageId: 9 })
    await wire.clock.advance(50)
    expect(wire.takeOne()).toMatchObject({ type: acknowledgement, code: Code.empty, messageId: 9 })
    waiting[0]?.(content('late'))
    await wire.clock.advance(0)
    const response = wire.takeOne()
    expect(response).toMatchObject({ type: confirmable, code: Code.content })
    expect(Buffer.from(response.token).toString('hex')).toBe('01')
    wire.deliver({ messageId: 9 })
    expect(wire.takeOne()).toMatchObject({ type: acknowledgement, code: Code.empty })
    expect(waiting).toHaveLength(1)
    wire.deliverEmpty(acknowledgement, response.messageId)
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('a duplicate that comes before any answer is ignored', async () => {
    const { handler, waiting } = slowHandler()
    const wire = coapWire({ handler })
    wire.deliver({ messageId: 9 })
    wire.deliver({ messageId: 9 })
    expect(waiting).toHaveLength(1)
    expect(wire.take()).toEqual([])
    wire.peer.close()
  })

  test('a non-confirmable request gets a non-confirmable response, without acknowledgement (RFC 7252 §5.2.3)', async () => {
    const { handler, waiting } = slowHandler()
    const wire = coapWire({ handler })
    wire.deliver({ type: nonConfirmable })
    await wire.clock.advance(10_000)
    expect(wire.take()).toEqual([])
    waiting[0]?.(content('late'))
    await wire.clock.advance(0)
    expect(wire.takeOne().type).toBe(nonConfirmable)
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('a handler that throws is answered with 5.00', async () => {
    const fault = new Error('a fault')
    const wire = coapWire({
      handler: ({ message }) => {
        if (message.code === Code.get) throw fault
        return Promise.reject(fault)
      },
    })
    wire.deliver({})
    expect(wire.takeOne().code).toBe(Code.internalServerError)
    wire.deliver({ code: Code.put, messageId: 2 })
    await wire.clock.advance(0)
    expect(wire.takeOne().code).toBe(Code.internalServerError)
    expect(wire.handlerErrors).toEqual([fault, fault])
  })

  test('separate responses that nobody acknowledges do not pile up beyond the queue', async () => {
    const { handler, waiting } = slowHandler()
    const wire = coapWire({ handler, parameters: { maximumQueued: 3 } })
    for (let id = 0; id < 10; id++) wire.deliver({ messageId: id })
    await wire.clock.advance(50)
    for (const respond of waiting) respond(content('late'))
    await wire.clock.advance(0)
    expect(wire.handlerErrors).toHaveLength(6)
    expect(wire.handlerErrors.every(error => error instanceof TransportError && error.code === 'QUEUE_FULL')).toBe(true)
    wire.peer.close()
  })
})

describe('rejection (RFC 7252 §4.2, §4.3)', () => {
  test('a ping is answered with a reset', () => {
    const wire = coapWire()
    wire.deliverEmpty(confirmable, 33)
    expect(wire.takeOne()).toMatchObject({ type: reset, code: Code.empty, messageId: 33 })
  })

  test('an empty non-confirmable message means nothing', () => {
    const wire = coapWire()
    wire.deliverEmpty(nonConfirmable, 33)
    expect(wire.take()).toEqual([])
  })

  test('a confirmable response that nobody waits for is reset, a non-confirmable one too, a piggybacked one ignored', () => {
    const wire = coapWire()
    wire.deliver({ code: Code.content, messageId: 1 })
    expect(wire.takeOne()).toMatchObject({ type: reset, messageId: 1 })
    wire.deliver({ type: nonConfirmable, code: Code.content, messageId: 2 })
    expect(wire.takeOne()).toMatchObject({ type: reset, messageId: 2 })
    wire.deliver({ type: acknowledgement, code: Code.content, messageId: 3 })
    expect(wire.take()).toEqual([])
  })

  test('a malformed confirmable message is reset; any other is ignored', () => {
    const wire = coapWire()
    wire.deliverBytes(Buffer.from('40010007ff', 'hex'))
    expect(wire.takeOne()).toMatchObject({ type: reset, messageId: 7 })
    for (const bytes of ['50010007ff', '60450007ff', '70000007ff', '80010007', '4001', '']) {
      wire.deliverBytes(Buffer.from(bytes, 'hex'))
    }
    expect(wire.take()).toEqual([])
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('an unknown critical option is answered with 4.02; in a non-confirmable request it is ignored (RFC 7252 §5.4.1)', () => {
    const wire = coapWire({ handler: () => content('reached') })
    const options = [{ number: 9, value: Buffer.from([1]) }]
    wire.deliver({ options, messageId: 1 })
    expect(wire.takeOne().code).toBe(Code.badOption)
    wire.deliver({ options, messageId: 2, type: nonConfirmable })
    expect(wire.take()).toEqual([])
  })

  test('Proxy-Uri is answered with 5.05 (RFC 7252 §5.10.2)', () => {
    const wire = coapWire({ handler: () => content('reached') })
    wire.deliver({ options: [stringOption(OptionNumber.proxyUri, 'coap://other/')] })
    expect(wire.takeOne().code).toBe(Code.proxyingNotSupported)
  })

  test('Uri-Host and Uri-Port are no obstacle', () => {
    const wire = coapWire({ handler: () => content('reached') })
    const options = [stringOption(OptionNumber.uriHost, 'device'), uintOption(OptionNumber.uriPort, 5683)]
    wire.deliver({ options })
    expect(wire.takeOne().code).toBe(Code.content)
  })

  test('a response with an unknown critical option is rejected (RFC 7252 §5.4.1)', async () => {
    const wire = coapWire({ parameters: { responseTimeoutMs: 1_000 } })
    const outcome = codeOf(wire.peer.request(get('a')).response)
    const sent = wire.takeOne()
    wire.deliver({
      code: Code.content,
      messageId: 8,
      token: sent.token,
      options: [{ number: 9, value: Buffer.alloc(1) }],
    })
    expect(wire.takeOne()).toMatchObject({ type: reset, messageId: 8 })
    wire.deliverEmpty(acknowledgement, sent.messageId)
    await wire.clock.advance(1_000)
    expect(await outcome).toBe('NO_RESPONSE')
  })
})

describe('ping', () => {
  test('a reset says that the peer is alive', async () => {
    const wire = coapWire()
    const alive = codeOf(wire.peer.ping())
    const ping = wire.takeBytes()[0]
    expect(ping).toHaveLength(4)
    wire.deliverEmpty(reset, ping?.readUInt16BE(2) as number)
    expect(await alive).toBe('fulfilled')
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('silence is a TIMEOUT', async () => {
    const wire = coapWire()
    const alive = codeOf(wire.peer.ping())
    await wire.clock.advance(93_000)
    expect(await alive).toBe('TIMEOUT')
  })

  test('closing settles it', async () => {
    const wire = coapWire()
    const alive = codeOf(wire.peer.ping())
    wire.peer.close()
    expect(await alive).toBe('CLOSED')
    expect(await codeOf(wire.peer.ping())).toBe('CLOSED')
  })
})

describe('closing', () => {
  test('in the middle of everything: no timer is left, and nothing more is sent', async () => {
    const { handler, waiting } = slowHandler()
    const wire = coapWire({ handler })
    const requests = ['a', 'b', 'c'].map(path => codeOf(wire.peer.request(get(path)).response))
    const unconfirmed = codeOf(wire.peer.request(get('d'), false).response)
    wire.deliver({ messageId: 9 })
    wire.take()
    wire.peer.close()
    expect(wire.closed).toBe(true)
    expect(await Promise.all([...requests, unconfirmed])).toEqual(Array(4).fill('CLOSED'))
    waiting[0]?.(content('too late'))
    wire.deliver({ messageId: 10 })
    wire.receiver.failed(new TransportError('NETWORK_UNREACHABLE', 'too late'))
    await wire.clock.advance(300_000)
    expect(wire.take()).toEqual([])
    expect(wire.networkErrors).toEqual([])
    expect(wire.clock.pendingTimers).toBe(0)
    expect(await codeOf(wire.peer.request(get('e')).response)).toBe('CLOSED')
  })

  test('from within the turn of a timer or a datagram', async () => {
    const wire = coapWire({ parameters: { nstart: 4, ackRandomFactor: 1, maxRetransmit: 0 } })
    const ended: string[] = []
    for (const name of ['a', 'b']) {
      wire.peer.observe(get(name), { notification: () => undefined, ended: () => undefined }).response.catch(() => {
        ended.push(name)
      })
    }
    wire.peer.request(get('c')).response.catch(() => wire.peer.close())
    await wire.clock.advance(2_000)
    expect(ended).toEqual(['a', 'b'])
    expect(wire.closed).toBe(true)
    expect(wire.clock.pendingTimers).toBe(0)
  })
})

test('what the network refuses is told, and sending goes on', async () => {
  const wire = coapWire({ parameters: steady })
  void codeOf(wire.peer.request(get('a')).response)
  const refused = new TransportError('NETWORK_UNREACHABLE', 'nobody there')
  wire.receiver.failed(refused)
  expect(wire.networkErrors).toEqual([refused])
  wire.clock.advanceSync(2_000)
  expect(wire.take()).toHaveLength(2)
  wire.peer.close()
})
