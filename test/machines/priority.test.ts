import { expect, test } from 'vitest'
import type { AccountInput } from '../../machines/account-context.ts'
import { answerRegister, cause, createClient, report, type Site } from '../helpers/account-actor.ts'

const retry = { initialDelaySeconds: 60, maximumDelaySeconds: 60, attempts: 2 }
const account = (shortServerId: number, priority?: number, failureBlock = false): AccountInput => ({
  shortServerId,
  lifetimeSeconds: 0,
  retry,
  failureBlock,
  ...(priority === undefined ? {} : { priority }),
})

function startedClient(...accounts: AccountInput[]) {
  const { site, actor } = createClient()
  actor.send({ type: 'start', accounts })
  return { site, actor }
}

function fail(site: Site, shortServerId: number): void {
  report(site, 'connection', { type: 'connect.failed', cause }, shortServerId)
}

const connecting = (site: Site) =>
  [...site.running].filter(({ name }) => name === 'connection').map(({ input }) => input.shortServerId)

test('accounts without a priority (/1/x/13) begin at once, of the others the lowest, and the next after it', () => {
  const { site } = startedClient(account(1, 20), account(2, 10), account(3), account(4, 30))
  expect(connecting(site)).toEqual([3, 2])
  answerRegister(site, 2)
  expect(connecting(site)).toEqual([3, 2, 1])
  answerRegister(site, 1)
  expect(connecting(site)).toEqual([3, 2, 1, 4])
})

test('of equal priorities the first begins', () => {
  const { site } = startedClient(account(5, 1), account(4, 1))
  expect(connecting(site)).toEqual([5])
})

test('one that fails lets the next begin, and goes on trying', () => {
  const { site } = startedClient(account(1, 1), account(2, 2))
  fail(site, 1)
  expect(connecting(site)).toEqual([2])
  site.clock.advanceSync(60_000)
  expect(connecting(site)).toEqual([2, 1])
})

test('one that blocks on failure (/1/x/15) holds back the next until it is registered', () => {
  const { site } = startedClient(account(1, 1, true), account(2, 2))
  fail(site, 1)
  expect(connecting(site)).toEqual([])
  site.clock.advanceSync(60_000)
  answerRegister(site, 1)
  expect(connecting(site)).toEqual([1, 2])
})

test('one that blocks and gives up leaves nothing to try', () => {
  const { site } = startedClient(account(1, 1, true), account(2, 2))
  fail(site, 1)
  site.clock.advanceSync(60_000)
  fail(site, 1)
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE', 'CONNECT_FAILURE', 'NETWORK_ERROR'])
})

test.each([
  ['disabled', { type: 'disable', shortServerId: 1 }],
  ['taken away', { type: 'accounts.changed', accounts: [account(2, 2)] }],
] as const)('one that is %s during its turn lets the next begin', (_, command) => {
  const { site, actor } = startedClient(account(1, 1), account(2, 2))
  actor.send(command)
  expect(connecting(site)).toEqual([2])
})

test('the turn outlives a suspend', () => {
  const { site, actor } = startedClient(account(1, 1), account(2, 2))
  actor.send({ type: 'suspend' })
  actor.send({ type: 'resume' })
  expect(connecting(site)).toEqual([1])
  answerRegister(site, 1)
  expect(connecting(site)).toEqual([1, 2])
})

test('an application that goes offline when the first is registered keeps the next offline, too', () => {
  const { site, actor } = startedClient(account(1, 1), account(2, 2))
  site.onEvent = () => actor.send({ type: 'offline.enter' })
  answerRegister(site, 1)
  expect(connecting(site)).toEqual([])
  site.onEvent = () => {}
  actor.send({ type: 'offline.exit' })
  report(site, 'connection', { type: 'connect.succeeded', atMs: 0 }, 1)
  expect(connecting(site)).toEqual([1, 2])
})

test('what an account is told before its turn is not lost', () => {
  const { site, actor } = startedClient(account(1, 1), account(2, 2), account(3, 3))
  actor.send({ type: 'lifetime.changed', shortServerId: 2, lifetimeSeconds: 77 })
  actor.send({ type: 'disable', shortServerId: 2, untilMs: 10_000 })
  actor.send({ type: 'disable', shortServerId: 3 })
  actor.send({ type: 'enable', shortServerId: 3 })
  expect(site.take()).toEqual([
    { type: 'SERVER_DISABLED', shortServerId: 2, untilMs: 10_000 },
    { type: 'SERVER_DISABLED', shortServerId: 3 },
  ])
  actor.send({ type: 'accounts.changed', accounts: [account(1, 1), account(2, 2), account(3, 3)] })
  answerRegister(site, 1)
  expect(connecting(site)).toEqual([1, 3])
  site.clock.advanceSync(10_000)
  expect(connecting(site)).toEqual([1, 3, 2])
})
