import { expect, test } from 'vitest'
import type { AccountInput } from '../../machines/account.ts'
import { accountId } from '../../machines/client.machine.ts'
import { answerRegister, cause, createClient, location, type Site } from '../helpers/account-actor.ts'

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
  expect(actor.getSnapshot().value).toBe('serving')
  expect(Object.keys(actor.getSnapshot().children)).toEqual([accountId(1), accountId(2)])
  answerRegister(site, 2)
  site.effect('connection', 1).report({ type: 'connect.failed', cause })
  expect(site.take()).toMatchObject([
    { type: 'REGISTRATION_COMPLETE', shortServerId: 2, lifetimeSeconds: 90 },
    { type: 'CONNECT_FAILURE', shortServerId: 1 },
  ])
})

test('start without accounts is a NETWORK_ERROR, and the client can be started again', () => {
  const { site, actor } = startedClient()
  expect(site.take()).toEqual([{ type: 'NETWORK_ERROR' }])
  expect(actor.getSnapshot().value).toBe('stopped')
  actor.send({ type: 'start', accounts: [account(1)] })
  expect(actor.getSnapshot().value).toBe('serving')
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
    { shortServerId: 1, location, includeLinks: true },
    { shortServerId: 2, location, includeLinks: true },
  ])
})

test('an Update for one server and a changed lifetime go to that account only', () => {
  const { site, actor } = registeredClient()
  actor.send({ type: 'update.requested', shortServerId: 2 })
  actor.send({ type: 'lifetime.changed', shortServerId: 1, lifetimeSeconds: 60 })
  actor.send({ type: 'lifetime.changed', shortServerId: 7, lifetimeSeconds: 60 })
  site.clock.advanceSync(100)
  expect(site.inputs('update')).toEqual([
    { shortServerId: 2, location, includeLinks: false },
    { shortServerId: 1, location, lifetimeSeconds: 60, includeLinks: false },
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
  expect(actor.getSnapshot()).toMatchObject({ value: 'serving', context: { running: [3] } })
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
