import { afterAll, beforeAll, it, type TestContext, vi } from 'vitest'
import type { ClientOptions } from '../../../index.ts'
import { describePeer } from '../peer-suite.ts'
import { Relay } from '../relay.ts'
import { changed, content } from './answers.ts'
import {
  type BootstrapConfiguration,
  exchangesOf,
  type LeshanBootstrap,
  type ServerConfiguration,
  startLeshanBootstrap,
} from './bootstrap.ts'
import { type Leshan, leshanInstall, leshanPrograms, startLeshan } from './leshan.ts'
import { LifecycleClient, sensorValue, temperature10 } from './lifecycle-client.ts'

const bootstrapRequestTrigger = '/1/1/9'
const requested = 'Bootstrap-Request pct=112: 2.04'
const registered = (lifetimeSeconds: number) => `Register lwm2m=1.1 lt=${lifetimeSeconds}: 2.01`

const onlyOnce = { initialDelaySeconds: 0.1, maximumDelaySeconds: 0.1, attempts: 1 }

/** Two attempts a second apart, the same once more after a second, then the client gives up (/1/x/17–20). */
const soonExhausted: Partial<ServerConfiguration> = {
  communicationRetryCount: 2,
  communicationRetryTimer: 1,
  sequenceDelayTimer: 1,
  sequenceRetryCount: 2,
}

describePeer('Leshan 2.0.0-M15 as bootstrap server and M18 as server', leshanPrograms, leshanInstall, () => {
  let leshan: Leshan
  let bootstrap: LeshanBootstrap

  beforeAll(async () => {
    const starting = [startLeshan(), startLeshanBootstrap()] as const
    leshan = await starting[0]
    bootstrap = await starting[1]
  })
  afterAll(() => Promise.all([leshan?.close(), bootstrap?.close()]))

  async function site({ onTestFinished }: TestContext, options: Partial<ClientOptions> = {}) {
    const lifecycle = new LifecycleClient({
      bootstrap: { uri: bootstrap.coapUri },
      bootstrapRetry: { initialDelaySeconds: 0.1, maximumDelaySeconds: 0.1, attempts: 2 },
      versions: ['1.1'],
      ...options,
    })
    const { client, endpoint, requests, told } = lifecycle
    const events = await leshan.events(endpoint)
    const sessions = await bootstrap.events(endpoint)
    onTestFinished(() => client.stop())
    return { lifecycle, client, endpoint, requests, told, events, sessions }
  }

  /** The server account 1 with instances 1, written over what was there before. */
  function accountOf(uri: string, account: Partial<ServerConfiguration> = {}): BootstrapConfiguration {
    return {
      toDelete: ['/0', '/1'],
      security: { 1: { uri, securityMode: 'NO_SEC', serverId: 1 } },
      servers: { 1: { shortId: 1, lifetime: 60, ...account } },
    }
  }

  it.concurrent('Client-Initiated Bootstrap, then Register with the server it was given', async context => {
    const { expect } = context
    const { client, endpoint, requests, told, sessions } = await site(context)
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    client.start()
    await client.registered()

    expect(exchangesOf(sessions)).toEqual([
      'BootstrapDelete /0: DELETED(202)',
      'BootstrapDelete /1: DELETED(202)',
      'BootstrapWrite /0/1 SENML_CBOR: CHANGED(204)',
      'BootstrapWrite /1/1 SENML_CBOR: CHANGED(204)',
      'BootstrapFinish: CHANGED(204)',
    ])
    expect(requests).toEqual([requested, registered(60)])
    expect(told.history.map(({ type }) => type)).toEqual([
      'BOOTSTRAP_REG_COMPLETE',
      'BOOTSTRAP_TRANSFER_COMPLETE',
      'REGISTRATION_COMPLETE',
    ])
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
    expect(await leshan.read(endpoint, '/1/1/1')).toEqual(content({ '/1/1/1': 60 }))
  })

  it.concurrent('Bootstrap-Discover of a client of LwM2M 1.2, which then registers as 1.1', async context => {
    const { expect } = context
    const { client, endpoint, requests, sessions } = await site(context, { versions: ['1.2', '1.1'] })
    await bootstrap.configure(endpoint, { ...accountOf(leshan.coapUri), autoIdForSecurityObject: true })
    client.start()
    await client.registered()
    expect(exchangesOf(sessions)[0]).toBe('BootstrapDiscover /: CONTENT(205)')
    expect(requests).toEqual([requested, 'Register lwm2m=1.2 lt=60: 4.12', registered(60)])
  })

  it.concurrent('Client Hold Off Time: Bootstrap-Request after it', async context => {
    const { expect } = context
    const { client, endpoint, sessions } = await site(context, {
      bootstrap: { uri: bootstrap.coapUri, holdOffSeconds: 1 },
    })
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    const startedMs = performance.now()
    client.start()
    expect((await sessions.next('AUTHORIZED')).atMs - startedMs).toBeGreaterThan(1_000)
    await client.registered()
  })

  it.concurrent('Bootstrap-Request is 4.00 without a configuration: the client asks again', async context => {
    const { expect } = context
    const { client, endpoint, requests, told } = await site(context)
    client.start()
    expect((await told.next('BOOTSTRAP_RETRY')).data).toMatchObject({ failedAttempts: 1, cause: { code: 'REJECTED' } })
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    await client.registered()
    expect(requests).toEqual(['Bootstrap-Request pct=112: 4.00', requested, registered(60)])
  })

  it.concurrent('Bootstrap-Finish is 4.06: all is undone, and the client asks again', async context => {
    const { expect } = context
    const { client, endpoint, requests, told, sessions } = await site(context)
    await bootstrap.configure(endpoint, inconsistent(accountOf(leshan.coapUri)))
    client.start()
    expect((await sessions.next('FAILED')).data.cause).toBe('FINISH_FAILED')
    await bootstrap.configure(endpoint, { ...accountOf(leshan.coapUri), toDelete: [] })
    expect((await told.next('BOOTSTRAP_RETRY')).data.cause.code).toBe('INCONSISTENT')

    await client.registered()
    expect(requests).toEqual([requested, requested, registered(60)])
    expect(client.objects.get('/0/2/0')).toBe(undefined)
  })

  it.concurrent('a Bootstrap-Server that cannot be reached: the next has its turn', async context => {
    const { expect } = context
    const { client, endpoint, requests, told } = await site(context, {
      bootstrap: [{ uri: await uriOfNobody() }, { uri: bootstrap.coapUri }],
    })
    await bootstrap.configure(endpoint, { ...accountOf(leshan.coapUri), autoIdForSecurityObject: true, toDelete: [] })
    client.start()
    await client.registered()
    expect((await told.next('BOOTSTRAP_RETRY')).data).toMatchObject({ securityInstanceId: 0, retryDelayMs: 0 })
    expect(requests).toEqual(['Bootstrap-Request pct=112', requested, registered(60)])
  })

  it.concurrent('Bootstrap-Request Trigger: another session, Register with what it wrote', async context => {
    const { expect } = context
    const { client, endpoint, requests, told, events, sessions } = await site(context)
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    client.start()
    await client.registered()
    const first = (await sessions.next('FINISHED')).data

    await bootstrap.configure(endpoint, accountOf(leshan.coapUri, { lifetime: 120 }))
    expect(await leshan.execute(endpoint, bootstrapRequestTrigger)).toEqual(changed)
    expect((await sessions.next('FINISHED')).data.session).not.toBe(first.session)
    await events.next('REGISTRATION', ({ lifetime }) => lifetime === 120)
    await told.next('REGISTRATION_COMPLETE', ({ lifetimeSeconds }) => lifetimeSeconds === 120)
    expect(requests).toEqual([requested, registered(60), requested, registered(120)])
    expect(await leshan.read(endpoint, '/1/1/1')).toEqual(content({ '/1/1/1': 120 }))
    expect(events.history.map(({ type }) => type)).toEqual(['REGISTRATION', 'DEREGISTRATION', 'REGISTRATION'])
  })

  it.concurrent('Bootstrap-Request Trigger in vain: the client goes on with the server it had', async context => {
    const { expect } = context
    const { client, endpoint, requests, told, events } = await site(context)
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    client.start()
    await client.registered()
    await leshan.observe(endpoint, sensorValue)

    await bootstrap.forget(endpoint)
    expect(await leshan.execute(endpoint, bootstrapRequestTrigger)).toEqual(changed)
    expect((await told.next('BOOTSTRAP_REG_FAILURE')).data).toMatchObject({ cause: { code: 'REJECTED' }, fatal: false })
    await told.next('REG_UPDATE_COMPLETE')
    const refused = 'Bootstrap-Request pct=112: 4.00'
    expect(requests).toEqual([requested, registered(60), refused, refused, 'Update: 2.04'])
    client.objects.set(sensorValue, 22)
    expect((await events.next('NOTIFICATION')).data.val).toEqual({ [sensorValue]: 22 })
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 22 }))
  })

  it.concurrent('a session that fails: what the application changed meanwhile stays, and is told', async context => {
    const { expect } = context
    const { client, endpoint, told, events, sessions } = await site(context, { bootstrapRetry: onlyOnce })
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    client.start()
    await client.registered()

    await bootstrap.configure(endpoint, inconsistent(accountOf(leshan.coapUri, { lifetime: 120 })))
    expect(await leshan.execute(endpoint, bootstrapRequestTrigger)).toEqual(changed)
    expect((await sessions.next('FAILED')).data.cause).toBe('FINISH_FAILED')
    client.objects.set(sensorValue, 22)
    client.objects.create(temperature10, 1, { sensorValue: 8 })
    await told.next('BOOTSTRAP_REG_FAILURE')

    const { registration } = (await events.next('UPDATED')).data
    expect(registration.lifetime).toBe(60)
    expect(registration.objectLinks.map(({ url }) => url)).toContain('/3303/1')
    expect(await leshan.read(endpoint, '/1/1/1')).toEqual(content({ '/1/1/1': 60 }))
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 22 }))
    expect(await leshan.read(endpoint, '/3303/1/5700')).toEqual(content({ '/3303/1/5700': 8 }))
  })

  it.concurrent('Bootstrap-Request Trigger of a client in queue mode: it sleeps again afterwards', async context => {
    const { expect } = context
    const { client, endpoint, told, requests } = await site(context, { queueMode: { awakeSeconds: 1 } })
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    client.start()
    await client.registered()
    expect(await leshan.execute(endpoint, bootstrapRequestTrigger)).toEqual(changed)
    await told.next('BOOTSTRAP_TRANSFER_COMPLETE')
    await told.next('BOOTSTRAP_TRANSFER_COMPLETE')
    await told.next('QUEUE_MODE_RX_OFF')
    const registeredToSleep = 'Register lwm2m=1.1 lt=60 Q: 2.01'
    expect(requests).toEqual([requested, registeredToSleep, requested, registeredToSleep])
  })

  it.concurrent('Suspend while it bootstraps: all is undone, and on resume the client begins anew', async context => {
    const { expect } = context
    const { lifecycle, client, endpoint, told, requests } = await site(context)
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    let isFirst = true
    // Before the session comes to its end, which takes no time.
    lifecycle.onAsked = path => {
      if (path !== '/1/1' || !isFirst) return
      isFirst = false
      client.suspend()
    }
    client.start()
    await told.next('ENGINE_SUSPENDED')
    expect(client.objects.get('/1/1/1')).toBe(undefined)
    client.resume()
    await client.registered()
    expect(requests.slice(-2)).toEqual([requested, registered(60)])
  })

  it.concurrent('Bootstrap-Server Account Timeout: the account is purged, Bootstrap-Request Trigger is 4.05', async context => {
    const { expect } = context
    const { client, endpoint } = await site(context, {
      bootstrap: { uri: bootstrap.coapUri, accountTimeoutSeconds: 1 },
    })
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri))
    client.start()
    await client.registered()
    await vi.waitFor(() => expect(client.objects.get('/0/0/0')).toBe(undefined), 5_000)
    expect((await leshan.execute(endpoint, bootstrapRequestTrigger)).status).toBe('METHOD_NOT_ALLOWED(405)')
  })

  it.concurrent('Bootstrap-Request Trigger is 4.05 without a Bootstrap-Server Account', async context => {
    const { expect } = context
    const { client, endpoint } = await site(context, {
      bootstrap: [],
      servers: [{ uri: leshan.coapUri, shortServerId: 1 }],
    })
    client.start()
    await client.registered()
    expect((await leshan.execute(endpoint, '/1/0/9')).status).toBe('METHOD_NOT_ALLOWED(405)')
  })

  it.concurrent('the server disappears: after the retries of /1/x/17 to 20 the client bootstraps to another', async context => {
    const { expect, onTestFinished } = context
    const doomed = await startLeshan()
    onTestFinished(() => doomed.close())
    const { client, endpoint, requests, told } = await site(context)
    await bootstrap.configure(endpoint, accountOf(doomed.coapUri, soonExhausted))
    client.start()
    await client.registered()

    await doomed.close()
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri, { lifetime: 90 }))
    client.update()
    await told.next('REGISTRATION_COMPLETE', ({ lifetimeSeconds }) => lifetimeSeconds === 90)
    const unanswered = 'Register lwm2m=1.1 lt=60'
    expect(requests).toEqual([
      requested,
      registered(60),
      'Update',
      unanswered,
      unanswered,
      unanswered,
      unanswered,
      requested,
      registered(90),
    ])
    expect(await leshan.read(endpoint, sensorValue)).toEqual(content({ [sensorValue]: 21.5 }))
  })

  it.concurrent('the server falls silent: after the retries of the application the client bootstraps', async context => {
    const { expect, onTestFinished } = context
    const relay = await Relay.start(leshan.coapUri)
    onTestFinished(() => relay.close())
    const { client, endpoint, told, requests } = await site(context, {
      retry: { initialDelaySeconds: 0.1, maximumDelaySeconds: 0.1, attempts: 2 },
      coap: { ackTimeoutMs: 100, maxRetransmit: 1 },
    })
    await bootstrap.configure(endpoint, accountOf(relay.uri))
    client.start()
    await client.registered()

    relay.silence()
    await bootstrap.configure(endpoint, accountOf(leshan.coapUri, { lifetime: 90 }))
    client.update()
    await told.next('REGISTRATION_COMPLETE', ({ lifetimeSeconds }) => lifetimeSeconds === 90, 10_000)
    const failures = told.history.filter(({ type }) => type === 'REG_TIMEOUT').map(({ data }) => data)
    expect(failures).toMatchObject([
      { failedAttempts: 0, cause: { code: 'TIMEOUT' } },
      { failedAttempts: 1, retryDelayMs: 100 },
      { failedAttempts: 2 },
    ])
    expect(requests.slice(-2)).toEqual([requested, registered(90)])
  })

  it.concurrent('the server disappears, and /1/x/16 forbids to bootstrap: the client gives up', async context => {
    const { expect } = context
    const { client, endpoint, requests, told } = await site(context)
    const account = { communicationRetryCount: 1, sequenceRetryCount: 1, bootstrapOnRegistrationFailure: false }
    await bootstrap.configure(endpoint, accountOf(await uriOfNobody(), account))
    client.start()
    await told.next('NETWORK_ERROR')
    expect(requests).toEqual([requested, 'Register lwm2m=1.1 lt=60'])
  })
})

/** With a Security instance to which there is no Server instance: Bootstrap-Finish is answered with 4.06. */
function inconsistent({ security, ...rest }: BootstrapConfiguration): BootstrapConfiguration {
  return { ...rest, security: { ...security, 2: { uri: 'coap://none.example', securityMode: 'NO_SEC', serverId: 2 } } }
}

/** A port on which nobody listens. */
async function uriOfNobody(): Promise<string> {
  const relay = await Relay.start('coap://127.0.0.1:5683')
  const { uri } = relay
  relay.close()
  return uri
}
