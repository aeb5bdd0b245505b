import { expect, test } from 'vitest'
import {
  acceptUpdate,
  answerRegister,
  cause,
  connect,
  location,
  registeredAccount,
  report,
  startAccount,
} from '../helpers/account-actor.ts'

const notFound = 0x84
const bare = { shortServerId: 1, location, version: '1.2', includeLinks: false }

test('an Update goes out before the lifetime ends, bare, and again after that', () => {
  const { site } = registeredAccount({ lifetimeSeconds: 60 })
  for (let round = 0; round < 3; round++) {
    site.clock.advanceSync(44_999)
    expect(site.runningNames).toEqual(['connection', 'timer'])
    site.clock.advanceSync(1)
    expect(site.effect('update').input).toEqual(bare)
    acceptUpdate(site)
    expect(site.take()).toEqual([
      { type: 'REG_UPDATE', shortServerId: 1, includeLifetime: false, includeBinding: false, includeLinks: false },
      { type: 'REG_UPDATE_COMPLETE', shortServerId: 1 },
    ])
  }
})

test('the lifetime counts from when the accepted request was first sent', () => {
  const { site } = registeredAccount({ lifetimeSeconds: 60 })
  site.clock.advanceSync(45_000)
  const sentMs = site.clock.now()
  site.clock.advanceSync(10_000)
  report(site, 'update', { type: 'update.changed', atMs: sentMs })
  site.clock.advanceSync(35_000)
  expect(site.runningNames).toEqual(['connection', 'update'])
})

test('an infinite lifetime sets no timer, and an Update still goes out when asked', () => {
  const { site, actor } = registeredAccount({ lifetimeSeconds: 0 })
  expect(actor.getSnapshot().value).toMatchObject({ online: { registered: { update: 'idle' } } })
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
  expect(site.effect('update').input).toEqual({ ...bare, lifetimeSeconds: 40 })
  acceptUpdate(site)
  site.take()
  site.clock.advanceSync(30_000)
  expect(site.effect('update').input).toEqual(bare)
})

test('a changed binding and changed instances are told', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'binding.changed', binding: 'UT' })
  actor.send({ type: 'instances.changed' })
  site.clock.advanceSync(100)
  expect(site.effect('update').input).toEqual({ ...bare, binding: 'UT', includeLinks: true })
  expect(site.take()).toEqual([
    { type: 'REG_UPDATE', shortServerId: 1, includeLifetime: false, includeBinding: true, includeLinks: true },
  ])
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
  expect(site.inputs('update')).toEqual([{ ...bare, lifetimeSeconds: 600, includeLinks: true }])
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
  expect(site.inputs('update')[1]).toEqual({ ...bare, lifetimeSeconds: 600 })
})

test('a rejected Update is followed by a Register on the same connection', () => {
  const { site } = registeredAccount({ lifetimeSeconds: 60 })
  const connection = site.effect('connection')
  site.clock.advanceSync(45_000)
  report(site, 'update', { type: 'update.rejected', responseCode: notFound })
  expect(site.effect('connection')).toBe(connection)
  report(site, 'register', { type: 'register.created', location: ['rd', 'b2'], atMs: site.clock.now() })
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REGISTRATION_COMPLETE'])
  site.clock.advanceSync(45_000)
  expect(site.effect('update').input).toMatchObject({ location: ['rd', 'b2'] })
})

test('an Update without answer is followed by a new connection at once, and a Register', () => {
  const { site } = registeredAccount({ lifetimeSeconds: 60 })
  const connection = site.effect('connection')
  site.clock.advanceSync(45_000)
  report(site, 'update', { type: 'update.timedOut', cause })
  expect(site.runningNames).toEqual(['connection'])
  expect(site.effect('connection')).not.toBe(connection)
  answerRegister(site)
  expect(site.take()).toMatchObject([
    { type: 'REG_UPDATE' },
    { type: 'REG_TIMEOUT', shortServerId: 1, cause, failedAttempts: 0, retryDelayMs: 0 },
    { type: 'REGISTRATION_COMPLETE' },
  ])
})

test('a connection that breaks within the lifetime is followed by an Update, which makes up for one that was cut off', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'instances.changed' })
  site.clock.advanceSync(100)
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 600 })
  report(site, 'connection', { type: 'connection.lost', cause })
  site.clock.advanceSync(1000)
  connect(site)
  site.clock.advanceSync(100)
  expect(site.effect('update').input).toEqual({ ...bare, lifetimeSeconds: 600, includeLinks: true })
  acceptUpdate(site)
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REG_TIMEOUT', 'REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  site.clock.advanceSync(1000)
  expect(site.inputs('update')).toHaveLength(2)
})

test('what changes before a Register is told by the Register, what changes meanwhile by an Update', () => {
  const { site, actor } = startAccount()
  actor.send({ type: 'instances.changed' })
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 60 })
  connect(site)
  expect(site.effect('register').input).toMatchObject({ lifetimeSeconds: 60 })
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 90 })
  report(site, 'register', { type: 'register.created', location, atMs: 0 })
  site.clock.advanceSync(100)
  expect(site.effect('update').input).toEqual({ ...bare, lifetimeSeconds: 90 })
})
