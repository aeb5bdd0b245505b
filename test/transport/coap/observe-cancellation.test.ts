import { expect, test } from 'vitest'
import type { CoapMessage } from '../../../transport/coap/message.ts'
import type { ObserveRelation } from '../../../transport/coap/observe-relation.ts'
import { findUint, OptionNumber } from '../../../transport/coap/options.ts'
import type { PeerRequest } from '../../../transport/coap/peer.ts'
import { coapSite, content, get } from '../../helpers/coap-site.ts'

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
