import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { bootstrapAccounts, serverAccounts } from '../../objects/account.ts'
import type { ObjectDefinition, ResourceDefinition } from '../../objects/definition.ts'
import { security12 } from '../../objects/definitions/security.ts'
import { server10, server12 } from '../../objects/definitions/server.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { ObjectStore } from '../../objects/store.ts'
import type { Value } from '../../objects/value.ts'

function setUp(server: ObjectDefinition = server12) {
  const store = new ObjectStore()
  for (const definition of [security12, server]) store.define(definition)
  return { store, objects: new ObjectsApi(store) }
}

const key = Uint8Array.of(1, 2, 3)
const secret = { publicKeyOrIdentity: key, serverPublicKey: key, secretKey: key }

/** A store with the Security instance /0/0 of server 1 and its Server instance /1/0. */
function oneAccount() {
  const { store, objects } = setUp()
  objects.create(security12, 0, {
    lwm2mServerUri: 'coap://one',
    bootstrapServer: false,
    securityMode: 3,
    shortServerId: 1,
  })
  const server = objects.create(server12, 0, { shortServerId: 1, lifetime: 60 })
  return { store, objects, server, account: () => serverAccounts(store)[0] }
}

test('server accounts join Server and Security by Short Server ID and hold no secret', () => {
  const { store, objects } = setUp()
  const secure = (uri: string, shortServerId: number, bootstrapServer = false) =>
    objects.create(security12, undefined, {
      lwm2mServerUri: uri,
      bootstrapServer,
      securityMode: 0,
      shortServerId,
      ...secret,
    })
  secure('coaps://bootstrap', 1, true)
  secure('coaps://one', 101)
  secure('coaps://two', 102)
  secure('coaps://two-again', 102)
  objects.create(server12, 0, { shortServerId: 102, lifetime: 300, binding: 'UQ', defaultMaximumPeriod: 60n })
  objects.create(server12, 1, { shortServerId: 101, lifetime: -5 })
  objects.create(server12, 2, { shortServerId: 999 })
  objects.create(server12, 3, { shortServerId: 1 })
  const accounts = serverAccounts(store)
  expect(accounts.map(({ uri, shortServerId }) => [uri, shortServerId])).toEqual([
    ['coaps://two', 102],
    ['coaps://one', 101],
  ])
  expect(accounts[0]).toEqual({
    securityInstanceId: 2,
    serverInstanceId: 0,
    shortServerId: 102,
    uri: 'coaps://two',
    securityMode: 'psk',
    sni: undefined,
    lifetimeSeconds: 300,
    binding: 'UQ',
    defaultPminSeconds: 0,
    defaultPmaxSeconds: 60,
    disableTimeoutSeconds: 86400,
    storesNotifications: false,
    registrationPriority: undefined,
    initialDelaySeconds: 0,
    failureBlock: false,
    bootstrapOnFailure: true,
    communicationRetryCount: undefined,
    communicationRetryTimerSeconds: undefined,
    sequenceDelaySeconds: undefined,
    sequenceRetryCount: undefined,
    preferredTransport: undefined,
    supportedVersions: undefined,
  })
  expect(accounts[1]).toMatchObject({ lifetimeSeconds: 86400, binding: 'U', defaultPmaxSeconds: undefined })
  store.set([1, 1, 1], 0)
  expect(serverAccounts(store)[1]?.lifetimeSeconds).toBe(0)
})

test('how to register and what to do when it fails (LwM2M Core 1.2.2 §E.2, resources 13 to 25)', () => {
  const { server, account } = oneAccount()
  server.set({
    registrationPriorityOrder: 7,
    initialRegistrationDelayTimer: 8,
    registrationFailureBlock: true,
    bootstrapOnRegistrationFailure: false,
    communicationRetryCount: 3,
    communicationRetryTimer: 10,
    communicationSequenceDelayTimer: 100,
    communicationSequenceRetryCount: 0,
    preferredTransport: 'T',
    supportedServerVersions: { 0: '1.2', 5: '1.0' },
  })
  expect(account()).toMatchObject({
    registrationPriority: 7,
    initialDelaySeconds: 8,
    failureBlock: true,
    bootstrapOnFailure: false,
    communicationRetryCount: 3,
    communicationRetryTimerSeconds: 10,
    sequenceDelaySeconds: 100,
    sequenceRetryCount: 0,
    preferredTransport: 'T',
    supportedVersions: ['1.0', '1.2'],
  })
})

test('a Server object of version 1.0 has none of it', () => {
  const { store, objects } = setUp(server10)
  objects.create(security12, 0, {
    lwm2mServerUri: 'coap://one',
    bootstrapServer: false,
    securityMode: 3,
    shortServerId: 1,
  })
  objects.create(server10, 0, { shortServerId: 1, lifetime: 60 })
  expect(serverAccounts(store)).toMatchObject([{ bootstrapOnFailure: true, supportedVersions: undefined }])
})

test('times stay within what can be waited for', () => {
  const { server, account } = oneAccount()
  server.set({
    lifetime: 2n ** 63n - 1n,
    defaultMinimumPeriod: 2n ** 62n,
    initialRegistrationDelayTimer: 2n ** 64n - 1n,
    communicationRetryTimer: 2 ** 33,
    communicationSequenceDelayTimer: 2 ** 32 - 1,
  })
  expect(account()).toMatchObject({
    lifetimeSeconds: 4294967295,
    defaultPminSeconds: 4294967295,
    initialDelaySeconds: 4294967295,
    communicationRetryTimerSeconds: 4294967295,
    sequenceDelaySeconds: 4294967295,
  })
})

test.each(['', 'UQ', 'u', 'T\n', 'X'])('the preferred transport %j is none', preferredTransport => {
  const { server, account } = oneAccount()
  server.set({ preferredTransport })
  expect(account()?.preferredTransport).toBeUndefined()
})

test.each<[string[], string[] | undefined]>([
  [[], undefined],
  [['2.0', '1.10', 'x'], undefined],
  [
    ['1.2', '1.1', '1.2', '9.9'],
    ['1.1', '1.2'],
  ],
  [['1.0 '], undefined],
])('of the supported versions %j the client knows %j', (written, known) => {
  const { server, account } = oneAccount()
  server.set({ supportedServerVersions: Object.fromEntries(written.entries()) })
  expect(account()?.supportedVersions).toEqual(known)
})

test('bootstrap accounts are the Security instances of bootstrap servers', () => {
  const { store, objects } = setUp()
  const secure = (lwm2mServerUri: string, values: object) =>
    objects.create(security12, undefined, { lwm2mServerUri, bootstrapServer: true, securityMode: 0, ...values })
  secure('coaps://one', { ...secret, clientHoldOffTime: 5, bootstrapServerAccountTimeout: 600, sni: 'name' })
  secure('coaps://server', { bootstrapServer: false, shortServerId: 1 })
  secure('coap://two', { securityMode: 3, bootstrapServerAccountTimeout: 0, clientHoldOffTime: -1 })
  secure('', {})
  store.remove([0, secure('coap://no-mode', {}).instanceId, 2])
  secure('coap://for-ever', { clientHoldOffTime: 2n ** 40n, sni: '' })
  expect(bootstrapAccounts(store)).toEqual([
    {
      securityInstanceId: 0,
      uri: 'coaps://one',
      securityMode: 'psk',
      sni: 'name',
      holdOffSeconds: 5,
      accountTimeoutSeconds: 600,
    },
    {
      securityInstanceId: 2,
      uri: 'coap://two',
      securityMode: 'noSec',
      sni: undefined,
      holdOffSeconds: 0,
      accountTimeoutSeconds: undefined,
    },
    {
      securityInstanceId: 5,
      uri: 'coap://for-ever',
      securityMode: 'psk',
      sni: undefined,
      holdOffSeconds: 4294967295,
      accountTimeoutSeconds: undefined,
    },
  ])
})

/** The definition with every resource of this type and without ranges, as an application could bring it. */
function retyped(definition: ObjectDefinition, type: ResourceDefinition['type'], multiple: boolean): ObjectDefinition {
  const resources = Object.entries(definition.resources).map(([name, { id }]): [string, ResourceDefinition] => [
    name,
    { id, type, operations: 'RW', multiple },
  ])
  return { ...definition, resources: Object.fromEntries(resources) }
}

/** A type with a value for every resource of the Server object. */
const typed = fc.oneof(
  ...Object.entries({
    string: fc.oneof(fc.string(), fc.constantFrom('1', '1.1', 'coap://x')),
    integer: fc.oneof(fc.integer(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
    float: fc.double({ noNaN: true, noDefaultInfinity: true }),
    boolean: fc.boolean(),
    opaque: fc.uint8Array(),
    objectLink: fc.constant({ objectId: 1, instanceId: 65535 }),
  } satisfies { readonly [T in ResourceDefinition['type']]?: fc.Arbitrary<Value> }).map(([type, value]) =>
    fc.record({
      type: fc.constant(type as ResourceDefinition['type']),
      values: fc.array<Value>(value as fc.Arbitrary<Value>, { minLength: 32, maxLength: 32 }),
    }),
  ),
)

test('whatever is written, and by whatever definition, an account is sound', () => {
  let seen = 0
  fc.assert(
    fc.property(typed, fc.boolean(), ({ type, values }, multiple) => {
      const { store, objects } = setUp(retyped(server12, type, multiple))
      objects.create(security12, 0, { lwm2mServerUri: 'coap://one', securityMode: 3, shortServerId: 1 })
      store.createInstance(1, 0)
      for (const { id } of store.resources(1)) {
        const value = values[id] as Value
        store.set([1, 0, id], multiple ? { 0: value } : value)
      }
      if (!multiple && (type === 'integer' || type === 'float')) store.set([1, 0, 0], 1)
      for (const account of serverAccounts(store)) {
        seen++
        for (const [name, value] of Object.entries(account)) {
          if (!name.endsWith('Seconds') || value === undefined) continue
          expect(Number.isInteger(value) && value >= 0 && value < 2 ** 32, name).toBe(true)
        }
        expect([account.shortServerId, account.binding]).toEqual([1, 'U'])
      }
    }),
    { seed: 1, numRuns: 500 },
  )
  expect(seen).toBeGreaterThan(50)
})
