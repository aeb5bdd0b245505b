import { expect, test } from 'vitest'
import type { AccountInput } from '../../machines/account-context.ts'
import type { BootstrapInput } from '../../machines/bootstrap-context.ts'
import type { ClientInput } from '../../machines/client-context.ts'
import { answerRegister, cause, connect, createClient, report, type Site } from '../helpers/account-actor.ts'

const retry = { initialDelaySeconds: 60, maximumDelaySeconds: 60, attempts: 1 }
const account = (shortServerId: number): AccountInput => ({ shortServerId, lifetimeSeconds: 300, retry })
const bootstrapAccounts = [{ securityInstanceId: 7, holdOffSeconds: 0 }] as const
const bootstrap: BootstrapInput = { accounts: bootstrapAccounts, retry }

function startedClient(input: Partial<ClientInput> = {}) {
  const { site, actor } = createClient()
  actor.send({ type: 'start', accounts: [], bootstrap, ...input })
  return { site, actor }
}

function registeredClient(...accounts: AccountInput[]) {
  const { site, actor } = startedClient({ accounts })
  for (const { shortServerId } of accounts) answerRegister(site, shortServerId)
  site.take()
  return { site, actor }
}

function request(site: Site): void {
  report(site, 'bootstrapConnection', { type: 'connect.succeeded', atMs: site.clock.now() })
  site.clock.advanceSync(0)
}

function finish(site: Site, ...accounts: AccountInput[]): void {
  request(site)
  report(site, 'bootstrapRequest', { type: 'bootstrap.accepted' })
  report(site, 'bootstrapConnection', { type: 'transfer.finished', accounts, bootstrapAccounts })
}

function failBootstrap(site: Site): void {
  report(site, 'bootstrapConnection', { type: 'connect.failed', cause })
}

test('without an account the client bootstraps first and then registers', () => {
  const { site, actor } = startedClient()
  expect(actor.getSnapshot().value).toBe('bootstrapping')
  finish(site, account(1))
  site.clock.advanceSync(3500)
  expect(site.runningNames).toEqual(['connection'])
  answerRegister(site)
  expect(site.takeTypes()).toEqual(['BOOTSTRAP_REG_COMPLETE', 'BOOTSTRAP_TRANSFER_COMPLETE', 'REGISTRATION_COMPLETE'])
})

test('factory accounts make a bootstrap needless', () => {
  const { site, actor } = startedClient({ accounts: [account(1)] })
  expect(actor.getSnapshot().matches('serving')).toBe(true)
  expect(site.runningNames).toEqual(['connection'])
})

test('a bootstrap that fails with no account there is fatal; restartAfterSeconds tries it again', () => {
  const { site, actor } = startedClient({ restartAfterSeconds: 60 })
  failBootstrap(site)
  expect(site.take()).toEqual([{ type: 'BOOTSTRAP_REG_FAILURE', cause, fatal: true }])
  expect(actor.getSnapshot().matches('networkError')).toBe(true)
  expect(actor.getSnapshot().children).toEqual({})
  site.clock.advanceSync(60_000)
  expect(actor.getSnapshot().value).toBe('bootstrapping')
})

test('an account that gives up has the client bootstrap; the new accounts replace the old', () => {
  const { site } = startedClient({ accounts: [account(1)] })
  report(site, 'connection', { type: 'connect.failed', cause })
  expect(site.runningNames).toEqual(['bootstrapConnection'])
  finish(site, account(1), account(2))
  site.clock.advanceSync(3500)
  answerRegister(site, 1)
  answerRegister(site, 2)
  expect(site.takeTypes()).toEqual([
    'CONNECT_FAILURE',
    'BOOTSTRAP_REG_COMPLETE',
    'BOOTSTRAP_TRANSFER_COMPLETE',
    'REGISTRATION_COMPLETE',
    'REGISTRATION_COMPLETE',
  ])
})

test('when that fails, too, the accounts go on: the failed one tries again, the others update', () => {
  const { site } = registeredClient(account(1), account(2))
  report(site, 'connection', { type: 'connection.lost', cause }, 1)
  expect(site.runningNames).toEqual(['bootstrapConnection'])
  failBootstrap(site)
  expect(site.take()).toMatchObject([{ type: 'REG_TIMEOUT' }, { type: 'BOOTSTRAP_REG_FAILURE', fatal: false }])
  connect(site, 2)
  site.clock.advanceSync(60_000)
  connect(site, 1)
  site.clock.advanceSync(100)
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REG_UPDATE'])
})

test('account and bootstrap that fail at once in turn do not do so without a rest', () => {
  const { site } = startedClient({ accounts: [account(1)] })
  for (let round = 0; round < 3; round++) {
    report(site, 'connection', { type: 'connect.failed', cause })
    failBootstrap(site)
    expect(site.runningNames).toEqual(['timer'])
    site.clock.advanceSync(60_000)
  }
  expect(site.runningNames).toEqual(['connection'])
})

test('an account that may not (/1/x/16) gives up without a bootstrap', () => {
  const { site, actor } = startedClient({ accounts: [{ ...account(1), bootstrapOnFailure: false }] })
  report(site, 'connection', { type: 'connect.failed', cause })
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE', 'NETWORK_ERROR'])
  expect(actor.getSnapshot().matches('networkError')).toBe(true)
})

test('a server asks for a bootstrap (/1/x/9): its answer goes out, the accounts wait, and update when it fails', () => {
  const { site, actor } = registeredClient(account(1))
  actor.send({ type: 'bootstrap.requested' })
  site.clock.advanceSync(99)
  expect(site.inputs('bootstrapConnection')).toEqual([])
  site.clock.advanceSync(1)
  expect(site.runningNames).toEqual(['bootstrapConnection'])
  failBootstrap(site)
  connect(site)
  site.clock.advanceSync(100)
  expect(site.takeTypes()).toEqual(['BOOTSTRAP_REG_FAILURE', 'REG_UPDATE'])
})

test('without a Bootstrap-Server Account that is ignored', () => {
  const { site, actor } = createClient()
  actor.send({ type: 'start', accounts: [account(1)] })
  actor.send({ type: 'bootstrap.requested' })
  expect(site.runningNames).toEqual(['connection'])
})

test.each([
  ['suspend', 'resume'],
  ['offline.enter', 'offline.exit'],
] as const)('%s during a bootstrap ends the session; after %s there is another', (away, back) => {
  const { site, actor } = registeredClient(account(1))
  actor.send({ type: 'bootstrap.requested' })
  site.clock.advanceSync(100)
  request(site)
  actor.send({ type: away })
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
  actor.send({ type: back })
  expect(site.runningNames).toEqual(['bootstrapConnection'])
})

test.each([
  ['suspend', 'resume'],
  ['offline.enter', 'offline.exit'],
] as const)('%s right after an accepted Finish: after %s the new accounts register', (away, back) => {
  const { site, actor } = startedClient()
  finish(site, account(1))
  actor.send({ type: away })
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
  actor.send({ type: back })
  expect(site.runningNames).toEqual(['connection'])
})

test('a bootstrap asked for while the client is offline comes afterwards', () => {
  const { site, actor } = registeredClient(account(1))
  actor.send({ type: 'offline.enter' })
  actor.send({ type: 'bootstrap.requested' })
  expect(site.running.size).toBe(0)
  actor.send({ type: 'offline.exit' })
  expect(site.runningNames).toEqual(['bootstrapConnection'])
})

test('a stop before that answer has gone out forgets the bootstrap', () => {
  const { site, actor } = registeredClient(account(1))
  actor.send({ type: 'bootstrap.requested' })
  actor.send({ type: 'stop' })
  report(site, 'deregister', { type: 'deregister.done' })
  actor.send({ type: 'start', accounts: [account(1)], bootstrap })
  site.clock.advanceSync(100)
  expect(site.runningNames).toEqual(['connection'])
  expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT'])
})

test('stop during a bootstrap: the accounts that wait disconnect', () => {
  const { site, actor } = registeredClient(account(1))
  actor.send({ type: 'bootstrap.requested' })
  site.clock.advanceSync(100)
  actor.send({ type: 'stop' })
  expect(site.take()).toEqual([{ type: 'DISCONNECT', shortServerId: 1 }])
  expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', context: { running: [] } })
  expect(site.running.size).toBe(0)
})

test('stop during the first bootstrap disconnects', () => {
  const { site, actor } = startedClient()
  actor.send({ type: 'stop' })
  expect(site.take()).toEqual([{ type: 'DISCONNECT' }])
  expect(actor.getSnapshot()).toMatchObject({ value: 'stopped', context: { running: [] } })
})

test('reconnect during a bootstrap begins the session anew', () => {
  const { site, actor } = startedClient()
  request(site)
  const before = site.effect('bootstrapConnection')
  actor.send({ type: 'reconnect' })
  expect(site.effect('bootstrapConnection')).not.toBe(before)
})

test('the Bootstrap-Server Account is purged when its time (/0/x/12) is over', () => {
  const { site, actor } = startedClient()
  request(site)
  report(site, 'bootstrapConnection', {
    type: 'transfer.finished',
    accounts: [account(1)],
    bootstrapAccounts,
    expiry: { securityInstanceId: 7, atMs: 10_000 },
  })
  site.clock.advanceSync(9_999)
  expect(site.purged).toEqual([])
  site.clock.advanceSync(1)
  expect(site.purged).toEqual([7])
  actor.send({ type: 'bootstrap.requested' })
  expect(actor.getSnapshot().matches('serving')).toBe(true)
})

test('a time that runs out while the client is suspended is over when it resumes', () => {
  const { site, actor } = startedClient({
    accounts: [account(1)],
    bootstrap: { ...bootstrap, expiry: { securityInstanceId: 7, atMs: 10_000 } },
  })
  actor.send({ type: 'suspend' })
  expect(site.clock.pendingTimers).toBe(0)
  site.clock.advanceSync(20_000)
  expect(site.purged).toEqual([])
  actor.send({ type: 'resume' })
  site.clock.advanceSync(0)
  expect(site.purged).toEqual([7])
})

test('when the last account has gone the client bootstraps', () => {
  const { site, actor } = registeredClient(account(1))
  actor.send({ type: 'accounts.changed', accounts: [] })
  report(site, 'deregister', { type: 'deregister.done' })
  expect(actor.getSnapshot().value).toBe('bootstrapping')
  expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT'])
})
