import { describe, expect, test } from 'vitest'
import { blockOption, findBlock } from '../../../transport/coap/block.ts'
import {
  type CoapDatagram,
  type CoapMessage,
  type CoapOption,
  Code,
  MessageType,
} from '../../../transport/coap/message.ts'
import { findUint, OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import type { CoapParameters } from '../../../transport/coap/parameters.ts'
import { get } from '../../helpers/coap-site.ts'
import { coapWire, codeOf } from '../../helpers/coap-wire.ts'

const { acknowledgement, confirmable, nonConfirmable, reset } = MessageType
const observe = (sequence: number) => uintOption(OptionNumber.observe, sequence)
const block2 = (number: number, more: boolean) => blockOption(OptionNumber.block2, { number, more, bytes: 16 })
const eTag = (tag: string): CoapOption => ({ number: OptionNumber.eTag, value: Buffer.from(tag) })

/** A peer that observes; the test plays the observed one. */
function observing(parameters: Partial<CoapParameters> = {}) {
  const wire = coapWire({ parameters })
  const states: string[] = []
  const ends: unknown[] = []
  const pending = wire.peer.observe(get('observed'), {
    notification: ({ payload }) => states.push(Buffer.from(payload).toString()),
    ended: reason => ends.push(reason.code),
  })
  void codeOf(pending.response)
  const sent = wire.takeOne()
  let messageId = 1_000
  return {
    ...wire,
    pending,
    sent,
    states,
    ends,
    /** A notification, by default non-confirmable. */
    notify(text: string, options: CoapOption[], datagram: Partial<CoapDatagram> = {}) {
      wire.deliver({
        type: nonConfirmable,
        code: Code.content,
        messageId: messageId++,
        token: sent.token,
        options,
        payload: Buffer.from(text),
        ...datagram,
      })
    },
    establish(sequence = 0) {
      wire.answer(sent, { options: [observe(sequence)], payload: Buffer.from('first') })
    },
  }
}

test('the request asks with Observe 0; the first answer settles it, what follows goes to the listener', async () => {
  const site = observing()
  expect(findUint(site.sent, OptionNumber.observe)).toBe(0)
  site.establish()
  expect(Buffer.from((await site.pending.response).payload).toString()).toBe('first')
  site.notify('a', [observe(1)])
  site.notify('b', [observe(2)], { type: confirmable })
  expect(site.states).toEqual(['a', 'b'])
  expect(site.take().map(({ type, code }) => [type, code])).toEqual([[acknowledgement, Code.empty]])
  expect(site.peer.busy).toBe(true)
  expect(site.clock.pendingTimers).toBe(0)
})

describe('order (RFC 7641 §3.4)', () => {
  const cases: [name: string, first: number, sequence: number, laterMs: number, newer: boolean][] = [
    ['the next', 5, 6, 0, true],
    ['the same again', 5, 5, 0, false],
    ['an older one', 5, 4, 0, false],
    ['a step of 2^23 − 1', 0, 2 ** 23 - 1, 0, true],
    ['a step of 2^23', 0, 2 ** 23, 0, false],
    ['round the 24 bits', 2 ** 24 - 1, 0, 0, true],
    ['back round the 24 bits', 0, 2 ** 24 - 1, 0, false],
    ['an older number after 128 s', 5, 4, 128_000, false],
    ['an older number after more than 128 s', 5, 4, 128_001, true],
    ['the same number after more than 128 s', 5, 5, 128_001, true],
  ]
  for (const [name, first, sequence, laterMs, newer] of cases) {
    test(name, () => {
      const site = observing()
      site.establish(first)
      site.clock.advanceSync(laterMs)
      site.notify('a', [observe(sequence)])
      expect(site.states).toEqual(newer ? ['a'] : [])
      expect(site.take()).toEqual([])
    })
  }

  test('an older one is acknowledged all the same', () => {
    const site = observing()
    site.establish(5)
    site.notify('old', [observe(4)], { type: confirmable })
    expect(site.takeOne().type).toBe(acknowledgement)
    expect(site.states).toEqual([])
  })
})

describe('the end', () => {
  test('forgotten: the next notification is rejected, the listener hears nothing more (RFC 7641 §3.6)', async () => {
    for (const type of [confirmable, nonConfirmable]) {
      const site = observing()
      site.establish()
      await site.pending.response
      site.pending.cancel()
      site.notify('a', [observe(1)], { type })
      expect(site.takeOne().type).toBe(reset)
      expect([site.states, site.ends]).toEqual([[], []])
      expect(site.peer.busy).toBe(false)
    }
  })

  test('given up before the first answer: CANCELLED', async () => {
    const site = observing()
    site.pending.cancel()
    expect(await codeOf(site.pending.response)).toBe('CANCELLED')
    site.establish()
    expect(site.take()).toEqual([])
    expect(site.clock.pendingTimers).toBe(0)
  })

  test('an error is the last, and ends it (RFC 7641 §3.2)', async () => {
    const site = observing()
    site.establish()
    await site.pending.response
    site.notify('gone', [], { code: Code.notFound, type: confirmable })
    expect(site.takeOne().type).toBe(acknowledgement)
    expect(site.ends).toEqual([Code.notFound])
    site.notify('a', [observe(9)])
    expect(site.takeOne().type).toBe(reset)
    expect(site.states).toEqual([])
  })

  test('an answer without Observe establishes nothing', async () => {
    const site = observing()
    site.answer(site.sent, { payload: Buffer.from('only') })
    expect(Buffer.from((await site.pending.response).payload).toString()).toBe('only')
    expect(site.peer.busy).toBe(false)
    expect(site.ends).toEqual([])
  })

  test('a success without Observe after it was established ends it, and brings the state', async () => {
    const site = observing()
    site.establish()
    await site.pending.response
    site.notify('last', [])
    expect(site.ends).toEqual([Code.content])
    expect(site.peer.busy).toBe(false)
  })

  test('closing: CLOSED to the first answer, or to the listener', async () => {
    const early = observing()
    early.peer.close()
    expect(await codeOf(early.pending.response)).toBe('CLOSED')
    expect(early.ends).toEqual([])
    const late = observing()
    late.establish()
    await late.pending.response
    late.peer.close()
    expect(late.ends).toEqual(['CLOSED'])
    expect(late.clock.pendingTimers).toBe(0)
  })

  test('no answer: TIMEOUT, RESET, NO_RESPONSE', async () => {
    const silent = observing()
    await silent.clock.advance(93_000)
    expect(await codeOf(silent.pending.response)).toBe('TIMEOUT')
    const rejected = observing()
    rejected.deliverEmpty(reset, rejected.sent.messageId)
    expect(await codeOf(rejected.pending.response)).toBe('RESET')
    const waiting = observing()
    waiting.deliverEmpty(acknowledgement, waiting.sent.messageId)
    await waiting.clock.advance(247_000)
    expect(await codeOf(waiting.pending.response)).toBe('NO_RESPONSE')
    expect(silent.peer.busy || rejected.peer.busy || waiting.peer.busy).toBe(false)
  })
})

describe('notifications in blocks (RFC 7959 §2.6)', () => {
  const first16 = 'sixteen bytes 1 '

  function fetching() {
    const site = observing()
    site.establish()
    site.notify(
      first16,
      [observe(1), eTag('a'), block2(0, true)].sort((a, b) => a.number - b.number),
    )
    const asked = site.takeOne()
    return { ...site, asked }
  }

  test('the rest is fetched with a GET of its own, without Observe', () => {
    const site = fetching()
    expect(findUint(site.asked, OptionNumber.observe)).toBeUndefined()
    expect(findBlock(site.asked, OptionNumber.block2)).toMatchObject({ number: 1 })
    expect(Buffer.compare(site.asked.token, site.sent.token)).not.toBe(0)
    site.answer(site.asked, { options: [eTag('a'), block2(1, false)], payload: Buffer.from('rest') })
    expect(site.states).toEqual([`${first16}rest`])
  })

  test('a newer notification makes the rest of the older one pointless', () => {
    const site = fetching()
    site.notify('newer', [observe(2)])
    site.answer(site.asked, { options: [eTag('a'), block2(1, false)], payload: Buffer.from('rest') })
    expect(site.states).toEqual(['newer'])
    expect(site.clock.pendingTimers).toBe(0)
  })

  test('an error in the place of the rest is no notification; the observation goes on', () => {
    const site = fetching()
    site.answer(site.asked, { code: Code.requestEntityIncomplete })
    expect([site.states, site.ends]).toEqual([[], []])
    site.notify('next', [observe(2)])
    expect(site.states).toEqual(['next'])
  })

  test('the rest that never comes leaves the observation as it was', () => {
    const site = fetching()
    site.clock.advanceSync(93_000)
    expect([site.states, site.ends]).toEqual([[], []])
    site.notify('next', [observe(2)])
    expect(site.states).toEqual(['next'])
    expect(site.clock.pendingTimers).toBe(0)
  })

  test('forgotten while the rest is under way: nothing is told', () => {
    const site = fetching()
    site.pending.cancel()
    site.answer(site.asked, { options: [eTag('a'), block2(1, false)], payload: Buffer.from('rest') })
    expect([site.states, site.ends]).toEqual([[], []])
    expect(site.clock.pendingTimers).toBe(0)
  })

  const failures: [
    name: string,
    end: (site: ReturnType<typeof observing>, asked: CoapMessage) => void,
    code: unknown,
  ][] = [
    ['an error', (site, asked) => site.answer(asked as CoapDatagram, { code: Code.notFound }), 'fulfilled'],
    ['a reset', (site, asked) => site.deliverEmpty(reset, (asked as CoapDatagram).messageId), 'RESET'],
    [
      'a broken block',
      (site, asked) => site.answer(asked as CoapDatagram, { options: [block2(7, false)] }),
      'BLOCKWISE',
    ],
  ]
  for (const [name, end, code] of failures) {
    test(`${name} in the place of the rest of the first answer ends the observation`, async () => {
      const site = observing()
      site.answer(site.sent, { options: [observe(0), block2(0, true)], payload: Buffer.from(first16) })
      end(site, site.takeOne())
      expect(await codeOf(site.pending.response)).toBe(code)
      expect(site.peer.busy).toBe(false)
      expect(site.ends).toEqual([])
    })
  }
})
