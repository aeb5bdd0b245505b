import { expect, test } from 'vitest'
import { Code, formatCode } from '../../../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../../../transport/coap/options.ts'
import type { PeerRequest } from '../../../transport/coap/peer.ts'
import { TransportError } from '../../../transport/errors.ts'
import { coapSite, content, get, patternBytes, request } from '../../helpers/coap-site.ts'

const conditions = { loss: 0.3, duplication: 0.3, delayMs: [10, 3_000] as const }
const seeds = 200
const bodyBytes = 5_000

const timeouts = new Set(['TIMEOUT', 'NO_RESPONSE'])

/** Either the right result, or an error that says that it did not get through. */
async function outcomeOf<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (error instanceof TransportError && timeouts.has(error.code)) return undefined
    throw error
  }
}

test(`30 % loss, duplication and reordering, ${seeds} seeds: the right result or a typed timeout, and nothing left over`, async () => {
  const tally = { right: 0, timedOut: 0, notifications: 0 }
  for (let seed = 1; seed <= seeds; seed++) await simulate(seed, tally)
  // Most exchanges must get through: at 30 % loss a confirmable exchange fails in about 1 of 30.
  expect(tally.right).toBeGreaterThan(seeds * 8)
  expect(tally.notifications).toBeGreaterThan(seeds)
})

async function simulate(seed: number, tally: { right: number; timedOut: number; notifications: number }) {
  const executed = new Map<string, number>()
  const serve = ({ message, observe }: PeerRequest) => {
    const [name = '', id = ''] = findStrings(message, OptionNumber.uriPath)
    switch (name) {
      case 'echo':
        return content(message.payload)
      case 'count':
        executed.set(id, (executed.get(id) ?? 0) + 1)
        return { ...content(id), code: Code.changed }
      case 'slow':
        return new Promise<ReturnType<typeof content>>(resolve => {
          site.clock.setTimeout(() => resolve(content(`slow ${id}`)), 10_000)
        })
      case 'large':
        return content(patternBytes(bodyBytes, seed))
      case 'observed': {
        const relation = observe({ ended: () => undefined })
        for (let state = 1; state <= 5; state++) {
          site.clock.setTimeout(() => relation.notify(content(`state ${state}`), true), state * 20_000)
        }
        return relation.accept(content('state 0'))
      }
      default:
        return { ...content(''), code: Code.notFound }
    }
  }
  const site = await coapSite({
    seed,
    conditions,
    parameters: { nstart: 4, blockBytes: 256 },
    serverHandler: serve,
    clientHandler: serve,
  })
  const { client, clock } = site
  const check = async (response: Promise<{ code: number; payload: Uint8Array }>, code: number, payload: Uint8Array) => {
    const outcome = await outcomeOf(response)
    if (outcome === undefined) {
      tally.timedOut++
      return
    }
    expect({ seed, code: formatCode(outcome.code), same: Buffer.compare(outcome.payload, payload) }).toEqual({
      seed,
      code: formatCode(code),
      same: 0,
    })
    tally.right++
  }
  const body = patternBytes(bodyBytes, seed + 1)
  const states: number[] = []
  const observation = client.observe(get('observed'), {
    notification: ({ payload }) => {
      states.push(Number(Buffer.from(payload).toString().split(' ')[1]))
      tally.notifications++
    },
    ended: () => undefined,
  })
  const exchanges = [
    outcomeOf(observation.response),
    check(client.request(get('large')).response, Code.content, patternBytes(bodyBytes, seed)),
    check(client.request(request(Code.put, 'echo', body)).response, Code.content, body),
    check(client.request(get('slow/1')).response, Code.content, Buffer.from('slow 1')),
    check(client.request(get('missing')).response, Code.notFound, Buffer.alloc(0)),
    check(client.request(request(Code.post, 'count/non'), false).response, Code.changed, Buffer.from('non')),
  ]
  for (let index = 0; index < 6; index++) {
    const id = String(index)
    exchanges.push(check(client.request(request(Code.post, `count/${id}`)).response, Code.changed, Buffer.from(id)))
  }
  await clock.advance(30_000)
  exchanges.push(check(site.serverPeer.request(get('slow/2')).response, Code.content, Buffer.from('slow 2')))
  await clock.until(Promise.all(exchanges))
  await clock.advance(400_000)
  // RFC 7252 §4.5: a duplicate is not executed again.
  for (const [id, times] of executed) expect({ seed, id, times }).toEqual({ seed, id, times: 1 })
  // RFC 7641 §3.4: never an older state after a newer one.
  expect(states).toEqual([...states].sort((a, b) => a - b))
  observation.cancel()
  await site.close()
  expect(site.handlerErrors).toEqual([])
  expect({ seed, timers: clock.pendingTimers }).toEqual({ seed, timers: 0 })
}
