import { expect, test } from 'vitest'
import type { BootstrapInput } from '../../machines/bootstrap-context.ts'
import { cause, report, type Site, startBootstrap } from '../helpers/account-actor.ts'

const server = (securityInstanceId: number, holdOffSeconds = 0) => ({ securityInstanceId, holdOffSeconds })
const result = { accounts: [{ shortServerId: 1, lifetimeSeconds: 300 }], bootstrapAccounts: [] }
const finished = { type: 'transfer.finished', ...result } as const
const retry = { initialDelaySeconds: 60, maximumDelaySeconds: 600, attempts: 2 }

function connect(site: Site): void {
  report(site, 'bootstrapConnection', { type: 'connect.succeeded', atMs: site.clock.now() })
}

/** A bootstrap whose hold-off time is over. */
function requestingBootstrap(input: Partial<BootstrapInput> = {}) {
  const { site, actor } = startBootstrap(input)
  connect(site)
  site.clock.advanceSync(0)
  return { site, actor }
}

function receivingBootstrap() {
  const { site, actor } = requestingBootstrap()
  report(site, 'bootstrapRequest', { type: 'bootstrap.accepted' })
  site.take()
  return { site, actor }
}

test('asked for by the client: request, transfer, Finish, and a while in which the answer is repeated', () => {
  const { site, actor } = requestingBootstrap()
  expect(site.runningNames).toEqual(['bootstrapConnection', 'bootstrapRequest'])
  report(site, 'bootstrapRequest', { type: 'bootstrap.accepted' })
  expect(site.take()).toEqual([{ type: 'BOOTSTRAP_REG_COMPLETE', securityInstanceId: 0 }])
  expect(site.runningNames).toEqual(['bootstrapConnection', 'silence'])
  report(site, 'bootstrapConnection', finished)
  expect(site.take()).toEqual([{ type: 'BOOTSTRAP_TRANSFER_COMPLETE', securityInstanceId: 0 }])
  site.clock.advanceSync(3499)
  expect(site.runningNames).toEqual(['bootstrapConnection'])
  site.clock.advanceSync(1)
  expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { type: 'finished' } })
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
})

test('begun by the server within the hold-off time (/0/x/11): the client does not ask', () => {
  const { site } = startBootstrap({ accounts: [server(0, 30)] })
  connect(site)
  site.clock.advanceSync(29_999)
  report(site, 'bootstrapConnection', { type: 'transfer.begun' })
  site.clock.advanceSync(60_000)
  expect(site.inputs('bootstrapRequest')).toEqual([])
  report(site, 'bootstrapConnection', finished)
  expect(site.takeTypes()).toEqual(['BOOTSTRAP_REG_COMPLETE', 'BOOTSTRAP_TRANSFER_COMPLETE'])
})

test('the client asks when the hold-off time is over', () => {
  const { site } = startBootstrap({ accounts: [server(0, 30)] })
  connect(site)
  site.clock.advanceSync(29_999)
  expect(site.runningNames).toEqual(['bootstrapConnection'])
  site.clock.advanceSync(1)
  expect(site.runningNames).toEqual(['bootstrapConnection', 'bootstrapRequest'])
})

test('a Finish that overtakes the answer to the Bootstrap-Request counts', () => {
  const { site } = requestingBootstrap()
  report(site, 'bootstrapConnection', finished)
  expect(site.takeTypes()).toEqual(['BOOTSTRAP_REG_COMPLETE', 'BOOTSTRAP_TRANSFER_COMPLETE'])
})

test('a Bootstrap-Pack brings everything at once', () => {
  const { site } = requestingBootstrap({ pack: true })
  expect(site.runningNames).toEqual(['bootstrapConnection', 'bootstrapPack'])
  report(site, 'bootstrapConnection', finished)
  expect(site.inputs('bootstrapRequest')).toEqual([])
  expect(site.takeTypes()).toEqual(['BOOTSTRAP_REG_COMPLETE', 'BOOTSTRAP_TRANSFER_COMPLETE'])
})

test('a server without a Bootstrap-Pack is asked for the rest in the common way', () => {
  const { site } = requestingBootstrap({ pack: true })
  report(site, 'bootstrapPack', { type: 'pack.refused' })
  expect(site.runningNames).toEqual(['bootstrapConnection', 'bootstrapRequest'])
})

test('a refused Finish: its answer goes out before the connection, and what was written, goes', () => {
  const { site } = receivingBootstrap()
  report(site, 'bootstrapConnection', { type: 'transfer.refused', cause })
  site.clock.advanceSync(3499)
  expect(site.runningNames).toEqual(['bootstrapConnection'])
  expect(site.take()).toEqual([])
  site.clock.advanceSync(1)
  expect(site.runningNames).toEqual(['timer'])
  expect(site.take()).toEqual([
    { type: 'BOOTSTRAP_RETRY', securityInstanceId: 0, cause, failedAttempts: 1, retryDelayMs: 1000 },
  ])
})

test('a server that falls silent during the transfer has failed', () => {
  const { site } = receivingBootstrap()
  expect(site.effect('silence').input).toEqual({ securityInstanceId: 0, limitSeconds: 247 })
  report(site, 'silence', { type: 'silence.tooLong' })
  expect(site.take()).toMatchObject([{ type: 'BOOTSTRAP_RETRY', cause: { code: 'TRANSFER_TIMEOUT' } }])
})

test('a server that goes on without an end has failed after an hour', () => {
  const { site } = receivingBootstrap()
  site.clock.advanceSync(3_599_999)
  expect(site.take()).toEqual([])
  site.clock.advanceSync(1)
  expect(site.take()).toMatchObject([{ type: 'BOOTSTRAP_RETRY', cause: { code: 'TRANSFER_TIMEOUT' } }])
})

test.each<[string, (site: Site) => void]>([
  ['connection', site => report(site, 'bootstrapConnection', { type: 'connect.failed', cause })],
  [
    'request',
    site => {
      connect(site)
      site.clock.advanceSync(0)
      report(site, 'bootstrapRequest', { type: 'bootstrap.failed', cause })
    },
  ],
])('a failed %s is announced and tried again, until the attempts are used up', (_, fail) => {
  const { site, actor } = startBootstrap({ retry })
  fail(site)
  expect(site.take()).toEqual([
    { type: 'BOOTSTRAP_RETRY', securityInstanceId: 0, cause, failedAttempts: 1, retryDelayMs: 60_000 },
  ])
  site.clock.advanceSync(60_000)
  fail(site)
  expect(site.take()).toEqual([])
  expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { type: 'failed', cause } })
  expect(site.running.size + site.clock.pendingTimers).toBe(0)
})

test('several accounts are tried in turn, each once a round, and the wait is between the rounds', () => {
  const { site, actor } = startBootstrap({ accounts: [server(0), server(3), server(5)], retry })
  const tried: unknown[] = []
  for (let attempt = 0; attempt < 6; attempt++) {
    tried.push(site.effect('bootstrapConnection').input.securityInstanceId)
    report(site, 'bootstrapConnection', { type: 'connect.failed', cause })
    site.clock.advanceSync(attempt === 2 ? 60_000 : 0)
  }
  expect(tried).toEqual([0, 3, 5, 0, 3, 5])
  expect(site.take()).toMatchObject([
    { securityInstanceId: 0, failedAttempts: 0, retryDelayMs: 0 },
    { securityInstanceId: 3, failedAttempts: 0, retryDelayMs: 0 },
    { securityInstanceId: 5, failedAttempts: 1, retryDelayMs: 60_000 },
    { securityInstanceId: 0, failedAttempts: 1, retryDelayMs: 0 },
    { securityInstanceId: 3, failedAttempts: 1, retryDelayMs: 0 },
  ])
  expect(actor.getSnapshot().status).toBe('done')
})

test('reconnect begins an attempt anew, and makes one that waits now', () => {
  const { site, actor } = receivingBootstrap()
  actor.send({ type: 'reconnect' })
  expect(site.runningNames).toEqual(['bootstrapConnection'])
  report(site, 'bootstrapConnection', { type: 'connect.failed', cause })
  actor.send({ type: 'reconnect' })
  expect(site.runningNames).toEqual(['bootstrapConnection'])
  expect(site.clock.pendingTimers).toBe(0)
})

test('reconnect leaves a bootstrap that has succeeded alone', () => {
  const { site, actor } = receivingBootstrap()
  report(site, 'bootstrapConnection', finished)
  actor.send({ type: 'reconnect' })
  site.clock.advanceSync(3500)
  expect(actor.getSnapshot().output).toEqual({ type: 'finished' })
})
