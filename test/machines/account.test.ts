import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { accountMachine } from '../../machines/account.machine.ts'
import type { AccountOutcome } from '../../machines/effects.ts'
import {
  acceptUpdate,
  answerRegister,
  cause,
  location,
  registeredAccount,
  type Site,
  startAccount,
} from '../helpers/account-actor.ts'

const notFound = 0x84

/** Answers the Register of a connection that just opened, or does not. */
function fail(site: Site, ...outcomes: AccountOutcome[]): void {
  for (const outcome of outcomes) {
    site.effect(outcome.type.startsWith('connect') ? 'connection' : 'register').report(outcome)
  }
}

const connectFailed: AccountOutcome = { type: 'connect.failed', cause }
const connected: AccountOutcome = { type: 'connect.succeeded' }

test('connects, registers, and keeps the connection while registered', () => {
  const { site, actor } = startAccount({ lifetimeSeconds: 86_400 })
  expect(site.runningNames).toEqual(['connection'])
  fail(site, connected)
  expect(site.effect('register').input).toEqual({ shortServerId: 1, lifetimeSeconds: 86_400 })
  fail(site, { type: 'register.created', location, atMs: 0 })
  expect(site.take()).toEqual([{ type: 'REGISTRATION_COMPLETE', shortServerId: 1, location, lifetimeSeconds: 86_400 }])
  expect(actor.getSnapshot().value).toEqual({ online: { registered: { update: 'waiting' } } })
  expect(site.runningNames).toEqual(['connection', 'timer'])
})

test('a failed connection is announced with its cause and the next attempt, and tried again', () => {
  const { site } = startAccount()
  fail(site, connectFailed)
  expect(site.take()).toEqual([
    { type: 'CONNECT_FAILURE', shortServerId: 1, cause, failedAttempts: 1, retryDelayMs: 1000 },
  ])
  expect(site.runningNames).toEqual(['retryTimer'])
  site.clock.advanceSync(999)
  expect(site.runningNames).toEqual(['retryTimer'])
  site.clock.advanceSync(1)
  expect(site.runningNames).toEqual(['connection'])
})

test('the delay grows with each failure of any kind, up to the maximum', () => {
  const { site } = startAccount({ retry: { initialDelaySeconds: 2, maximumDelaySeconds: 10 } })
  const failures: AccountOutcome[][] = [
    [connectFailed],
    [connected, { type: 'register.timedOut', cause }],
    [connected, { type: 'register.rejected', responseCode: 0x80 }],
    [connected, { type: 'connection.lost', cause }],
    [connectFailed],
  ]
  for (const outcomes of failures) {
    fail(site, ...outcomes)
    site.clock.advanceSync(10_000)
  }
  const attempt = { shortServerId: 1 }
  expect(site.take()).toEqual([
    { ...attempt, type: 'CONNECT_FAILURE', cause, failedAttempts: 1, retryDelayMs: 1000 },
    { ...attempt, type: 'REG_TIMEOUT', cause, failedAttempts: 2, retryDelayMs: 2000 },
    { ...attempt, type: 'REGISTRATION_FAILURE', responseCode: 0x80, failedAttempts: 3, retryDelayMs: 4000 },
    { ...attempt, type: 'REG_TIMEOUT', cause, failedAttempts: 4, retryDelayMs: 5000 },
    { ...attempt, type: 'CONNECT_FAILURE', cause, failedAttempts: 5, retryDelayMs: 5000 },
  ])
})

test('a successful Register forgets the failures, an open connection alone does not', () => {
  const { site } = startAccount()
  fail(site, connectFailed)
  site.clock.advanceSync(1000)
  fail(site, connected, { type: 'register.timedOut', cause })
  site.clock.advanceSync(2000)
  answerRegister(site)
  site.take()
  site.effect('connection').report({ type: 'connection.lost', cause })
  expect(site.take()).toEqual([{ type: 'REG_TIMEOUT', shortServerId: 1, cause, failedAttempts: 1, retryDelayMs: 1000 }])
  expect(site.runningNames).toEqual(['retryTimer'])
})

test('an Update goes out before the lifetime ends, bare, and again after that', () => {
  const { site } = registeredAccount({ lifetimeSeconds: 60 })
  for (let round = 0; round < 3; round++) {
    site.clock.advanceSync(44_999)
    expect(site.runningNames).toEqual(['connection', 'timer'])
    site.clock.advanceSync(1)
    expect(site.effect('update').input).toEqual({ shortServerId: 1, location, includeLinks: false })
    acceptUpdate(site)
    expect(site.take()).toEqual([
      { type: 'REG_UPDATE', shortServerId: 1, includeLifetime: false, includeLinks: false },
      { type: 'REG_UPDATE_COMPLETE', shortServerId: 1 },
    ])
  }
})

test('the lifetime counts from when the accepted request was first sent', () => {
  const { site } = registeredAccount({ lifetimeSeconds: 60 })
  site.clock.advanceSync(45_000)
  const sentMs = site.clock.now()
  site.clock.advanceSync(10_000)
  site.effect('update').report({ type: 'update.changed', atMs: sentMs })
  site.clock.advanceSync(35_000)
  expect(site.runningNames).toEqual(['connection', 'update'])
})

test('an infinite lifetime sets no timer, and an Update still goes out when asked', () => {
  const { site, actor } = registeredAccount({ lifetimeSeconds: 0 })
  expect(actor.getSnapshot().value).toEqual({ online: { registered: { update: 'idle' } } })
  expect(site.clock.pendingTimers).toBe(0)
  actor.send({ type: 'update.requested' })
  site.clock.advanceSync(100)
  acceptUpdate(site)
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
})

test('a changed lifetime is told at once and moves the next Update', () => {
  const { site, actor } = registeredAccount({ lifetimeSeconds: 86_400 })
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 40 })
  site.clock.advanceSync(100)
  expect(site.effect('update').input).toEqual({ shortServerId: 1, location, lifetimeSeconds: 40, includeLinks: false })
  acceptUpdate(site)
  site.take()
  site.clock.advanceSync(30_000)
  expect(site.effect('update').input).toEqual({ shortServerId: 1, location, includeLinks: false })
})

test('changed instances are told with their links', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'instances.changed' })
  site.clock.advanceSync(100)
  expect(site.effect('update').input).toEqual({ shortServerId: 1, location, includeLinks: true })
})

test('causes that meet go out in one Update', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'update.requested' })
  actor.send({ type: 'instances.changed' })
  site.clock.advanceSync(99)
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 600 })
  actor.send({ type: 'instances.changed' })
  site.clock.advanceSync(1)
  acceptUpdate(site)
  site.clock.advanceSync(1000)
  expect(site.inputs('update')).toEqual([{ shortServerId: 1, location, lifetimeSeconds: 600, includeLinks: true }])
})

test('causes that come while an Update is in flight wait for the next one, which tells only them', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'instances.changed' })
  site.clock.advanceSync(100)
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 600 })
  actor.send({ type: 'update.requested' })
  site.clock.advanceSync(5000)
  expect(site.inputs('update')).toHaveLength(1)
  acceptUpdate(site)
  site.clock.advanceSync(100)
  expect(site.inputs('update')[1]).toEqual({ shortServerId: 1, location, lifetimeSeconds: 600, includeLinks: false })
})

test('a rejected Update is followed by a Register on the same connection', () => {
  const { site } = registeredAccount({ lifetimeSeconds: 60 })
  const connection = site.effect('connection')
  site.clock.advanceSync(45_000)
  site.effect('update').report({ type: 'update.rejected', responseCode: notFound })
  expect(site.effect('connection')).toBe(connection)
  fail(site, { type: 'register.created', location: ['rd', 'b2'], atMs: site.clock.now() })
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REGISTRATION_COMPLETE'])
  site.clock.advanceSync(45_000)
  expect(site.effect('update').input).toMatchObject({ location: ['rd', 'b2'] })
})

test('an Update without answer is followed by a new connection at once, and a Register', () => {
  const { site } = registeredAccount({ lifetimeSeconds: 60 })
  const connection = site.effect('connection')
  site.clock.advanceSync(45_000)
  site.effect('update').report({ type: 'update.timedOut', cause })
  expect(site.runningNames).toEqual(['connection'])
  expect(site.effect('connection')).not.toBe(connection)
  answerRegister(site)
  expect(site.take()).toMatchObject([
    { type: 'REG_UPDATE' },
    { type: 'REG_TIMEOUT', shortServerId: 1, cause, failedAttempts: 0, retryDelayMs: 0 },
    { type: 'REGISTRATION_COMPLETE' },
  ])
})

test('what changes before a Register is told by the Register, what changes meanwhile by an Update', () => {
  const { site, actor } = startAccount()
  actor.send({ type: 'instances.changed' })
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 60 })
  fail(site, connected)
  expect(site.effect('register').input).toEqual({ shortServerId: 1, lifetimeSeconds: 60 })
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 90 })
  fail(site, { type: 'register.created', location, atMs: 0 })
  site.clock.advanceSync(100)
  expect(site.effect('update').input).toEqual({ shortServerId: 1, location, lifetimeSeconds: 90, includeLinks: false })
})

test('stop while registered de-registers and then disconnects', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'stop' })
  expect(site.effect('deregister').input).toEqual({ shortServerId: 1, location })
  expect(site.runningNames).toEqual(['connection', 'deregister'])
  site.effect('deregister').report({ type: 'deregister.done' })
  expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT'])
  expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { shortServerId: 1 } })
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
})

test('stop during an Update gives the Update up', () => {
  const { site, actor } = registeredAccount({ lifetimeSeconds: 60 })
  site.clock.advanceSync(45_000)
  actor.send({ type: 'stop' })
  expect(site.runningNames).toEqual(['connection', 'deregister'])
})

test.each([
  ['rejected or unanswered', 'deregister', { type: 'deregister.failed', cause }],
  ['cut off', 'connection', { type: 'connection.lost', cause }],
] as const)('a De-register that is %s is announced and ends the account all the same', (_, effect, outcome) => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'stop' })
  site.effect(effect).report(outcome)
  expect(site.take()).toEqual([
    { type: 'DEREGISTER', shortServerId: 1 },
    { type: 'DEREGISTER_FAILURE', shortServerId: 1, cause },
    { type: 'DISCONNECT', shortServerId: 1 },
  ])
  expect(site.running.size).toBe(0)
})

test('a second stop while de-registering changes nothing', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'stop' })
  actor.send({ type: 'stop' })
  expect(site.inputs('deregister')).toHaveLength(1)
  expect(site.runningNames).toEqual(['connection', 'deregister'])
  expect(site.takeTypes()).toEqual(['DEREGISTER'])
})

test.each<[string, AccountOutcome[]]>([
  ['connecting', []],
  ['registering', [connected]],
  ['retrying', [connectFailed]],
])('stop while %s ends at once, without a De-register', (_, outcomes) => {
  const { site, actor } = startAccount()
  fail(site, ...outcomes)
  site.take()
  actor.send({ type: 'stop' })
  expect(site.take()).toEqual([{ type: 'DISCONNECT', shortServerId: 1 }])
  expect(actor.getSnapshot().status).toBe('done')
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
})

test('an outcome reported after its effect ended is ignored', () => {
  const { site, actor } = startAccount()
  const connection = site.effect('connection')
  fail(site, connectFailed)
  connection.report(connected)
  connection.report({ type: 'connection.lost', cause })
  expect(actor.getSnapshot().value).toBe('retrying')
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE'])
})

test('a restored snapshot goes on where it was: same registration, same deadline', () => {
  const { site, actor } = registeredAccount({ lifetimeSeconds: 60 })
  site.clock.advanceSync(10_000)
  const saved = actor.getPersistedSnapshot()
  const json = JSON.stringify(saved)
  actor.stop()
  const restored = startAccount({}, { snapshot: JSON.parse(json) })
  restored.site.clock.advanceSync(44_999)
  expect(restored.site.runningNames).toEqual(['connection', 'timer'])
  restored.site.clock.advanceSync(1)
  expect(restored.site.effect('update').input).toEqual({ shortServerId: 1, location, includeLinks: false })
})

test('an effect that nobody provided is an error that names the remedy', () => {
  const errors: unknown[] = []
  const actor = createActor(accountMachine, { input: { shortServerId: 1, lifetimeSeconds: 60 } })
  actor.subscribe({ error: error => errors.push(error) })
  actor.start()
  expect(String(errors[0])).toContain('provide')
})
