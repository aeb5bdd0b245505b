import { expect, test } from 'vitest'
import type { AccountInput } from '../../machines/account-context.ts'
import { accountId } from '../../machines/client-context.ts'
import {
  acceptUpdate,
  answerRegister,
  cause,
  connect,
  createClient,
  location,
  report,
  type Site,
} from '../helpers/account-actor.ts'

const account = (shortServerId: number, lifetimeSeconds = 300): AccountInput => ({ shortServerId, lifetimeSeconds })

function startedClient(...accounts: AccountInput[]) {
  const { site, actor } = createClient()
  actor.send({ type: 'start', accounts })
  return { site, actor }
}

function registeredClient() {
  const { site, actor } = startedClient(account(1), account(2))
  answerRegister(site, 1)
  answerRegister(site, 2)
  site.take()
  return { site, actor }
}

function deregister(site: Site, ...shortServerIds: number[]): void {
  for (const id of shortServerIds) site.effect('deregister', id).report({ type: 'deregister.done' })
}

test('start runs one actor an account, each by its own', () => {
  const { site, actor } = startedClient(account(1, 60), account(2, 90))
  expect(actor.getSnapshot().matches('serving')).toBe(true)
  expect(Object.keys(actor.getSnapshot().children)).toEqual([accountId(1), accountId(2)])
  answerRegister(site, 2)
  report(site, 'connection', { type: 'connect.failed', cause }, 1)
  expect(site.take()).toMatchObject([
    { type: 'REGISTRATION_COMPLETE', shortServerId: 2, lifetimeSeconds: 90 },
    { type: 'CONNECT_FAILURE', shortServerId: 1 },
  ])
})

test('start without accounts is a NETWORK_ERROR, and the client can be started again', () => {
  const { site, actor } = startedClient()
  expect(site.take()).toEqual([{ type: 'NETWORK_ERROR' }])
  expect(actor.getSnapshot().matches('networkError')).toBe(true)
  actor.send({ type: 'start', accounts: [account(1)] })
  expect(actor.getSnapshot().matches('serving')).toBe(true)
})

test('a second start while serving changes nothing', () => {
  const { site, actor } = registeredClient()
  const before = actor.getSnapshot()
  actor.send({ type: 'start', accounts: [account(3)] })
  expect(actor.getSnapshot().context).toBe(before.context)
  expect(site.started.filter(({ name }) => name === 'connection')).toHaveLength(2)
})

test('of two accounts with one Short Server ID the last counts, and none is left over after stop', () => {
  const { site, actor } = startedClient(account(1, 60), account(1, 90))
  expect(site.runningNames).toEqual(['connection'])
  actor.send({ type: 'stop' })
  expect(site.running.size).toBe(0)
  expect(actor.getSnapshot().value).toBe('stopped')
})

test('changed instances and an Update for all go to every account', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'instances.changed' })
  actor.send({ type: 'update.requested' })
  site.clock.advanceSync(100)
  expect(site.inputs('update')).toEqual([
    { shortServerId: 1, location, version: '1.2', includeLinks: true },
    { shortServerId: 2, location, version: '1.2', includeLinks: true },
  ])
})

test('an Update for one server and a changed lifetime go to that account only', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'update.requested', shortServerId: 2 })
  actor.send({ type: 'lifetime.changed', shortServerId: 1, lifetimeSeconds: 60 })
  actor.send({ type: 'lifetime.changed', shortServerId: 7, lifetimeSeconds: 60 })
  site.clock.advanceSync(100)
  expect(site.inputs('update')).toEqual([
    { shortServerId: 2, location, version: '1.2', includeLinks: false },
    { shortServerId: 1, location, version: '1.2', lifetimeSeconds: 60, includeLinks: false },
  ])
})

test('stop waits until every account is done, and leaves nothing behind', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'stop' })
  deregister(site, 1)
  expect(actor.getSnapshot()).toMatchObject({ value: 'stopping', context: { running: [2] } })
  actor.send({ type: 'stop' })
  deregister(site, 2)
  expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', status: 'active' })
  expect(Object.keys(actor.getSnapshot().children)).toEqual([])
  expect(site.take()).toEqual([
    { type: 'DEREGISTER', shortServerId: 1 },
    { type: 'DEREGISTER', shortServerId: 2 },
    { type: 'DISCONNECT', shortServerId: 1 },
    { type: 'DISCONNECT', shortServerId: 2 },
  ])
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
})

test('the same actor starts again after a stop', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'stop' })
  deregister(site, 1, 2)
  site.take()
  actor.send({ type: 'start', accounts: [account(1, 120)] })
  answerRegister(site)
  expect(site.take()).toMatchObject([{ type: 'REGISTRATION_COMPLETE', shortServerId: 1, lifetimeSeconds: 120 }])
})

test('a start in answer to DISCONNECT runs once all accounts are done', () => {
  const { site, actor } = registeredClient()
  site.onEvent = ({ type }) => {
    if (type === 'DISCONNECT') actor.send({ type: 'start', accounts: [account(3)] })
  }
  actor.send({ type: 'stop' })
  deregister(site, 1)
  expect(actor.getSnapshot().value).toBe('stopping')
  deregister(site, 2)
  expect(actor.getSnapshot()).toMatchObject({ value: { serving: 'going' }, context: { running: [3] } })
  expect(site.runningNames).toEqual(['connection'])
})

test('a stop after such a start is the last word', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'stop' })
  actor.send({ type: 'start', accounts: [account(3)] })
  actor.send({ type: 'stop' })
  deregister(site, 1, 2)
  expect(actor.getSnapshot().value).toBe('stopped')
})

test('stop before any answer ends at once', () => {
  const { site, actor } = startedClient(account(1), account(2))
  actor.send({ type: 'stop' })
  expect(actor.getSnapshot().value).toBe('stopped')
  expect(site.takeTypes()).toEqual(['DISCONNECT', 'DISCONNECT'])
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
})

test('stop without any account disconnects all the same', () => {
  const { site, actor } = startedClient()
  site.take()
  actor.send({ type: 'stop' })
  expect(site.take()).toEqual([{ type: 'DISCONNECT' }])
  actor.send({ type: 'stop' })
  expect(site.take()).toEqual([])
})

test('an account that has no way to its server delays the stop by five seconds at most', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'reconnect', shortServerId: 1 })
  actor.send({ type: 'stop' })
  deregister(site, 2)
  site.clock.advanceSync(5000)
  expect(actor.getSnapshot().value).toBe('stopped')
  expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT', 'DISCONNECT'])
})

test('a disable while stopping does not keep the client from stopping', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'stop' })
  actor.send({ type: 'disable', shortServerId: 1 })
  actor.send({ type: 'suspend' })
  deregister(site, 1, 2)
  expect(actor.getSnapshot().value).toBe('stopped')
  expect(site.takeTypes()).toEqual(['DEREGISTER', 'DEREGISTER', 'DISCONNECT', 'DISCONNECT'])
})

test('suspend and resume: nothing runs meanwhile, and each account updates', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'suspend' })
  actor.send({ type: 'suspend' })
  expect(site.takeTypes()).toEqual(['ENGINE_SUSPENDED'])
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
  actor.send({ type: 'resume' })
  connect(site, 1)
  connect(site, 2)
  site.clock.advanceSync(100)
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REG_UPDATE'])
})

test('suspend and stop: a DISCONNECT for each, without a De-register', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'suspend' })
  actor.send({ type: 'stop' })
  expect(site.takeTypes()).toEqual(['ENGINE_SUSPENDED', 'DISCONNECT', 'DISCONNECT'])
  expect(actor.getSnapshot().value).toBe('stopped')
})

test('offline keeps registrations and sends nothing', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'offline.enter' })
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
  actor.send({ type: 'instances.changed' })
  actor.send({ type: 'reconnect' })
  expect(site.running.size).toBe(0)
  actor.send({ type: 'offline.exit' })
  connect(site, 1)
  site.clock.advanceSync(100)
  acceptUpdate(site)
  expect(site.take()).toMatchObject([{ type: 'REG_UPDATE', includeLinks: true }, { type: 'REG_UPDATE_COMPLETE' }])
})

test('offline and suspended are independent of each other', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'offline.enter' })
  actor.send({ type: 'suspend' })
  actor.send({ type: 'resume' })
  expect(actor.getSnapshot().value).toBe('offline')
  actor.send({ type: 'suspend' })
  actor.send({ type: 'offline.exit' })
  expect(site.running.size).toBe(0)
  actor.send({ type: 'offline.enter' })
  actor.send({ type: 'offline.exit' })
  actor.send({ type: 'resume' })
  expect(site.runningNames).toEqual(['connection', 'connection'])
})

test('offline entered before start counts, and a stop while offline stops', () => {
  const { site, actor } = createClient()
  actor.send({ type: 'offline.enter' })
  actor.send({ type: 'start', accounts: [account(1)] })
  expect(site.running.size).toBe(0)
  actor.send({ type: 'stop' })
  expect(actor.getSnapshot().value).toBe('stopped')
  expect(site.take()).toEqual([{ type: 'DISCONNECT' }])
  actor.send({ type: 'offline.exit' })
  actor.send({ type: 'start', accounts: [account(1)] })
  expect(site.runningNames).toEqual(['connection'])
})

const limited = { initialDelaySeconds: 1, maximumDelaySeconds: 1, attempts: 1 }

test('NETWORK_ERROR comes when the last account has given up, and leaves nothing behind', () => {
  const { site, actor } = startedClient({ ...account(1), retry: limited }, { ...account(2), retry: limited })
  report(site, 'connection', { type: 'connect.failed', cause }, 1)
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE'])
  report(site, 'connection', { type: 'connect.failed', cause }, 2)
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE', 'NETWORK_ERROR'])
  expect(actor.getSnapshot().matches('networkError')).toBe(true)
  expect(actor.getSnapshot().children).toEqual({})
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
})

test('an account that tries again has not given up', () => {
  const { site, actor } = startedClient({ ...account(1), retry: limited }, { ...account(2), retry: limited })
  report(site, 'connection', { type: 'connect.failed', cause }, 1)
  actor.send({ type: 'reconnect', shortServerId: 1 })
  report(site, 'connection', { type: 'connect.failed', cause }, 2)
  expect(actor.getSnapshot().matches('serving')).toBe(true)
  answerRegister(site, 1)
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE', 'CONNECT_FAILURE', 'REGISTRATION_COMPLETE'])
})

test('restartAfterSeconds starts the client again by itself, with what was changed meanwhile', () => {
  const { site, actor } = createClient()
  actor.send({ type: 'start', accounts: [{ ...account(1), retry: limited }], restartAfterSeconds: 60 })
  actor.send({ type: 'lifetime.changed', shortServerId: 1, lifetimeSeconds: 77 })
  report(site, 'connection', { type: 'connect.failed', cause })
  actor.send({ type: 'binding.changed', shortServerId: 1, binding: 'UT' })
  site.clock.advanceSync(59_999)
  expect(site.running.size).toBe(0)
  site.clock.advanceSync(1)
  connect(site)
  expect(site.effect('register').input).toMatchObject({ lifetimeSeconds: 77, binding: 'UT' })
})

test('a restart waits a second at least, is made now by reconnect, and not at all while suspended', () => {
  const { site, actor } = createClient()
  actor.send({ type: 'start', accounts: [{ ...account(1), retry: limited }], restartAfterSeconds: 0 })
  report(site, 'connection', { type: 'connect.failed', cause })
  site.clock.advanceSync(999)
  expect(site.running.size).toBe(0)
  actor.send({ type: 'reconnect' })
  report(site, 'connection', { type: 'connect.failed', cause })
  actor.send({ type: 'suspend' })
  site.clock.advanceSync(60_000)
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
  actor.send({ type: 'resume' })
  expect(site.runningNames).toEqual(['connection'])
})

test('without restartAfterSeconds a suspend or a reconnect after NETWORK_ERROR changes nothing', () => {
  const { site, actor } = startedClient()
  actor.send({ type: 'suspend' })
  actor.send({ type: 'reconnect' })
  site.clock.advanceSync(60_000)
  expect(actor.getSnapshot().matches('networkError')).toBe(true)
  expect(site.takeTypes()).toEqual(['NETWORK_ERROR'])
})

test('an account that comes while the client runs registers, one that goes de-registers', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'accounts.changed', accounts: [account(2), account(3)] })
  answerRegister(site, 3)
  deregister(site, 1)
  expect(site.take()).toMatchObject([
    { type: 'DEREGISTER', shortServerId: 1 },
    { type: 'REGISTRATION_COMPLETE', shortServerId: 3 },
    { type: 'DISCONNECT', shortServerId: 1 },
  ])
  expect(Object.keys(actor.getSnapshot().children)).toEqual([accountId(2), accountId(3)])
})

test('an account that comes back before it has gone registers after that', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'accounts.changed', accounts: [account(2)] })
  actor.send({ type: 'accounts.changed', accounts: [account(1), account(2)] })
  deregister(site, 1)
  answerRegister(site, 1)
  expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT', 'REGISTRATION_COMPLETE'])
})

test('accounts that come and go while the client is suspended', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'suspend' })
  actor.send({ type: 'accounts.changed', accounts: [account(2), account(3)] })
  expect(site.running.size).toBe(0)
  actor.send({ type: 'resume' })
  expect(site.takeTypes()).toEqual(['ENGINE_SUSPENDED', 'DISCONNECT'])
  expect([...site.running].map(({ input }) => input.shortServerId)).toEqual([2, 3])
})

test('when the last account has gone nothing is left to serve', () => {
  const { site, actor } = startedClient(account(1))
  answerRegister(site)
  actor.send({ type: 'accounts.changed', accounts: [] })
  deregister(site, 1)
  expect(site.takeTypes()).toEqual(['REGISTRATION_COMPLETE', 'DEREGISTER', 'DISCONNECT', 'NETWORK_ERROR'])
  expect(actor.getSnapshot().matches('networkError')).toBe(true)
})

test('disable and enable go to one account only', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'disable', shortServerId: 1, untilMs: 60_000 })
  site.clock.advanceSync(100)
  deregister(site, 1)
  expect(site.take()).toEqual([{ type: 'SERVER_DISABLED', shortServerId: 1, untilMs: 60_000 }])
  expect(site.runningNames).toEqual(['connection', 'timer', 'timer'])
  actor.send({ type: 'enable', shortServerId: 1 })
  answerRegister(site, 1)
  expect(site.takeTypes()).toEqual(['REGISTRATION_COMPLETE'])
})
