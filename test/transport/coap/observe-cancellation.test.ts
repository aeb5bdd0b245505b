import { expect, test } from 'vitest'
import { type CoapMessage, Code } from '../../../transport/coap/message.ts'
import type { ObserveRelation } from '../../../transport/coap/observe-relation.ts'
import { findUint, OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import type { PeerRequest } from '../../../transport/coap/peer.ts'
import { coapSite, content, get } from '../../helpers/coap-site.ts'
import { coapWire, codeOf } from '../../helpers/coap-wire.ts'

/** A resource that ends its observation on Observe 1 with the token of the observation only, as RFC 7641 §3.6 has it. */
async function observedSite() {
  const notifications: string[] = []
  let relation: ObserveRelation | undefined
  const ended: string[] = []
  const serverHandler = (request: PeerRequest): CoapMessage => {
    // The peer ends an earlier relation with the same token by itself.
    const next = request.observe({ ended: reason => ended.push(reason) })
    if (findUint(request.message, OptionNumber.observe) === 0) {
      relation = next
      return next.accept(content('first'))
    }
    next.end('cancelled')
    return content('no longer observed')
  }
  const site = await coapSite({ serverHandler })
  const observation = site.client.observe(get('/observed'), {
    notification: message => notifications.push(Buffer.from(message.payload).toString()),
    ended: reason => {
      throw new Error('ended', { cause: reason })
    },
  })
  await site.clock.until(observation.response)
  return { site, observation, notifications, ended, notify: (text: string) => relation?.notify(content(text), true) }
}

test('a deregistration carries the token of its observation', async () => {
  const { site, observation, notifications, ended, notify } = await observedSite()
  const { clock, client } = site
  notify('second')
  await clock.advance(10)
  expect(notifications).toEqual(['second'])
  const answer = await clock.until(observation.deregister())
  expect(Buffer.from(answer.payload).toString()).toBe('no longer observed')
  expect(ended).toEqual(['replaced', 'cancelled'])
  expect(client.busy).toBe(false)
  await site.close()
})

test('a notification that crosses the deregistration is not taken for its answer', async () => {
  const { site, observation, notifications, notify } = await observedSite()
  const { clock, network, client } = site
  network.conditions = { ...network.conditions, delayMs: [100, 100] }
  notify('crossing')
  const answer = await clock.until(observation.deregister())
  expect(Buffer.from(answer.payload).toString()).toBe('no longer observed')
  expect(notifications).toEqual([])
  expect(client.busy).toBe(false)
  await site.close()
})

test('a deregistration that nobody answers times out', async () => {
  const { site, observation } = await observedSite()
  const { clock, network, client } = site
  network.conditions = { ...network.conditions, loss: 1 }
  await expect(clock.until(observation.deregister())).rejects.toMatchObject({ code: 'TIMEOUT' })
  expect(client.busy).toBe(false)
  await site.close()
})

test('one who goes on notifying instead of answering: NO_RESPONSE after a few tries', async () => {
  const wire = coapWire()
  const observation = wire.peer.observe(get('observed'), { notification: () => undefined, ended: () => undefined })
  const { token, ...asked } = wire.takeOne()
  const notification = { code: Code.content, token, options: [uintOption(OptionNumber.observe, 1)] }
  wire.answer({ ...asked, token }, { options: notification.options })
  await observation.response
  const outcome = codeOf(observation.deregister())
  let tries = 0
  for (; wire.peer.busy && tries < 20; tries++) wire.deliver({ ...notification, messageId: tries })
  expect(await outcome).toBe('NO_RESPONSE')
  expect(tries).toBe(4)
  expect(wire.clock.pendingTimers).toBe(0)
})

test('deregistering what never started: CANCELLED; after closing: CLOSED', async () => {
  const wire = coapWire({ parameters: { maximumQueued: 0 } })
  void codeOf(wire.peer.request(get('first')).response)
  const observation = wire.peer.observe(get('observed'), { notification: () => undefined, ended: () => undefined })
  expect(await codeOf(observation.response)).toBe('QUEUE_FULL')
  expect(await codeOf(observation.deregister())).toBe('CANCELLED')
  wire.peer.close()
  expect(await codeOf(observation.deregister())).toBe('CLOSED')
})
