import { describe, expect, test } from 'vitest'
import { server10 } from '../../../objects/definitions/server.ts'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { Code } from '../../../transport/coap/message.ts'
import { OptionNumber, uintOption } from '../../../transport/coap/options.ts'
import { encodeOperation } from '../../../transport/lwm2m/downlink.ts'
import { errorResponse } from '../../helpers/client-site.ts'
import { anotherBootstrapServer, anotherServer, bootstrapScenario, scenario } from '../../helpers/scenario.ts'
import { accountSession, writeAccount, writeInstance } from '../../helpers/scripted-bootstrap-server.ts'
import { absent, binding, isTcp, serverUri } from '../../helpers/transport.ts'

const retry = { initialDelaySeconds: 2, maximumDelaySeconds: 60, attempts: 3 }
const knownServer = { uri: serverUri('10.0.0.2'), shortServerId: 7 }

describe('Bootstrap-Request', () => {
  test('names the endpoint and the preferred format', async () => {
    const { site, bootstrap } = await bootstrapScenario()
    site.client.start()
    await site.clock.advance(1_000)
    expect(bootstrap.requests).toMatchObject([{ code: Code.post, path: '/bs', query: ['ep=device', 'pct=112'] }])
  })

  test('names no format in LwM2M 1.0, which knows no such parameter', async () => {
    const { site, bootstrap } = await bootstrapScenario({ client: { versions: ['1.0'] } })
    site.client.start()
    await site.clock.advance(1_000)
    expect(bootstrap.requests[0]?.query).toEqual(['ep=device'])
  })

  test('is not sent by a client whose factory accounts work', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    await site.clock.advance(3_600_000)
    expect(bootstrap.requests).toEqual([])
  })

  test('waits for the hold-off time, /0/x/11', async () => {
    const { site, bootstrap } = await bootstrapScenario({ holdOffSeconds: 30 })
    const startedMs = site.clock.now()
    site.client.start()
    await site.clock.advance(120_000)
    expect(bootstrap.requests.map(({ atMs }) => atMs - startedMs)).toEqual([30_000])
    expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
  })

  test('is not needed when the server begins within the hold-off time', async () => {
    const { site, bootstrap } = await bootstrapScenario({ holdOffSeconds: 30 })
    site.client.start()
    await site.clock.advance(10_000)
    await site.clock.until(bootstrap.begin())
    await site.clock.until(site.client.registered())
    expect(bootstrap.requests).toEqual([])
    expect(bootstrap.responseCodes).toEqual([Code.deleted, Code.deleted, Code.changed, Code.changed, Code.changed])
    expect(site.eventTypes).toEqual(['BOOTSTRAP_REG_COMPLETE', 'BOOTSTRAP_TRANSFER_COMPLETE', 'REGISTRATION_COMPLETE'])
  })

  test('is retransmitted and tried again with growing delays while the server is silent', async () => {
    const { site, bootstrap } = await bootstrapScenario({ client: { bootstrapRetry: { ...retry, attempts: 4 } } })
    bootstrap.script.silent = true
    site.client.start()
    await site.clock.advance(3_600_000)
    const failures = site.events.flatMap(event => (event.type === 'BOOTSTRAP_RETRY' ? [event] : []))
    expect(failures.map(({ failedAttempts, retryDelayMs }) => [failedAttempts, retryDelayMs])).toEqual([
      [1, 2_000],
      [2, 4_000],
      [3, 8_000],
    ])
    expect(site.events.at(-1)).toMatchObject({ type: 'BOOTSTRAP_REG_FAILURE', fatal: true })
  })
})

describe('a session', () => {
  test('Discover, Read, Delete, Write and Finish', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      session: [
        { kind: 'bootstrapDiscover', path: [] },
        { kind: 'bootstrapRead', path: [1] },
        { kind: 'bootstrapDelete', path: [] },
        ...writeAccount(),
        writeInstance('/3303/0', { 5700: 3 }),
        { kind: 'bootstrapFinish' },
      ],
    })
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(bootstrap.responseCodes).toEqual([
      Code.content,
      Code.content,
      Code.deleted,
      Code.changed,
      Code.changed,
      Code.changed,
      Code.changed,
    ])
    expect(Buffer.from(bootstrap.responses[0]?.payload ?? []).toString()).toContain('</0/0>')
    expect(site.client.objects.get('/3303/0/5700')).toBe(3)
  })

  test('is followed by a Register with the accounts that it wrote', async () => {
    const { site } = await bootstrapScenario({ session: accountSession({ shortServerId: 99, server: { 1: 120 } }) })
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(site.uplinks[0]?.query).toContain('lt=120')
    expect(site.events.at(-1)).toMatchObject({ type: 'REGISTRATION_COMPLETE', shortServerId: 99, lifetimeSeconds: 120 })
  })

  test('brings several servers at once', async () => {
    const { site } = await bootstrapScenario({
      session: accountSession({}, { host: '10.0.0.3', shortServerId: 8, securityInstanceId: 2, serverInstanceId: 1 }),
    })
    const other = await anotherServer(site, '10.0.0.3')
    site.client.start()
    await site.clock.until(site.client.registered())
    expect([site.uplinks.length, other.uplinks.length]).toEqual([1, 1])
  })

  test('that writes a server with a URI that is none is accepted; the others register all the same', async () => {
    const wrong = { shortServerId: 8, securityInstanceId: 2, serverInstanceId: 1 }
    const { site, bootstrap } = await bootstrapScenario({
      session: accountSession({}, wrong).map(operation =>
        operation.kind === 'bootstrapWrite' && operation.path[0] === 0 && operation.path[1] === 2
          ? writeInstance('/0/2', { 0: 'nonsense', 1: false, 2: 3, 10: 8 })
          : operation,
      ),
    })
    site.client.start()
    await site.clock.advance(5_000)
    expect(bootstrap.responseCodes.at(-1)).toBe(Code.changed)
    expect(site.events).toContainEqual(expect.objectContaining({ type: 'REGISTRATION_COMPLETE', shortServerId: 7 }))
    expect(site.events).toContainEqual(expect.objectContaining({ type: 'CONNECT_FAILURE', shortServerId: 8 }))
  })

  test('that writes a server with security: no connection without it', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      session: [
        writeInstance('/0/1', { 0: serverUri('10.0.0.2'), 1: false, 2: 3, 10: 7 }),
        writeInstance('/0/2', { 0: 'coaps://10.0.0.2:5683', 1: false, 2: 3, 10: 8 }),
        writeInstance('/1/0', { 0: 7, 1: 300, 6: false, 7: binding }),
        writeInstance('/1/1', { 0: 8, 1: 300, 6: false, 7: binding }),
        { kind: 'bootstrapFinish' },
      ],
    })
    site.client.start()
    await site.clock.advance(5_000)
    expect(bootstrap.responseCodes.at(-1)).toBe(Code.changed)
    expect(site.uplinks).toHaveLength(1)
    expect(site.events).toContainEqual(expect.objectContaining({ type: 'CONNECT_FAILURE', shortServerId: 8 }))
  })

  test('leaves the time of the bootstrap in /1/x/12', async () => {
    const { site } = await bootstrapScenario()
    site.client.start()
    await site.clock.until(site.client.registered())
    const atSeconds = Math.floor(site.clock.now() / 1000)
    const written = site.client.objects.get('/1/0/12') as number
    expect(written).toBeLessThanOrEqual(atSeconds)
    expect(written).toBeGreaterThan(atSeconds - 5)
  })

  test('may last as long as it likes, if the server is heard of now and then', async () => {
    const { site, bootstrap } = await bootstrapScenario({ session: [] })
    site.client.start()
    for (let minute = 0; minute < 12; minute += 3) {
      await site.clock.advance(180_000)
      const read = bootstrap.begin([{ kind: 'bootstrapRead', path: [1] }])
      await site.clock.until(read)
    }
    await site.clock.until(bootstrap.begin(accountSession()))
    await site.clock.until(site.client.registered())
    expect(site.eventTypes).not.toContain('BOOTSTRAP_RETRY')
  })

  test('fails when the server falls silent for EXCHANGE_LIFETIME', async () => {
    const { site, bootstrap } = await bootstrapScenario({ session: writeAccount() })
    site.client.start()
    await site.clock.advance(240_000)
    expect(site.eventTypes).toEqual(['BOOTSTRAP_REG_COMPLETE'])
    bootstrap.script.session = accountSession()
    await site.clock.until(site.client.registered())
    expect(site.events[1]).toMatchObject({ type: 'BOOTSTRAP_RETRY', cause: { code: 'TRANSFER_TIMEOUT' } })
  })

  test('that writes accounts which cannot work gets 4.06, is undone, and is tried again', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      session: [writeInstance('/1/5', { 0: 5, 1: 60, 6: false, 7: binding }), { kind: 'bootstrapFinish' }],
    })
    site.client.start()
    await site.clock.advance(3_600)
    expect(bootstrap.responseCodes).toEqual([Code.changed, Code.notAcceptable])
    expect(site.events.at(-1)).toMatchObject({ type: 'BOOTSTRAP_RETRY', cause: { code: 'INCONSISTENT' } })
    expect(site.client.objects.get('/1/5/0')).toBeUndefined()
    bootstrap.script.session = accountSession()
    await site.clock.until(site.client.registered())
  })

  test('is refused to a server that is no Bootstrap-Server', async () => {
    const { site } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    const codes: number[] = []
    for (const operation of accountSession({ shortServerId: 66 }))
      codes.push((await site.request(encodeOperation(operation))).code)
    for (const code of codes) expect(code).toBeGreaterThanOrEqual(Code.badRequest)
    expect(site.client.objects.get('/1/0/0')).toBe(7)
  })

  test('is undone by a stop in the middle of it', async () => {
    const session = accountSession({ shortServerId: 66 }).slice(0, -1)
    const { site } = await bootstrapScenario({ servers: [knownServer], session })
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(1_000)
    expect(site.client.objects.get('/1/0/0')).toBe(66)
    await site.clock.until(site.client.stop())
    expect(site.client.objects.get('/1/0/0')).toBe(7)
  })

  test('is undone by suspend, and begins anew on resume', async () => {
    const { site, bootstrap } = await bootstrapScenario({ session: writeAccount() })
    site.client.start()
    await site.clock.advance(1_000)
    site.client.suspend()
    site.network.clear()
    expect(site.client.objects.get('/1/0/0')).toBeUndefined()
    bootstrap.script.session = accountSession()
    await site.clock.advance(600_000)
    expect(bootstrap.requests).toHaveLength(1)
    site.client.resume()
    await site.clock.until(site.client.registered())
    expect(bootstrap.requests).toHaveLength(2)
  })
})

describe('an account timeout, /0/x/12', () => {
  test('purges the Bootstrap-Server Account that long after the bootstrap', async () => {
    const { site, bootstrap } = await bootstrapScenario({ accountTimeoutSeconds: 600 })
    site.client.start()
    await site.clock.until(site.client.registered())
    await site.clock.advance(590_000)
    expect(site.client.objects.get('/0/0/1')).toBe(true)
    await site.clock.advance(20_000)
    expect(site.client.objects.get('/0/0/1')).toBeUndefined()
    site.client.bootstrap()
    await site.clock.advance(60_000)
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.eventTypes.filter(type => type !== 'REG_UPDATE' && type !== 'REG_UPDATE_COMPLETE')).toEqual([
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_TRANSFER_COMPLETE',
      'REGISTRATION_COMPLETE',
    ])
  })

  test('is not reached by stop and start', async () => {
    const { site } = await bootstrapScenario({ accountTimeoutSeconds: 600 })
    site.client.start()
    await site.clock.until(site.client.registered())
    await site.clock.until(site.client.stop())
    await site.register()
    await site.clock.advance(610_000)
    expect(site.client.objects.get('/0/0/1')).toBeUndefined()
  })

  test('that passes while the client is suspended counts when it resumes', async () => {
    const { site } = await bootstrapScenario({ accountTimeoutSeconds: 600 })
    site.client.start()
    await site.clock.until(site.client.registered())
    site.client.suspend()
    await site.clock.advance(3_600_000)
    site.client.resume()
    await site.clock.advance(1_000)
    expect(site.client.objects.get('/0/0/1')).toBeUndefined()
  })
})

describe('several Bootstrap-Server Accounts', () => {
  const bootstraps = [{ uri: serverUri('10.0.0.8') }, { uri: serverUri('10.0.0.9') }]

  test('are tried in turn, and a round of all of them is followed by the wait', async () => {
    const { site, bootstrap: second } = await bootstrapScenario({
      client: { bootstrap: bootstraps, bootstrapRetry: retry },
    })
    const first = await anotherBootstrapServer(site, '10.0.0.8')
    const order: number[] = []
    for (const [index, { script }] of [first, second].entries()) {
      script.answer = () => {
        order.push(index)
        return errorResponse(Code.badRequest)
      }
    }
    site.client.start()
    await site.clock.advance(60_000)
    expect(order).toEqual([0, 1, 0, 1, 0, 1])
    const delays = site.events.flatMap(event =>
      event.type === 'BOOTSTRAP_RETRY' ? [[event.securityInstanceId, event.retryDelayMs]] : [],
    )
    expect(delays).toEqual([
      [0, 0],
      [1, 2_000],
      [0, 0],
      [1, 4_000],
      [0, 0],
    ])
    expect(site.events.at(-1)).toMatchObject({ type: 'BOOTSTRAP_REG_FAILURE', fatal: true })
  })

  test('the second does when the first is not there', async () => {
    const { site, bootstrap: second } = await bootstrapScenario({ client: { bootstrap: bootstraps } })
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(second.requests).toHaveLength(1)
    expect(site.events[0]).toMatchObject({
      type: 'BOOTSTRAP_RETRY',
      securityInstanceId: 0,
      cause: { code: absent.code },
    })
  })

  test('what the first left half done is not there for the second', async () => {
    const { site, bootstrap: second } = await bootstrapScenario({ client: { bootstrap: bootstraps } })
    const unfinished = writeAccount({ serverInstanceId: 9, securityInstanceId: 9, shortServerId: 9 })
    await anotherBootstrapServer(site, '10.0.0.8', unfinished)
    second.script.session = accountSession({ securityInstanceId: 2 })
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(site.client.objects.get('/1/9/0')).toBeUndefined()
  })
})

describe('Bootstrap-Request Trigger, /1/x/9', () => {
  test('the answer reaches the server, then the client bootstraps, and its new accounts register', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    const response = await site.operate({ kind: 'execute', path: [1, 0, 9], arguments: '' })
    expect(response.code).toBe(Code.changed)
    expect(bootstrap.requests).toEqual([])
    await site.clock.advance(5_000)
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.eventTypes.slice(1)).toEqual([
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_TRANSFER_COMPLETE',
      'REGISTRATION_COMPLETE',
    ])
    expect(site.uplinks.map(({ path }) => path)).toEqual(['/rd', '/rd'])
  })

  test('the answer reaches a server far away', async () => {
    const { site } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    site.network.conditions = { ...site.network.conditions, delayMs: [400, 400] }
    const response = await site.operate({ kind: 'execute', path: [1, 0, 9], arguments: '' })
    expect(response.code).toBe(Code.changed)
  })

  test('twice is once', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    await site.operate({ kind: 'execute', path: [1, 0, 9], arguments: '' })
    await site.operate({ kind: 'execute', path: [1, 0, 9], arguments: '' })
    await site.clock.advance(60_000)
    expect(bootstrap.requests).toHaveLength(1)
  })

  test('is 4.05 without a Bootstrap-Server Account', async () => {
    const site = await scenario()
    await site.register()
    expect((await site.operate({ kind: 'execute', path: [1, 0, 9], arguments: '' })).code).toBe(Code.methodNotAllowed)
    await site.clock.advance(1_000)
    expect(site.eventTypes).toEqual(['REGISTRATION_COMPLETE'])
  })

  test('of a client that is offline waits until it is online again', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    site.client.enterOffline()
    site.client.bootstrap()
    await site.clock.advance(60_000)
    expect(bootstrap.requests).toEqual([])
    site.client.exitOffline()
    await site.clock.advance(5_000)
    expect(bootstrap.requests).toHaveLength(1)
  })

  test('of a client that sleeps wakes it', async () => {
    const client = { queueMode: { awakeSeconds: 20 } }
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer], client })
    await site.register()
    await site.clock.advance(30_000)
    site.client.bootstrap()
    await site.clock.advance(5_000)
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.eventTypes.slice(1)).toEqual([
      'QUEUE_MODE_RX_OFF',
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_TRANSFER_COMPLETE',
      'REGISTRATION_COMPLETE',
    ])
  })

  test('is forgotten by a stop that follows at once, which leaves no timer', async () => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer] })
    await site.register()
    await site.operate({ kind: 'execute', path: [1, 0, 9], arguments: '' })
    await site.clock.until(site.client.stop())
    await site.register()
    await site.clock.advance(60_000)
    expect(bootstrap.requests).toEqual([])
  })
})

describe('Bootstrap-Pack', () => {
  const client = { bootstrapPack: true, bootstrapRetry: { ...retry, attempts: 1 } }
  const pack = (...records: readonly object[]) => ({
    code: Code.content,
    options: [uintOption(OptionNumber.contentFormat, 110)],
    payload: Buffer.from(JSON.stringify(records)),
  })
  const account = [
    { bn: '/0/1/', n: '0', vs: serverUri('10.0.0.2') },
    { n: '1', vb: false },
    { n: '2', v: 3 },
    { n: '10', v: 7 },
    { bn: '/1/3/', n: '0', v: 7 },
    { n: '1', v: 600 },
    { n: '6', vb: false },
    { n: '7', vs: binding },
  ]

  test('one answer brings everything', async () => {
    const { site, bootstrap } = await bootstrapScenario({ client })
    bootstrap.script.answer = () => pack(...account, { bn: '/3303/4/', n: '5700', v: 8 })
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(bootstrap.requests).toMatchObject([{ code: Code.get, path: '/bspack', query: ['ep=device', 'acc=</0/0>'] }])
    expect(site.eventTypes).toEqual(['BOOTSTRAP_REG_COMPLETE', 'BOOTSTRAP_TRANSFER_COMPLETE', 'REGISTRATION_COMPLETE'])
    expect(site.uplinks[0]?.query).toContain('lt=600')
    expect(site.client.objects.get('/3303/4/5700')).toBe(8)
    expect(site.client.objects.get('/0/0/1')).toBe(true)
  })

  test('replaces the accounts there were', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      servers: [{ uri: serverUri('10.0.0.66'), shortServerId: 66 }],
      client: { ...client, retry },
    })
    bootstrap.script.answer = () => pack(...account)
    site.client.start()
    site.client.bootstrap()
    await site.clock.advance(5_000)
    expect(site.client.objects.get('/1/0/0')).toBeUndefined()
    expect(site.client.objects.get('/1/3/0')).toBe(7)
    expect(site.events.at(-1)).toMatchObject({ type: 'REGISTRATION_COMPLETE', shortServerId: 7 })
  })

  test.each([
    ['whose accounts cannot work', pack(...account.slice(4))],
    ['that cannot be read', pack({ n: 'nonsense' })],
    ['in an unknown format', { ...pack(...account), options: [uintOption(OptionNumber.contentFormat, 9_999)] }],
  ])('one %s is refused and changes nothing', async (_name, answer) => {
    const { site, bootstrap } = await bootstrapScenario({ servers: [knownServer], client })
    bootstrap.script.answer = () => answer
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(5_000)
    expect(site.events[1]).toMatchObject({ type: 'BOOTSTRAP_REG_FAILURE', cause: { code: 'INCONSISTENT' } })
    expect(site.client.objects.get('/1/0/0')).toBe(7)
    expect(site.eventTypes.slice(2)).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
  })

  test('a server that has none is asked by a Bootstrap-Request', async () => {
    const { site, bootstrap } = await bootstrapScenario({ client })
    bootstrap.script.answer = ({ path }) => (path === '/bspack' ? errorResponse(Code.notFound) : undefined)
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(bootstrap.requests.map(({ path }) => path)).toEqual(['/bspack', '/bs'])
  })

  test('that comes while the application holds the lock waits for it', async () => {
    const { site, bootstrap } = await bootstrapScenario({ client })
    bootstrap.script.answer = () => pack(...account)
    const unlock = site.client.objects.lock()
    site.client.start()
    await site.clock.advance(5_000)
    expect(site.client.objects.get('/1/3/0')).toBeUndefined()
    unlock()
    await site.clock.until(site.client.registered())
  })
})

test('an account that the application has deleted is an attempt that failed; one it has changed counts as it is', async () => {
  const { site, bootstrap } = await bootstrapScenario({
    servers: [knownServer],
    client: { bootstrapRetry: { ...retry, attempts: 1 } },
  })
  const moved = await anotherBootstrapServer(site, '10.0.0.8')
  await site.register()
  site.client.bootstrap()
  await site.clock.advance(5_000)
  site.client.objects.set('/0/0/0', serverUri('10.0.0.8'))
  site.client.bootstrap()
  await site.clock.advance(5_000)
  expect([bootstrap.requests.length, moved.requests.length]).toEqual([1, 1])
  site.client.objects.delete('/0/0')
  site.client.bootstrap()
  await site.clock.advance(5_000)
  expect(site.events).toContainEqual(expect.objectContaining({ type: 'BOOTSTRAP_REG_FAILURE', fatal: false }))
  expect(site.eventTypes.slice(-2)).toEqual(['REG_UPDATE', 'REG_UPDATE_COMPLETE'])
})

test('reconnect ends the wait for the next attempt', async () => {
  const { site, bootstrap } = await bootstrapScenario({
    client: { bootstrapRetry: { initialDelaySeconds: 600, maximumDelaySeconds: 600 } },
  })
  bootstrap.script.answer = () => (bootstrap.requests.length === 1 ? errorResponse(Code.badRequest) : undefined)
  site.client.start()
  await site.clock.advance(10_000)
  expect(bootstrap.requests).toHaveLength(1)
  site.client.reconnect()
  await site.clock.advance(10_000)
  expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
})

test('enterOffline ends an attempt, exitOffline begins another', async () => {
  const { site, bootstrap } = await bootstrapScenario({ session: [] })
  site.client.start()
  await site.clock.advance(10_000)
  site.client.enterOffline()
  bootstrap.script.session = accountSession()
  await site.clock.advance(600_000)
  expect(bootstrap.requests).toHaveLength(1)
  site.client.exitOffline()
  await site.clock.advance(10_000)
  expect(site.eventTypes.at(-1)).toBe('REGISTRATION_COMPLETE')
})

describe('a bootstrap that fails leaves the accounts before at work', () => {
  test('the registration is kept and told by an Update', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      servers: [knownServer],
      session: accountSession({ shortServerId: 66 }).slice(0, -1),
      client: { bootstrapRetry: { ...retry, attempts: 1 } },
    })
    site.client.objects.set('/1/0/1', 3_600)
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(10_000)
    expect(bootstrap.responseCodes).toHaveLength(4)
    expect(site.client.objects.get('/1/0/0')).toBe(66)
    await site.clock.advance(300_000)
    expect(site.client.objects.get('/1/0/0')).toBe(7)
    expect(site.eventTypes.slice(1)).toEqual([
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_REG_FAILURE',
      'REG_UPDATE',
      'REG_UPDATE_COMPLETE',
    ])
    expect(site.uplinks.at(-1)?.path).toBe('/rd/r1')
  })

  test('what the application has changed meanwhile stays, and is told by the Update', async () => {
    const { site } = await bootstrapScenario({
      servers: [{ ...knownServer, lifetimeSeconds: 3_600 }],
      session: accountSession({ shortServerId: 66 }).slice(0, -1),
      client: { bootstrapRetry: { ...retry, attempts: 1 } },
    })
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(10_000)
    site.client.objects.set('/3303/0/5700', 8)
    site.client.objects.create(temperature, 1)
    await site.clock.advance(300_000)
    expect(site.client.objects.get('/3303/0/5700')).toBe(8)
    expect(site.uplinks.at(-1)).toMatchObject({ path: '/rd/r1', payload: expect.stringContaining('</3303/1>') })
  })

  test('the registration is made anew when its lifetime has passed meanwhile', async () => {
    const { site } = await bootstrapScenario({
      servers: [{ ...knownServer, lifetimeSeconds: 60 }],
      session: [],
      client: { bootstrapRetry: { ...retry, attempts: 1 } },
    })
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(300_000)
    expect(site.eventTypes.slice(1, 4)).toEqual([
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_REG_FAILURE',
      'REGISTRATION_COMPLETE',
    ])
  })

  test('what the application did meanwhile stays, and is told', async () => {
    const { site } = await bootstrapScenario({
      servers: [knownServer],
      session: [...accountSession({ shortServerId: 66 }).slice(0, -1), writeInstance('/3303/1', { 5700: 3 })],
      client: { bootstrapRetry: { ...retry, attempts: 1 } },
    })
    site.client.objects.set('/1/0/1', 3_600)
    await site.register()
    site.client.bootstrap()
    await site.clock.advance(10_000)
    site.sensor.set({ sensorValue: 30 })
    site.client.objects.create(temperature, 5, { sensorValue: 31 })
    expect(site.client.objects.get('/3303/1/5700')).toBe(3)
    await site.clock.advance(300_000)
    expect(site.client.objects.get('/1/0/0')).toBe(7)
    expect(site.client.objects.get('/3303/0/5700')).toBe(30)
    expect(site.client.objects.get('/3303/5/5700')).toBe(31)
    expect(site.client.objects.get('/3303/1/5700')).toBeUndefined()
    expect(site.uplinks.at(-1)).toMatchObject({ path: '/rd/r1' })
    expect(site.uplinks.at(-1)?.payload).toContain('</3303/5>')
  })

  test('the attributes that a server attached are kept', async () => {
    const { site } = await bootstrapScenario({
      servers: [knownServer],
      session: [{ kind: 'bootstrapDelete', path: [] }, { kind: 'bootstrapFinish' }],
      client: { bootstrapRetry: { ...retry, attempts: 1 } },
    })
    await site.register()
    await site.operate({ kind: 'writeAttributes', path: [3303, 0, 5700], attributes: ['pmin=60'] })
    site.client.bootstrap()
    await site.clock.advance(10_000)
    const response = await site.operate({ kind: 'discover', path: [3303, 0, 5700] })
    expect(Buffer.from(response.payload).toString()).toContain('pmin=60')
  })

  test('what was observed before is still observed', async () => {
    const { site } = await bootstrapScenario({
      servers: [knownServer],
      session: [{ kind: 'bootstrapDelete', path: [] }, { kind: 'bootstrapFinish' }],
      client: { bootstrapRetry: { ...retry, attempts: 1 } },
    })
    await site.register()
    const { notifications } = await site.observe('/3303/0/5700')
    site.client.bootstrap()
    await site.clock.advance(10_000)
    expect(site.eventTypes).toContain('BOOTSTRAP_REG_FAILURE')
    site.client.objects.set('/3303/0/5700', 30)
    await site.clock.advance(1_000)
    expect(notifications.at(-1)?.payload).toBe('30')
  })
})

describe('bootstrap when the registration has failed', () => {
  test('a client whose server stays away bootstraps, and registers with the new one', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      servers: [{ uri: serverUri('10.0.0.77'), shortServerId: 7 }],
      client: { retry },
    })
    site.client.start()
    await site.clock.until(site.client.registered())
    expect(bootstrap.requests).toHaveLength(1)
    expect(site.eventTypes).toEqual([
      absent.type,
      absent.type,
      absent.type,
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_TRANSFER_COMPLETE',
      'REGISTRATION_COMPLETE',
    ])
  })

  test('not when /1/x/16 forbids it: NETWORK_ERROR', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      servers: [{ uri: serverUri('10.0.0.77'), shortServerId: 7 }],
      client: { retry },
    })
    site.client.objects.set('/1/0/16', false)
    site.client.start()
    await site.clock.advance(3_600_000)
    expect(bootstrap.requests).toEqual([])
    expect(site.eventTypes).toEqual([absent.type, absent.type, absent.type, 'NETWORK_ERROR'])
  })

  test('when the Bootstrap-Server fails too, the server account is tried again', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      servers: [{ uri: serverUri('10.0.0.3'), shortServerId: 7 }],
      client: { retry, bootstrapRetry: { ...retry, attempts: 1 } },
    })
    bootstrap.script.answer = () => errorResponse(Code.badRequest)
    site.client.start()
    await site.clock.advance(400_000)
    expect(site.eventTypes.slice(0, 4)).toEqual([absent.type, absent.type, absent.type, 'BOOTSTRAP_REG_FAILURE'])
    await anotherServer(site, '10.0.0.3')
    await site.clock.until(site.client.registered())
  })

  test('counts begin anew: the bootstrap has all its attempts', async () => {
    const { site, bootstrap } = await bootstrapScenario({
      servers: [{ uri: serverUri('10.0.0.77'), shortServerId: 7 }],
      client: { retry, bootstrapRetry: retry },
    })
    bootstrap.script.answer = () => (bootstrap.requests.length < 3 ? errorResponse(Code.badRequest) : undefined)
    site.client.start()
    await site.clock.until(site.client.registered())
    const failures = site.events.flatMap(event => (event.type === 'BOOTSTRAP_RETRY' ? [event.retryDelayMs] : []))
    expect(failures).toEqual([2_000, 4_000])
  })
})

test('a Server object of version 1.0, without /1/x/9 and /1/x/12, bootstraps as well', async () => {
  const { site } = await bootstrapScenario({ client: { objects: [server10] } })
  site.client.start()
  await site.clock.until(site.client.registered())
  expect(site.client.objects.get('/1/0/0')).toBe(7)
})

// A stream loses no answer.
test.skipIf(isTcp)('a lost answer to the Bootstrap-Finish is given again', async () => {
  const { site, bootstrap } = await bootstrapScenario({ session: [] })
  site.client.start()
  await site.clock.advance(5_000)
  const session = bootstrap.begin(accountSession().slice(0, -1))
  await site.clock.until(session)
  const finish = bootstrap.begin([{ kind: 'bootstrapFinish' }])
  const send = site.network.send.bind(site.network)
  // The request has left; its answer will not arrive.
  site.network.send = (bytes, from, to) => {
    if (to.host !== '10.0.0.9') send(bytes, from, to)
  }
  await site.clock.advance(500)
  site.network.send = send
  await site.clock.until(finish)
  expect(bootstrap.responseCodes.at(-1)).toBe(Code.changed)
})
