import { describe, expect, test } from 'vitest'
import { type CoapDatagram, type CoapMessage, Code, MessageType } from '../../../transport/coap/message.ts'
import type { ObserveRelation } from '../../../transport/coap/observe-relation.ts'
import { findUint, OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import type { CoapParameters } from '../../../transport/coap/parameters.ts'
import { coapSite, content, get, patternBytes } from '../../helpers/coap-site.ts'
import { coapWire } from '../../helpers/coap-wire.ts'

const { acknowledgement, confirmable, nonConfirmable, reset } = MessageType
const observe = uintOption(OptionNumber.observe, 0)
const sequenceOf = (message: CoapMessage) => findUint(message, OptionNumber.observe)
const textOf = ({ payload }: CoapMessage) => Buffer.from(payload).toString()
const notFound = { ...content(''), code: Code.notFound }

/** A peer that is observed by the test, once a token. */
function observed(parameters: Partial<CoapParameters> = {}) {
  const relations: ObserveRelation[] = []
  const events: string[] = []
  const wire = coapWire({
    parameters: { ackRandomFactor: 1, ...parameters },
    handler: asked => {
      const name = `${textOf(asked.message)}${relations.length}`
      const relation = asked.observe({
        acknowledged: () => events.push(`${name} acknowledged`),
        ended: reason => events.push(`${name} ${reason}`),
      })
      relations.push(relation)
      return relation.accept(content('first'))
    },
  })
  let messageId = 0
  const register = (token = 1): ObserveRelation => {
    wire.deliver({ messageId: messageId++, token: Buffer.from([token]), options: [observe] })
    return relations.at(-1) as ObserveRelation
  }
  return {
    ...wire,
    events,
    register,
    acknowledge: (sent: CoapDatagram) => wire.deliverEmpty(acknowledgement, sent.messageId),
  }
}

test('the first response and each notification count up, under the token of the request', () => {
  const site = observed()
  const relation = site.register(7)
  expect(sequenceOf(site.takeOne())).toBe(0)
  for (const state of ['a', 'b']) relation.notify(content(state), false)
  const sent = site.take()
  expect(sent.map(sequenceOf)).toEqual([1, 2])
  expect(sent.map(({ type, token }) => [type, token[0]])).toEqual([
    [nonConfirmable, 7],
    [nonConfirmable, 7],
  ])
})

describe('confirmable notifications (RFC 7641 §4.5)', () => {
  test('one is in flight; of those that come meanwhile only the newest follows', () => {
    const site = observed()
    const relation = site.register()
    site.take()
    for (const state of ['a', 'b', 'c']) relation.notify(content(state), true)
    const first = site.takeOne()
    expect(textOf(first)).toBe('a')
    site.acknowledge(first)
    const second = site.takeOne()
    expect([textOf(second), sequenceOf(second)]).toEqual(['c', 2])
    site.acknowledge(second)
    site.clock.advanceSync(300_000)
    expect(site.take()).toEqual([])
    expect(site.clock.pendingTimers).toBe(0)
    expect(site.events).toEqual(['0 acknowledged', '0 acknowledged'])
  })

  test('a non-confirmable one waits, too, and goes out as such', () => {
    const site = observed()
    const relation = site.register()
    site.take()
    relation.notify(content('a'), true)
    relation.notify(content('b'), false)
    site.acknowledge(site.takeOne())
    expect(site.takeOne()).toMatchObject({ type: nonConfirmable })
  })

  test('a notification from within "acknowledged" comes after the one that waits', () => {
    let relation: ObserveRelation | undefined
    const wire = coapWire({
      handler: asked => {
        relation = asked.observe({
          acknowledged: () => relation?.notify(content('newest'), true),
          ended: () => undefined,
        })
        return relation.accept(content(''))
      },
    })
    wire.deliver({ options: [observe] })
    wire.take()
    relation?.notify(content('first'), true)
    relation?.notify(content('waiting'), true)
    wire.deliverEmpty(acknowledgement, wire.takeOne().messageId)
    const waiting = wire.takeOne()
    expect(textOf(waiting)).toBe('waiting')
    wire.deliverEmpty(acknowledgement, waiting.messageId)
    expect(textOf(wire.takeOne())).toBe('newest')
    wire.peer.close()
  })

  test('never acknowledged: the relation ends', () => {
    const site = observed()
    const relation = site.register()
    relation.notify(content('a'), true)
    relation.notify(content('b'), true)
    site.take()
    site.clock.advanceSync(62_000)
    expect(site.events).toEqual(['0 timedOut'])
    expect(site.peer.busy).toBe(false)
    relation.notify(content('c'), true)
    site.clock.advanceSync(62_000)
    expect(site.take().map(textOf)).toEqual(['a', 'a', 'a', 'a'])
    expect(site.clock.pendingTimers).toBe(0)
  })

  test('rejected: the relation ends (RFC 7641 §3.6)', () => {
    const site = observed()
    const relation = site.register()
    site.take()
    relation.notify(content('a'), true)
    relation.notify(content('b'), true)
    site.deliverEmpty(reset, site.takeOne().messageId)
    expect(site.events).toEqual(['0 reset'])
    expect(site.take()).toEqual([])
    expect(site.clock.pendingTimers).toBe(0)
  })

  test('behind a queue that is full the relation ends instead of throwing', () => {
    const site = observed({ maximumQueued: 1 })
    const relations = [1, 2, 3].map(token => site.register(token))
    for (const relation of relations) relation.notify(content('a'), true)
    expect(site.events).toEqual(['2 timedOut'])
    site.peer.close()
    expect(site.events).toEqual(['2 timedOut', '0 closed', '1 closed'])
  })
})

describe('non-confirmable notifications', () => {
  test('a reset of the last one ends the relation', () => {
    const site = observed()
    const relation = site.register()
    site.take()
    for (const state of ['a', 'b']) relation.notify(content(state), false)
    const [, last] = site.take()
    site.deliverEmpty(reset, last?.messageId as number)
    expect(site.events).toEqual(['0 reset'])
    relation.notify(content('c'), false)
    expect(site.take()).toEqual([])
  })

  test('after the end a reset says nothing any more', () => {
    const site = observed()
    const relation = site.register()
    site.take()
    relation.notify(content('a'), false)
    relation.notify(notFound, false)
    for (const { messageId } of site.take()) site.deliverEmpty(reset, messageId)
    expect(site.events).toEqual(['0 cancelled'])
  })
})

describe('an error is the last notification (RFC 7641 §4.2)', () => {
  for (const reliable of [true, false]) {
    test(`${reliable ? 'confirmable' : 'non-confirmable'}: without Observe, then the relation is over`, () => {
      const site = observed()
      const relation = site.register()
      site.take()
      relation.notify(notFound, reliable)
      const last = site.takeOne()
      expect([last.type, last.code, sequenceOf(last)]).toEqual([
        reliable ? confirmable : nonConfirmable,
        Code.notFound,
        undefined,
      ])
      expect(site.events).toEqual(['0 cancelled'])
      expect(site.peer.busy).toBe(false)
      relation.notify(content('a'), false)
      expect(site.take()).toEqual([])
      site.clock.advanceSync(2_000)
      expect(site.take()).toHaveLength(reliable ? 1 : 0)
    })
  }

  test('while it waits nothing takes its place', () => {
    const site = observed()
    const relation = site.register()
    site.take()
    relation.notify(content('a'), true)
    relation.notify(notFound, true)
    relation.notify(content('b'), true)
    site.acknowledge(site.takeOne())
    expect(site.takeOne().code).toBe(Code.notFound)
    expect(site.events).toEqual(['0 cancelled'])
  })
})

test('the same token again replaces the relation; another one stands beside it', () => {
  const site = observed()
  const first = site.register(1)
  site.register(2)
  site.register(1)
  expect(site.events).toEqual(['0 replaced'])
  site.take()
  first.notify(content('a'), true)
  expect(site.take()).toEqual([])
})

test('ending it in flight stops the retransmission, silently', () => {
  const site = observed()
  const relation = site.register()
  site.take()
  relation.notify(content('a'), true)
  relation.end('cancelled')
  relation.end('cancelled')
  site.take()
  site.clock.advanceSync(100_000)
  expect(site.take()).toEqual([])
  expect(site.events).toEqual(['0 cancelled'])
  expect(site.clock.pendingTimers).toBe(0)
})

test('a handler that fails after all leaves no relation', async () => {
  const events: string[] = []
  const wire = coapWire({
    handler: async asked => {
      asked.observe({ ended: reason => events.push(reason) })
      if (asked.message.code === Code.fetch) return notFound
      throw new Error('a fault')
    },
  })
  wire.deliver({ options: [observe] })
  wire.deliver({ options: [observe], code: Code.fetch, messageId: 2, token: Buffer.from([2]) })
  expect(wire.peer.busy).toBe(true)
  await wire.clock.advance(0)
  expect(wire.take().map(({ code }) => code)).toEqual([Code.internalServerError, Code.notFound])
  expect(events).toEqual(['cancelled', 'cancelled'])
  expect(wire.peer.busy).toBe(false)
})

test('a notification larger than a block is fetched whole by the observer (RFC 7959 §2.6)', async () => {
  let relation: ObserveRelation | undefined
  let state = patternBytes(500, 1)
  const site = await coapSite({
    parameters: { blockBytes: 64 },
    serverHandler: asked => {
      if (findUint(asked.message, OptionNumber.observe) !== 0) return content(state)
      relation = asked.observe({ ended: () => undefined })
      return relation.accept(content(state))
    },
  })
  const states: Uint8Array[] = []
  const { response } = site.client.observe(get('large'), {
    notification: ({ payload }) => states.push(payload),
    ended: () => undefined,
  })
  expect(Buffer.compare((await site.clock.until(response)).payload, state)).toBe(0)
  for (const salt of [2, 3]) {
    state = patternBytes(500, salt)
    relation?.notify(content(state), salt === 2)
    await site.clock.advance(1_000)
  }
  expect(states.map(received => Buffer.compare(received, patternBytes(500, states.indexOf(received) + 2)))).toEqual([
    0, 0,
  ])
  await site.close()
  expect(site.clock.pendingTimers).toBe(0)
})
