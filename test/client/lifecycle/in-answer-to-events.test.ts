import { expect, test, vi } from 'vitest'
import type { ClientEvent } from '../../../machines/events.ts'
import { Code } from '../../../transport/coap/message.ts'
import { type ClientSite, errorResponse } from '../../helpers/client-site.ts'
import { bootstrapScenario, cutNetwork, registeredScenario, scenario } from '../../helpers/scenario.ts'
import { unreachable } from '../../helpers/transport.ts'

const once = { initialDelaySeconds: 2, maximumDelaySeconds: 60, attempts: 1 }

/** Does something from within the subscriber, the first time that this is told. */
function inAnswerTo({ client }: ClientSite, type: ClientEvent['type'], command: () => void): void {
  let done = false
  client.events$.subscribe(event => {
    if (done || event.type !== type) return
    done = true
    command()
  })
}

test('NETWORK_ERROR: start begins anew', async () => {
  const site = await scenario({ client: { retry: once }, answer: () => errorResponse(Code.forbidden) })
  inAnswerTo(site, 'NETWORK_ERROR', () => {
    site.script.answer = undefined
    site.client.start()
  })
  site.client.start()
  await site.clock.advance(1_000)
  expect(site.eventTypes).toEqual(['REGISTRATION_FAILURE', 'NETWORK_ERROR', 'REGISTRATION_COMPLETE'])
})

test('a fatal BOOTSTRAP_REG_FAILURE: start begins anew', async () => {
  const { site, bootstrap } = await bootstrapScenario({ client: { bootstrapRetry: once } })
  bootstrap.script.answer = () => errorResponse(Code.badRequest)
  inAnswerTo(site, 'BOOTSTRAP_REG_FAILURE', () => {
    bootstrap.script.answer = undefined
    site.client.start()
  })
  site.client.start()
  await site.clock.advance(10_000)
  expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
})

test('DISCONNECT of a client that had no account: start begins anew', async () => {
  const { site } = await bootstrapScenario()
  inAnswerTo(site, 'DISCONNECT', () => site.client.start())
  site.client.start()
  await site.client.stop()
  await site.clock.advance(10_000)
  expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
})

test('ENGINE_SUSPENDED: resume goes on', async () => {
  const site = await registeredScenario()
  inAnswerTo(site, 'ENGINE_SUSPENDED', () => site.client.resume())
  site.client.suspend()
  await site.clock.advance(1_000)
  expect(site.eventTypes.at(-1)).toBe('REG_UPDATE_COMPLETE')
})

test('SERVER_DISABLED: what stop promises comes after the De-register', async () => {
  const site = await registeredScenario()
  let stopped: Promise<void> | undefined
  inAnswerTo(site, 'SERVER_DISABLED', () => {
    stopped = site.client.stop()
  })
  site.client.disable(7)
  await site.clock.advance(0)
  await site.clock.until(stopped ?? Promise.reject(new Error('it was not told')))
  expect(site.eventTypes.at(-1)).toBe('DISCONNECT')
})

test('SERVER_DISABLED: suspend leaves no timer', async () => {
  const site = await registeredScenario()
  await site.observe('/3303/0/5700')
  inAnswerTo(site, 'SERVER_DISABLED', () => site.client.suspend())
  site.client.objects.set('/1/0/3', 60)
  site.client.disable(7)
  await site.clock.advance(1_000)
  // What is left of timers is the client's, once the server is gone.
  await site.closeServer()
  site.network.clear()
  expect(site.clock.pendingTimers).toBe(0)
})

test('a subscriber runs outside of the statecharts', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  try {
    const site = await scenario()
    const heal = cutNetwork(site)
    inAnswerTo(site, unreachable.type, () => {
      heal()
      site.client.reconnect()
    })
    await site.register()
    expect(warn).not.toHaveBeenCalled()
  } finally {
    warn.mockRestore()
  }
})
