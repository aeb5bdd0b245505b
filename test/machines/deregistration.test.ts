import { describe, expect, test } from 'vitest'
import type { ActorRefFrom } from 'xstate'
import {
  answerRegister,
  cause,
  connect,
  location,
  registeredAccount,
  report,
  type Site,
  type simulatedAccountMachine,
  startAccount,
} from '../helpers/account-actor.ts'

type Account = ActorRefFrom<typeof simulatedAccountMachine>
interface Place {
  readonly site: Site
  readonly actor: Account
}

function asleep(): Place {
  const { site, actor } = registeredAccount({ awakeSeconds: 93 })
  report(site, 'awakeWindow', { type: 'window.over' })
  site.take()
  return { site, actor }
}

function waking(): Place {
  const { site, actor } = asleep()
  actor.send({ type: 'transmission.waiting' })
  return { site, actor }
}

function connectingAgain(): Place {
  const { site, actor } = registeredAccount()
  actor.send({ type: 'reconnect' })
  return { site, actor }
}

describe('stop', () => {
  test('while registered de-registers and then disconnects', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'stop' })
    expect(site.effect('deregister').input).toEqual({ shortServerId: 1, location })
    expect(site.runningNames).toEqual(['connection', 'deregister'])
    report(site, 'deregister', { type: 'deregister.done' })
    expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT'])
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { shortServerId: 1 } })
    expect(site.running.size + site.clock.pendingTimers).toBe(0)
  })

  test('during an Update gives the Update up', () => {
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
    report(site, effect, outcome)
    expect(site.take()).toEqual([
      { type: 'DEREGISTER', shortServerId: 1 },
      { type: 'DEREGISTER_FAILURE', shortServerId: 1, cause },
      { type: 'DISCONNECT', shortServerId: 1 },
    ])
    expect(site.running.size).toBe(0)
  })

  test('and whatever comes after it while de-registering changes nothing', () => {
    const { site, actor } = registeredAccount()
    for (const type of ['stop', 'stop', 'disable', 'enable', 'reconnect', 'update.requested'] as const) {
      actor.send({ type })
    }
    expect(site.inputs('deregister')).toHaveLength(1)
    expect(site.runningNames).toEqual(['connection', 'deregister'])
    report(site, 'deregister', { type: 'deregister.done' })
    expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT'])
    expect(actor.getSnapshot().status).toBe('done')
  })

  test('and a suspend after it ends at once', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'stop' })
    actor.send({ type: 'suspend' })
    expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT'])
    expect(site.running.size).toBe(0)
  })

  test.each<[string, () => Place]>([
    ['asleep', asleep],
    ['waking', waking],
    ['connecting with a registration', connectingAgain],
  ])('while %s opens the way to the server and de-registers', (_, begin) => {
    const { site, actor } = begin()
    actor.send({ type: 'stop' })
    expect(site.take()).toEqual([])
    connect(site)
    report(site, 'deregister', { type: 'deregister.done' })
    expect(site.takeTypes()).toEqual(['DEREGISTER', 'DISCONNECT'])
    const { messages } = site.started.find(({ name }) => name === 'connection') ?? { messages: [] }
    expect(messages.filter(({ type }) => type === 'wake').length).toBeLessThan(2)
    expect(actor.getSnapshot().status).toBe('done')
  })

  test.each<[string, () => Place]>([
    ['asleep', asleep],
    ['waking', waking],
    ['connecting with a registration', connectingAgain],
  ])('while %s takes five seconds at most, however long it waited before', (_, begin) => {
    const { site, actor } = begin()
    site.clock.advanceSync(60_000)
    actor.send({ type: 'stop' })
    site.clock.advanceSync(4_999)
    expect(actor.getSnapshot().status).toBe('active')
    site.clock.advanceSync(1)
    expect(site.takeTypes()).toEqual(['DISCONNECT'])
    expect(site.running.size + site.clock.pendingTimers).toBe(0)
  })

  test.each<[string, (place: Place) => void]>([
    ['connecting', () => {}],
    ['registering', ({ site }) => connect(site)],
    ['retrying', ({ site }) => report(site, 'connection', { type: 'connect.failed', cause })],
    ['disabled', ({ actor }) => actor.send({ type: 'disable', untilMs: 1000 })],
    ['suspended', ({ actor }) => actor.send({ type: 'suspend' })],
  ])('while %s ends at once, without a De-register', (_, begin) => {
    const { site, actor } = startAccount()
    begin({ site, actor })
    site.take()
    actor.send({ type: 'stop' })
    expect(site.take()).toEqual([{ type: 'DISCONNECT', shortServerId: 1 }])
    expect(actor.getSnapshot().status).toBe('done')
    expect(site.running.size + site.clock.pendingTimers).toBe(0)
  })

  test('of a suspended registered account disconnects without a De-register', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'suspend' })
    actor.send({ type: 'stop' })
    expect(site.takeTypes()).toEqual(['DISCONNECT'])
  })
})

describe('disable', () => {
  test('while registered: the answer goes out, then a De-register, and when the time is over a Register', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'disable', untilMs: 60_000 })
    expect(site.take()).toEqual([{ type: 'SERVER_DISABLED', shortServerId: 1, untilMs: 60_000 }])
    expect(site.runningNames).toEqual(['connection'])
    site.clock.advanceSync(100)
    report(site, 'deregister', { type: 'deregister.done' })
    expect(site.runningNames).toEqual(['timer'])
    site.clock.advanceSync(59_900)
    answerRegister(site)
    expect(site.takeTypes()).toEqual(['REGISTRATION_COMPLETE'])
  })

  test('without a time lasts until enable', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'disable' })
    site.clock.advanceSync(100)
    report(site, 'deregister', { type: 'deregister.failed', cause })
    expect(site.takeTypes()).toEqual(['SERVER_DISABLED', 'DEREGISTER_FAILURE'])
    expect(site.clock.pendingTimers).toBe(0)
    actor.send({ type: 'enable' })
    answerRegister(site)
    expect(site.takeTypes()).toEqual(['REGISTRATION_COMPLETE'])
  })

  test.each<[string, () => Place]>([
    ['asleep', asleep],
    ['waking', waking],
    ['connecting with a registration', connectingAgain],
  ])('while %s opens the way to the server and de-registers', (_, begin) => {
    const { site, actor } = begin()
    actor.send({ type: 'disable' })
    connect(site)
    report(site, 'deregister', { type: 'deregister.done' })
    expect(site.takeTypes()).toEqual(['SERVER_DISABLED'])
    expect(actor.getSnapshot().value).toBe('disabled')
  })

  test.each<[string, (place: Place) => void]>([
    ['connecting', () => {}],
    ['registering', ({ site }) => connect(site)],
    ['retrying', ({ site }) => report(site, 'connection', { type: 'connect.failed', cause })],
  ])('while %s there is nothing to de-register from', (_, begin) => {
    const { site, actor } = startAccount()
    begin({ site, actor })
    site.take()
    actor.send({ type: 'disable' })
    expect(site.takeTypes()).toEqual(['SERVER_DISABLED'])
    expect(site.runningNames).toEqual(['timer'])
  })

  test('again, on the way out or later: the last word counts, and each is announced once', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'disable', untilMs: 60_000 })
    actor.send({ type: 'disable', untilMs: 10_000 })
    site.clock.advanceSync(100)
    actor.send({ type: 'disable', untilMs: 20_000 })
    report(site, 'deregister', { type: 'deregister.done' })
    actor.send({ type: 'disable', untilMs: 30_000 })
    expect(site.take()).toEqual(
      [60_000, 10_000, 20_000, 30_000].map(untilMs => ({ type: 'SERVER_DISABLED', shortServerId: 1, untilMs })),
    )
    site.clock.advanceSync(29_800)
    expect(site.runningNames).toEqual(['timer'])
    site.clock.advanceSync(100)
    expect(site.runningNames).toEqual(['connection'])
  })

  test.each([0, 100])('an enable %i ms after it is not lost: the account leaves and comes back', waitMs => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'disable' })
    site.clock.advanceSync(waitMs)
    actor.send({ type: 'enable' })
    site.clock.advanceSync(100 - waitMs)
    report(site, 'deregister', { type: 'deregister.done' })
    answerRegister(site)
    expect(site.takeTypes()).toEqual(['SERVER_DISABLED', 'REGISTRATION_COMPLETE'])
  })

  test('a stop right after it has the De-register sent at once and ends the account', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'disable', untilMs: 60_000 })
    actor.send({ type: 'stop' })
    report(site, 'deregister', { type: 'deregister.done' })
    expect(site.takeTypes()).toEqual(['SERVER_DISABLED', 'DEREGISTER', 'DISCONNECT'])
    expect(actor.getSnapshot().status).toBe('done')
  })

  test('a stop during its De-register ends the account after that', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'disable', untilMs: 60_000 })
    site.clock.advanceSync(100)
    actor.send({ type: 'stop' })
    report(site, 'deregister', { type: 'deregister.done' })
    expect(site.takeTypes()).toEqual(['SERVER_DISABLED', 'DISCONNECT'])
  })

  test('a connection that breaks before the De-register changes nothing', () => {
    const { site, actor } = registeredAccount()
    actor.send({ type: 'disable' })
    report(site, 'connection', { type: 'connection.lost', cause })
    expect(actor.getSnapshot().value).toBe('disabled')
    expect(site.takeTypes()).toEqual(['SERVER_DISABLED'])
  })

  test('what an earlier run saved counts, without a word', () => {
    const saved = { location, version: '1.1', disabled: { untilMs: 5_000 } } as const
    const { site } = startAccount({ saved })
    expect(site.take()).toEqual([])
    site.clock.advanceSync(5_000)
    connect(site)
    expect(site.runningNames).toEqual(['connection', 'register'])
  })
})
