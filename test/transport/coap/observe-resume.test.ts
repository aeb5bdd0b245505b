import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MessageType } from '../../../transport/coap/message.ts'
import { afterRestart, type ObserveRelation, type SavedRelation } from '../../../transport/coap/observe-relation.ts'
import { findUint, OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import { CoapPeer } from '../../../transport/coap/peer.ts'
import { coapSite, content, get, notFound, patternBytes } from '../../helpers/coap-site.ts'
import { coapWire, codeOf } from '../../helpers/coap-wire.ts'

const observe = uintOption(OptionNumber.observe, 0)
const textOf = ({ payload }: { payload: Uint8Array }) => Buffer.from(payload).toString()
const sequenceOf = (message: Parameters<typeof findUint>[0]) => findUint(message, OptionNumber.observe)
const silent = { ended: () => undefined }

/** A relation, and the wire it runs over. */
function related() {
  const relations: ObserveRelation[] = []
  const ends: string[] = []
  const wire = coapWire({
    handler: asked => {
      const relation = asked.observe({ ended: reason => ends.push(reason) })
      relations.push(relation)
      return relation.accept(content(''))
    },
  })
  wire.deliver({ options: [observe], token: Buffer.from([7, 8]) })
  wire.take()
  return { wire, relation: relations[0] as ObserveRelation, ends }
}

function resumed(saved: SavedRelation) {
  const wire = coapWire()
  return { wire, relation: wire.peer.resumeObservation(saved, silent) }
}

describe('a relation on another connection', () => {
  test('sends nothing at first, then under its token with the next number', () => {
    const { wire, relation, ends } = related()
    relation.notify(content('a'), false)
    wire.peer.close()
    expect(ends).toEqual(['closed'])
    const next = resumed(relation.save())
    expect(next.wire.take()).toEqual([])
    expect(next.wire.peer.busy).toBe(true)
    next.relation.notify(content('b'), false)
    const sent = next.wire.takeOne()
    expect([textOf(sent), sequenceOf(sent), [...sent.token]]).toEqual(['b', 2, [7, 8]])
  })

  test('the former one is silent for good', () => {
    const { wire, relation } = related()
    wire.peer.close()
    wire.take()
    relation.notify(content('a'), true)
    expect(wire.take()).toEqual([])
    expect(wire.clock.pendingTimers).toBe(0)
  })

  test('ends by a reset like any other', () => {
    const { wire, relation } = related()
    wire.peer.close()
    const ends: string[] = []
    const next = coapWire()
    const going = next.peer.resumeObservation(relation.save(), { ended: reason => ends.push(reason) })
    going.notify(content('a'), false)
    next.deliverEmpty(MessageType.reset, next.takeOne().messageId)
    expect(ends).toEqual(['reset'])
    expect(next.peer.busy).toBe(false)
  })

  test('takes the place of one with its token', () => {
    const { wire, relation, ends } = related()
    wire.peer.resumeObservation(relation.save(), silent)
    expect(ends).toEqual(['replaced'])
  })

  test('cannot be resumed on a closed peer', async () => {
    const { wire, relation } = related()
    wire.peer.close()
    const resume = async () => wire.peer.resumeObservation(relation.save(), silent)
    expect(await codeOf(resume())).toBe('CLOSED')
  })
})

test('an observer that knows the client by its address hears it over a new connection, large states whole', async () => {
  let relation: ObserveRelation | undefined
  let state = patternBytes(500, 1)
  const handler: typeof notFound = asked => {
    if (findUint(asked.message, OptionNumber.observe) !== 0) return content(state)
    relation = asked.observe(silent)
    return relation.accept(content(state))
  }
  const site = await coapSite({ parameters: { blockBytes: 64 }, clientHandler: handler })
  const received: Uint8Array[] = []
  const { response } = site.serverPeer.observe(get('large'), {
    notification: ({ payload }) => received.push(payload),
    ended: () => undefined,
  })
  await site.clock.until(response)
  const { port } = site.connection.local
  site.client.close()

  const connection = await site.network.connect(site.server.local, { localPort: port })
  const { clock, random } = site
  const client = new CoapPeer(connection, { clock, random, handler, parameters: { blockBytes: 64 } })
  relation = client.resumeObservation((relation as ObserveRelation).save(), silent)
  state = patternBytes(500, 2)
  relation.notify(content(state), false)
  await clock.advance(2_000)
  expect(received.map(payload => Buffer.compare(payload, state))).toEqual([0])
  client.close()
  await site.close()
})

describe('after a restart of the process (RFC 7641 §3.4)', () => {
  const saved = (sequence: number): SavedRelation => ({ request: get('a'), token: Buffer.from([1]), sequence })
  const isNewer = (earlier: number, later: number) =>
    (earlier < later && later - earlier < 2 ** 23) || (earlier > later && earlier - later > 2 ** 23)
  const number = fc.integer({ min: 0, max: 2 ** 24 - 1 })

  test('numbers count as newer than those sent since it was saved', () => {
    const sent = fc.integer({ min: 0, max: 2 ** 21 - 1 })
    fc.assert(
      fc.property(number, sent, (sequence, count) => {
        const last = (sequence + count - 1 + 2 ** 24) % 2 ** 24
        expect(isNewer(last, afterRestart(saved(sequence)).sequence)).toBe(true)
      }),
      {
        seed: 1,
        examples: [
          [0, 2 ** 21 - 1],
          [2 ** 24 - 1, 2 ** 21 - 1],
          [0, 0],
        ],
      },
    )
  })

  test('and so they do after three restarts without a notification between', () => {
    fc.assert(
      fc.property(number, sequence => {
        const third = [1, 2, 3].reduce(relation => afterRestart(relation), saved(sequence))
        expect(third.sequence).toBeLessThan(2 ** 24)
        expect(isNewer((sequence - 1 + 2 ** 24) % 2 ** 24, third.sequence)).toBe(true)
      }),
      { seed: 1, examples: [[0], [2 ** 24 - 1]] },
    )
  })
})
