import { expect, test } from 'vitest'
import {
  acceptUpdate,
  answerRegister,
  cause,
  connect,
  registeredAccount,
  report,
  startAccount,
} from '../helpers/account-actor.ts'

test('suspend and resume within the lifetime: nothing runs meanwhile, and an Update afterwards', () => {
  const { site, actor } = registeredAccount({ lifetimeSeconds: 300 })
  actor.send({ type: 'suspend' })
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
  site.clock.advanceSync(250_000)
  actor.send({ type: 'resume' })
  connect(site)
  site.clock.advanceSync(100)
  acceptUpdate(site)
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
})

test('suspend longer than the lifetime: a Register afterwards', () => {
  const { site, actor } = registeredAccount({ lifetimeSeconds: 300 })
  actor.send({ type: 'suspend' })
  site.clock.advanceSync(300_000)
  actor.send({ type: 'resume' })
  answerRegister(site)
  expect(site.takeTypes()).toEqual(['REGISTRATION_COMPLETE'])
})

test('an Update that suspend cut off, and what changed meanwhile, is told afterwards', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'lifetime.changed', lifetimeSeconds: 600 })
  site.clock.advanceSync(100)
  actor.send({ type: 'suspend' })
  actor.send({ type: 'instances.changed' })
  actor.send({ type: 'resume' })
  connect(site)
  site.clock.advanceSync(100)
  expect(site.effect('update').input).toMatchObject({ lifetimeSeconds: 600, includeLinks: true })
})

test('suspend while waking: an Update afterwards', () => {
  const { site, actor } = registeredAccount({ awakeSeconds: 93 })
  report(site, 'awakeWindow', { type: 'window.over' })
  actor.send({ type: 'transmission.waiting' })
  actor.send({ type: 'suspend' })
  expect(site.running.size).toBe(0)
  actor.send({ type: 'resume' })
  connect(site)
  site.clock.advanceSync(100)
  expect(site.runningNames).toEqual(['awakeWindow', 'connection', 'update'])
})

test.each([0, 100])('suspend %i ms after disable: disabled afterwards, for the time that is left', waitMs => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'disable', untilMs: 60_000 })
  site.clock.advanceSync(waitMs)
  actor.send({ type: 'suspend' })
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
  site.clock.advanceSync(50_000)
  actor.send({ type: 'resume' })
  expect(site.runningNames).toEqual(['timer'])
  site.clock.advanceSync(10_000 - waitMs)
  expect(site.runningNames).toEqual(['connection'])
  expect(site.takeTypes()).toEqual(['SERVER_DISABLED'])
})

test('disable and enable while suspended', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'suspend' })
  actor.send({ type: 'disable' })
  expect(site.takeTypes()).toEqual(['SERVER_DISABLED'])
  actor.send({ type: 'enable' })
  actor.send({ type: 'resume' })
  connect(site)
  site.clock.advanceSync(100)
  acceptUpdate(site)
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
})

test('a retry that waited goes on waiting until the same moment', () => {
  const { site, actor } = startAccount({ retry: { initialDelaySeconds: 60, maximumDelaySeconds: 60 } })
  report(site, 'connection', { type: 'connect.failed', cause })
  actor.send({ type: 'suspend' })
  site.clock.advanceSync(20_000)
  actor.send({ type: 'resume' })
  site.clock.advanceSync(39_999)
  expect(site.runningNames).toEqual(['timer'])
  site.clock.advanceSync(1)
  expect(site.runningNames).toEqual(['connection'])
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE'])
})

test('an account that had given up stays so, unless it is to try again: then as after a first failure', () => {
  const retry = { initialDelaySeconds: 60, maximumDelaySeconds: 600, attempts: 1 }
  const { site, actor } = startAccount({ retry })
  report(site, 'connection', { type: 'connect.failed', cause })
  actor.send({ type: 'suspend' })
  actor.send({ type: 'resume' })
  expect(actor.getSnapshot().value).toBe('failed')
  actor.send({ type: 'suspend' })
  actor.send({ type: 'resume', retryFailed: true })
  site.clock.advanceSync(59_999)
  expect(site.runningNames).toEqual(['timer'])
  site.clock.advanceSync(1)
  answerRegister(site)
  expect(site.takeTypes()).toEqual(['CONNECT_FAILURE', 'REGISTRATION_COMPLETE'])
})

test('a second suspend and a reconnect meanwhile change nothing', () => {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'suspend' })
  actor.send({ type: 'suspend' })
  actor.send({ type: 'reconnect' })
  expect(actor.getSnapshot().value).toBe('suspended')
  expect(site.running.size).toBe(0)
})
