import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { accountMachine } from '../../machines/account.machine.ts'
import type { AccountOutcome } from '../../machines/effects.ts'
import {
  answerRegister,
  cause,
  connect,
  location,
  registeredAccount,
  report,
  type Site,
  startAccount,
} from '../helpers/account-actor.ts'

type Failure = Extract<AccountOutcome, { readonly type: 'connect.failed' | 'connection.lost' }>

const connectFailed: Failure = { type: 'connect.failed', cause }
const registerTimedOut = { type: 'register.timedOut', cause } as const

function reject(site: Site, responseCode: number): void {
  report(site, 'register', { type: 'register.rejected', responseCode })
}

const [badRequest, forbidden, preconditionFailed] = [0x80, 0x83, 0x8c]

test('connects, registers, and keeps the connection while registered', () => {
  const { site, actor } = startAccount({ lifetimeSeconds: 86_400 })
  expect(site.runningNames).toEqual(['connection'])
  connect(site)
  expect(site.effect('register').input).toEqual({
    shortServerId: 1,
    version: '1.2',
    lifetimeSeconds: 86_400,
    binding: 'U',
    queueMode: false,
  })
  report(site, 'register', { type: 'register.created', location, atMs: 0 })
  expect(site.take()).toEqual([{ type: 'REGISTRATION_COMPLETE', shortServerId: 1, location, lifetimeSeconds: 86_400 }])
  expect(actor.getSnapshot().value).toEqual({ online: { registered: { update: 'waiting', queueMode: 'off' } } })
  expect(site.runningNames).toEqual(['connection', 'timer'])
})

test('the initial delay (/1/x/14) comes before the first attempt only', () => {
  const { site, actor } = startAccount({ initialDelaySeconds: 30 })
  site.clock.advanceSync(29_999)
  expect(site.runningNames).toEqual([])
  site.clock.advanceSync(1)
  expect(site.runningNames).toEqual(['connection'])
  report(site, 'connection', connectFailed)
  site.clock.advanceSync(1000)
  expect(site.runningNames).toEqual(['connection'])
  actor.send({ type: 'suspend' })
  actor.send({ type: 'resume' })
  expect(site.runningNames).toEqual(['connection'])
})

test('a suspended initial delay begins anew, and reconnect ends it', () => {
  const { site, actor } = startAccount({ initialDelaySeconds: 30 })
  site.clock.advanceSync(20_000)
  actor.send({ type: 'suspend' })
  expect(site.clock.pendingTimers).toBe(0)
  actor.send({ type: 'resume' })
  site.clock.advanceSync(29_000)
  expect(site.runningNames).toEqual([])
  actor.send({ type: 'reconnect' })
  expect(site.runningNames).toEqual(['connection'])
})

test('a saved registration waits for no initial delay and is updated, not made again', () => {
  const saved = { location, version: '1.1', registeredUntilMs: 1000 } as const
  const { site } = startAccount({ initialDelaySeconds: 30, saved })
  connect(site)
  site.clock.advanceSync(100)
  expect(site.effect('update').input).toMatchObject({ location, version: '1.1' })
  expect(site.takeTypes()).toEqual(['REG_UPDATE'])
})

test('a saved registration whose lifetime has passed is made again, in the version it had', () => {
  const saved = { location, version: '1.1', registeredUntilMs: 0 } as const
  const { site } = startAccount({ saved })
  connect(site)
  expect(site.effect('register').input).toMatchObject({ version: '1.1' })
})

test('a saved version that is allowed no more counts for nothing', () => {
  const { site } = startAccount({ versions: ['1.1', '1.0'], saved: { location: [], version: '1.2' } })
  connect(site)
  expect(site.effect('register').input).toMatchObject({ version: '1.1' })
})

test.each([preconditionFailed, badRequest])(
  '%i to a Register brings the next lower version, on the same connection',
  code => {
    const { site } = startAccount()
    connect(site)
    const connection = site.effect('connection')
    reject(site, code)
    reject(site, code)
    expect(site.inputs('register')).toMatchObject([{ version: '1.2' }, { version: '1.1' }, { version: '1.0' }])
    expect(site.effect('connection')).toBe(connection)
    expect(site.take()).toEqual([])
    report(site, 'register', { type: 'register.created', location, atMs: 0 })
    report(site, 'connection', { type: 'connection.lost', cause })
    site.clock.advanceSync(400_000)
    connect(site)
    expect(site.effect('register').input).toMatchObject({ version: '1.0' })
  },
)

test('when the lowest version is rejected, too, the attempt has failed, and the next begins with the highest', () => {
  const { site } = startAccount({ versions: ['1.1', '1.0'] })
  connect(site)
  reject(site, preconditionFailed)
  reject(site, preconditionFailed)
  expect(site.take()).toMatchObject([
    { type: 'REGISTRATION_FAILURE', responseCode: preconditionFailed, failedAttempts: 1, retryDelayMs: 1000 },
  ])
  site.clock.advanceSync(1000)
  connect(site)
  expect(site.effect('register').input).toMatchObject({ version: '1.1' })
})

test('any other rejection is no question of the version', () => {
  const { site } = startAccount()
  connect(site)
  reject(site, forbidden)
  expect(site.take()).toMatchObject([{ type: 'REGISTRATION_FAILURE', responseCode: forbidden }])
})

test('a failed connection is announced with its cause and the next attempt, and tried again', () => {
  const { site } = startAccount()
  report(site, 'connection', connectFailed)
  expect(site.take()).toEqual([
    { type: 'CONNECT_FAILURE', shortServerId: 1, cause, failedAttempts: 1, retryDelayMs: 1000 },
  ])
  site.clock.advanceSync(999)
  expect(site.runningNames).toEqual(['timer'])
  site.clock.advanceSync(1)
  expect(site.runningNames).toEqual(['connection'])
})

test('the delay grows with each failure of any kind, up to the maximum', () => {
  const { site } = startAccount({ retry: { initialDelaySeconds: 2, maximumDelaySeconds: 10, spread: 0.5 } })
  const failures = [
    () => report(site, 'connection', connectFailed),
    () => report(site, 'register', registerTimedOut),
    () => reject(site, forbidden),
    () => report(site, 'connection', { type: 'connection.lost', cause }),
    () => report(site, 'connection', connectFailed),
  ]
  for (const [index, fail] of failures.entries()) {
    if (index % 4 !== 0) connect(site)
    fail()
    site.clock.advanceSync(10_000)
  }
  const attempt = { shortServerId: 1 }
  expect(site.take()).toEqual([
    { ...attempt, type: 'CONNECT_FAILURE', cause, failedAttempts: 1, retryDelayMs: 1000 },
    { ...attempt, type: 'REG_TIMEOUT', cause, failedAttempts: 2, retryDelayMs: 2000 },
    { ...attempt, type: 'REGISTRATION_FAILURE', responseCode: forbidden, failedAttempts: 3, retryDelayMs: 4000 },
    { ...attempt, type: 'REG_TIMEOUT', cause, failedAttempts: 4, retryDelayMs: 5000 },
    { ...attempt, type: 'CONNECT_FAILURE', cause, failedAttempts: 5, retryDelayMs: 5000 },
  ])
})

test('a successful Register forgets the failures, an open connection alone does not', () => {
  const { site } = startAccount()
  report(site, 'connection', connectFailed)
  site.clock.advanceSync(1000)
  connect(site)
  report(site, 'register', registerTimedOut)
  site.clock.advanceSync(2000)
  answerRegister(site)
  site.take()
  report(site, 'connection', { type: 'connection.lost', cause })
  expect(site.take()).toEqual([{ type: 'REG_TIMEOUT', shortServerId: 1, cause, failedAttempts: 1, retryDelayMs: 1000 }])
})

test('so does a successful Update: an account that recovers each time never gives up', () => {
  const { site } = registeredAccount({ retry: { initialDelaySeconds: 1, maximumDelaySeconds: 1, attempts: 2 } })
  for (let round = 0; round < 5; round++) {
    report(site, 'connection', { type: 'connection.lost', cause })
    site.clock.advanceSync(1000)
    connect(site)
    site.clock.advanceSync(100)
    report(site, 'update', { type: 'update.changed', atMs: site.clock.now() })
    expect(site.take()).toMatchObject([
      { type: 'REG_TIMEOUT', failedAttempts: 1 },
      { type: 'REG_UPDATE' },
      { type: 'REG_UPDATE_COMPLETE' },
    ])
  }
})

test('sequences (/1/x/17–20): a longer wait between them, and after the last the account gives up', () => {
  const { site, actor } = startAccount({
    retry: { initialDelaySeconds: 60, maximumDelaySeconds: 600, attempts: 2, sequenceDelaySeconds: 3600, sequences: 2 },
  })
  for (let attempt = 0; attempt < 4; attempt++) {
    report(site, 'connection', connectFailed)
    site.clock.advanceSync(3_600_000)
  }
  const delays = site.take().map(event => 'retryDelayMs' in event && event.retryDelayMs)
  expect(delays).toEqual([60_000, 3_600_000, 60_000, false])
  expect(actor.getSnapshot().value).toBe('failed')
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
})

test('reconnect makes an attempt that waits now, and begins a registered connection anew', () => {
  const { site, actor } = startAccount()
  report(site, 'connection', connectFailed)
  actor.send({ type: 'reconnect' })
  expect(site.runningNames).toEqual(['connection'])
  expect(site.clock.pendingTimers).toBe(0)
  answerRegister(site)
  const before = site.effect('connection')
  actor.send({ type: 'reconnect' })
  expect(site.effect('connection')).not.toBe(before)
  connect(site)
  site.clock.advanceSync(100)
  expect(site.runningNames).toEqual(['connection', 'update'])
})

test('reconnect brings back an account that has given up', () => {
  const { site, actor } = startAccount({ retry: { initialDelaySeconds: 1, maximumDelaySeconds: 1, attempts: 1 } })
  report(site, 'connection', connectFailed)
  expect(actor.getSnapshot().value).toBe('failed')
  actor.send({ type: 'reconnect' })
  answerRegister(site)
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE', 'REGISTRATION_COMPLETE'])
})

test('an outcome reported after its effect ended is ignored', () => {
  const { site, actor } = startAccount()
  const connection = site.effect('connection')
  report(site, 'connection', connectFailed)
  connection.report({ type: 'connect.succeeded' })
  connection.report({ type: 'connection.lost' })
  expect(actor.getSnapshot().value).toEqual({ retrying: 'waiting' })
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE'])
})

test('a restored snapshot goes on where it was: same registration, same deadline', () => {
  const { site, actor } = registeredAccount({ lifetimeSeconds: 60 })
  site.clock.advanceSync(10_000)
  const json = JSON.stringify(actor.getPersistedSnapshot())
  actor.stop()
  const restored = startAccount({}, { snapshot: JSON.parse(json) })
  restored.site.clock.advanceSync(44_999)
  expect(restored.site.runningNames).toEqual(['connection', 'timer'])
  restored.site.clock.advanceSync(1)
  expect(restored.site.effect('update').input).toMatchObject({ shortServerId: 1, location, includeLinks: false })
})

test('an effect that nobody provided is an error that names the remedy', () => {
  const errors: unknown[] = []
  const actor = createActor(accountMachine, { input: { shortServerId: 1, lifetimeSeconds: 60 } })
  actor.subscribe({ error: error => errors.push(error) })
  actor.start()
  expect(String(errors[0])).toContain('provide')
})
