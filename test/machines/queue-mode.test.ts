import { expect, test } from 'vitest'
import { acceptUpdate, cause, connect, registeredAccount, report } from '../helpers/account-actor.ts'

const over = { type: 'window.over' } as const

function sleepingAccount() {
  const { site, actor } = registeredAccount({ awakeSeconds: 93, lifetimeSeconds: 3600 })
  report(site, 'awakeWindow', over)
  return { site, actor }
}

test('a client in queue mode registers as one and listens for the awake window', () => {
  const { site } = registeredAccount({ awakeSeconds: 93 })
  expect(site.inputs('register')).toMatchObject([{ queueMode: true }])
  expect(site.effect('awakeWindow').input).toEqual({ shortServerId: 1, awakeSeconds: 93 })
})

test('after the window the connection rests until the Update is due', () => {
  const { site } = sleepingAccount()
  expect(site.take()).toEqual([{ type: 'QUEUE_MODE_RX_OFF', shortServerId: 1 }])
  const { messages } = site.effect('connection')
  expect(messages).toEqual([{ type: 'rest' }])
  expect(site.runningNames).toEqual(['connection', 'timer'])
  site.clock.advanceSync(3_507_000)
  expect(messages).toEqual([{ type: 'rest' }, { type: 'wake' }])
  connect(site)
  site.clock.advanceSync(100)
  acceptUpdate(site)
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  expect(site.runningNames).toEqual(['awakeWindow', 'connection', 'timer'])
})

test.each(['transmission.waiting', 'update.requested', 'instances.changed'] as const)(
  '%s wakes the client, and an Update goes first',
  type => {
    const { site, actor } = sleepingAccount()
    actor.send({ type })
    connect(site)
    site.clock.advanceSync(100)
    expect(site.effect('update').input).toMatchObject({ includeLinks: type === 'instances.changed' })
  },
)

test('a client that slept beyond its lifetime registers', () => {
  const { site, actor } = sleepingAccount()
  actor.send({ type: 'transmission.waiting' })
  report(site, 'connection', { type: 'connect.succeeded', atMs: 3_600_000 })
  expect(site.runningNames).toEqual(['connection', 'register'])
})

test('it does not sleep while an Update is gathered or in flight, and has another window after it', () => {
  const { site, actor } = registeredAccount({ awakeSeconds: 0 })
  actor.send({ type: 'update.requested' })
  report(site, 'awakeWindow', over)
  expect(site.runningNames).toEqual(['connection'])
  site.clock.advanceSync(100)
  expect(site.runningNames).toEqual(['connection', 'update'])
  acceptUpdate(site)
  expect(site.runningNames).toEqual(['awakeWindow', 'connection', 'timer'])
  expect(site.takeTypes()).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  report(site, 'awakeWindow', over)
  expect(site.takeTypes()).toEqual(['QUEUE_MODE_RX_OFF'])
})

test.each(['connect.failed', 'connection.lost'])('waking may fail (%s), and is tried again', type => {
  const { site, actor } = sleepingAccount()
  actor.send({ type: 'transmission.waiting' })
  report(site, 'connection', { type, cause })
  expect(site.takeTypes()).toEqual(['QUEUE_MODE_RX_OFF', 'CONNECT_FAILURE'])
  site.clock.advanceSync(1000)
  connect(site)
  site.clock.advanceSync(100)
  expect(site.runningNames).toEqual(['awakeWindow', 'connection', 'update'])
})
