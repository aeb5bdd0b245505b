import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { formatOf } from '../../objects/formats/formats.ts'
import type { PathValue } from '../../objects/path-value.ts'
import {
  type BootstrapConfig,
  bootstrapOf,
  type ClientBootstrap,
  parseBootstrapConfig,
} from '../../server/bootstrap-config.ts'
import { planWrites, presumedInstances } from '../../server/bootstrap-plan.ts'
import { BootstrapConfigError } from '../../server/errors.ts'

const account = { uri: 'coap://10.0.0.2', shortServerId: 1 }
const psk = { mode: 'psk', identity: 'me', key: { hex: 'c0ffee00' } }

const parse = (clients: unknown) => parseBootstrapConfig(JSON.stringify({ clients }))
const parseClient = (client: unknown) => bootstrapOf(parse({ '*': client }), 'any') as ClientBootstrap
const parseServer = (server: unknown) => parseClient({ servers: [server] }).servers[0]

/** Values by the last id of their path. */
const byId = (values: readonly PathValue[] | undefined) =>
  Object.fromEntries((values ?? []).map(({ path, value }) => [path.join('/'), value]))

const text = (value: string) => Buffer.from(value)

describe('what a client gets', () => {
  test('by its name, or else by "*"', () => {
    const config = parse({ dev1: { pack: true }, '*': {} })
    expect(bootstrapOf(config, 'dev1')).toMatchObject({ pack: true })
    expect(bootstrapOf(config, 'dev2')).toMatchObject({ pack: false })
    expect(bootstrapOf(parse({ dev1: {} }), 'dev2')).toBeUndefined()
    expect(bootstrapOf(parse({ dev1: {} }), '__proto__')).toBeUndefined()
  })

  test('the defaults', () => {
    expect(parseClient({})).toEqual({
      discover: true,
      read: [],
      delete: [],
      servers: [],
      writes: [],
      contentFormat: undefined,
      pack: false,
    })
    expect(parseClient({ servers: [account] }).delete).toEqual([[0], [1]])
    expect(parseClient({ servers: [account], delete: [] }).delete).toEqual([])
  })

  test('all there is', () => {
    const client = parseClient({
      discover: false,
      read: ['/1', '/2/0'],
      delete: ['/', '/2', '/3303/1'],
      servers: [{ ...account, securityInstanceId: 5, serverInstanceId: 6 }],
      write: [{ path: '/2/0', values: { objectId: 3, 1: 0, acl: { 1: 15 }, accessControlOwner: 1 } }],
      format: 'senmlJson',
      pack: true,
    })
    expect(client).toMatchObject({
      discover: false,
      read: [[1], [2, 0]],
      delete: [[], [2], [3303, 1]],
      servers: [{ shortServerId: 1, securityInstanceId: 5, serverInstanceId: 6 }],
      contentFormat: 110,
      pack: true,
    })
    expect(client.writes).toEqual([
      {
        path: [2, 0],
        values: [
          { path: [2, 0, 0], value: 3 },
          { path: [2, 0, 1], value: 0 },
          { path: [2, 0, 2, 1], value: 15 },
          { path: [2, 0, 3], value: 1 },
        ],
      },
    ])
  })
})

describe('a server account', () => {
  const none = new Uint8Array()

  test('without security', () => {
    const server = parseServer({ ...account, lifetimeSeconds: 60, binding: 'UQ' })
    expect(byId(server?.security)).toEqual({ 0: account.uri, 1: false, 2: 3, 3: none, 4: none, 5: none, 10: 1 })
    expect(byId(server?.server)).toEqual({ 0: 1, 1: 60, 6: true, 7: 'UQ' })
  })

  test('the lifetime that nobody names', () => {
    expect(byId(parseServer(account)?.server)).toMatchObject({ 1: 86_400 })
  })

  const modes = [
    [psk, { 2: 0, 3: text('me'), 4: none, 5: Buffer.from('c0ffee00', 'hex') }],
    [
      { ...psk, identity: { hex: 'ff' }, key: { base64: 'AP8=' } },
      { 3: Buffer.from([255]), 5: Buffer.from([0, 255]) },
    ],
    [
      { mode: 'rpk', publicKey: { hex: '01' }, serverPublicKey: { hex: '02' }, privateKey: { hex: '03' } },
      { 2: 1, 3: Buffer.from([1]), 4: Buffer.from([2]), 5: Buffer.from([3]) },
    ],
    [
      {
        mode: 'x509',
        certificate: { text: 'a' },
        serverCertificate: { text: 'b' },
        privateKey: { text: 'c' },
        sni: 'd',
      },
      { 2: 2, 3: text('a'), 4: text('b'), 5: text('c'), 14: 'd' },
    ],
  ] as const
  test.each(modes)('with security %j', (security, expected) => {
    expect(byId(parseServer({ ...account, uri: 'coaps://10.0.0.2', security })?.security)).toMatchObject(expected)
  })

  test.each([
    ['coap://h', 'U'],
    ['coap+tcp://h', 'T'],
  ])('the binding of %s is %s by default', (uri, binding) => {
    expect(byId(parseServer({ ...account, uri })?.server)).toMatchObject({ 7: binding })
  })

  test('further resources of its Server instance, by name or id', () => {
    const server = {
      communicationRetryCount: 3,
      registrationPriorityOrder: 1,
      registrationFailureBlock: true,
      notificationStoringWhenDisabledOrOffline: false,
      2: 10,
      apnLink: '11:0',
      supportedServerVersions: { 0: '1.1', 1: '1.2' },
    }
    expect(parseServer({ ...account, server })?.server).toEqual([
      { path: [0], value: 1 },
      { path: [1], value: 86_400 },
      { path: [2], value: 10 },
      { path: [6], value: false },
      { path: [7], value: 'U' },
      { path: [10], value: { objectId: 11, instanceId: 0 } },
      { path: [13], value: 1 },
      { path: [15], value: true },
      { path: [17], value: 3 },
      { path: [25, 0], value: '1.1' },
      { path: [25, 1], value: '1.2' },
    ])
  })
})

describe('a write', () => {
  const values = (write: unknown, definitions: Parameters<typeof parseBootstrapConfig>[1] = []) =>
    bootstrapOf(parseBootstrapConfig(JSON.stringify({ clients: { '*': { write: [write] } } }), definitions), 'any')
      ?.writes[0]

  test('of a resource, of a multiple resource', () => {
    expect(values({ path: '/3/0/14', value: '+01:00' })?.values).toEqual([{ path: [3, 0, 14], value: '+01:00' }])
    expect(values({ path: '/2/0/2', value: { 1: 15, 2: 1 } })?.values).toEqual([
      { path: [2, 0, 2, 1], value: 15 },
      { path: [2, 0, 2, 2], value: 1 },
    ])
  })

  test('of an object that the server does not know: a value is what it looks like', () => {
    const write = {
      path: '/5000/1',
      values: { 4: { hex: 'ff' }, 1: 'a', 2: true, 3: 1.5, 5: { 0: 1, 7: { text: 'b' } } },
    }
    expect(byId(values(write)?.values)).toEqual({
      '5000/1/1': 'a',
      '5000/1/2': true,
      '5000/1/3': 1.5,
      '5000/1/4': Buffer.from([255]),
      '5000/1/5/0': 1,
      '5000/1/5/7': text('b'),
    })
  })

  test('of an object whose definition it was given, by name', () => {
    const write = { path: '/3303/0', values: { sensorUnits: 'Cel' } }
    expect(values(write, [temperature])?.values).toEqual([{ path: [3303, 0, 5701], value: 'Cel' }])
    expect(() => values(write)).toThrow(
      'clients["*"].write[0].values.sensorUnits is no resource of an object known here',
    )
  })

  test('64-bit integers keep their digits', () => {
    const document = '{"clients": {"*": {"write": [{"path": "/5000/0/1", "value": 9223372036854775807}]}}}'
    const config = parseBootstrapConfig(document)
    expect(bootstrapOf(config, '')?.writes[0]?.values[0]?.value).toBe(9_223_372_036_854_775_807n)
  })
})

const at = 'clients["*"]'
const server = `${at}.servers[0]`
const secure = { ...account, uri: 'coaps://h' }
const withSecurity = (security: unknown) => ({ servers: [{ ...secure, security }] })
const withWrite = (write: unknown) => ({ write: [write] })

const faults: [client: unknown, message: string][] = [
  [[], `${at} is not an object`],
  [
    { server: [] },
    `${at}.server is not known here; known are discover, read, delete, servers, write, format, pack, identity`,
  ],
  [{ discover: 1 }, `${at}.discover is not true or false`],
  [{ pack: 'yes' }, `${at}.pack is not true or false`],
  [{ format: 'json' }, `${at}.format is none of tlv, senmlJson, senmlCbor, lwm2mCbor`],
  [{ read: ['/1', '/0'] }, `${at}.read[1] is not /1, /2 or one of their instances`],
  [{ delete: ['/3/0/1'] }, `${at}.delete[0] is no object or instance`],
  [{ delete: ['3/x'] }, `${at}.delete[0] is no path; write one such as "/3/0"`],
  [{ delete: '/1' }, `${at}.delete is not a list`],
  [{ servers: [{}] }, `${server}.shortServerId is missing; write a whole number from 1 to 65534`],
  [{ servers: [{ shortServerId: 1 }] }, `${server}.uri is missing; write a text`],
  [{ servers: [{ ...account, shortServerId: 0 }] }, `${server}.shortServerId is not a whole number from 1 to 65534`],
  [{ servers: [{ ...account, shortServerId: 1.5 }] }, `${server}.shortServerId is not a whole number from 1 to 65534`],
  [{ servers: [{ ...account, lifetime: 5 }] }, `${server}.lifetime is not known here; known are uri, `],
  [
    { servers: [{ ...account, lifetimeSeconds: -1 }] },
    `${server}.lifetimeSeconds is not a whole number from 0 to 2147483647`,
  ],
  [{ servers: [{ ...account, binding: 'X' }] }, `${server}.binding is no binding; write "U" for UDP`],
  [{ servers: [{ ...account, uri: 'http://h' }] }, `${server}.uri cannot be used: "http://h" is no server URI: `],
  [{ servers: [{ ...account, uri: `coap://${'h'.repeat(250)}` }] }, `${server}.uri is longer than 255 characters`],
  [
    { servers: [{ ...account, uri: 'coaps://h' }] },
    `${server}.security is needed with a coaps URI; write for example `,
  ],
  [{ servers: [{ ...account, security: psk }] }, `${server}.uri is not secured; write a coaps URI`],
  [
    { servers: [{ ...account, uri: 'coaps+tcp://h' }] },
    `${server}.security is needed with a coaps+tcp URI; write for example `,
  ],
  [
    { servers: [{ ...account, uri: 'coap+tcp://h', security: psk }] },
    `${server}.uri is not secured; write a coaps+tcp URI`,
  ],
  [
    { servers: [{ ...account, uri: 'coaps+tcp://h', security: { mode: 'rpk' } }] },
    `${server}.uri is over TLS, which has no raw public keys; use psk or x509, or a coaps URI`,
  ],
  [{ servers: [account, account] }, `${at}.servers[1].shortServerId is 1 in two servers`],
  [
    {
      servers: [
        { ...account, serverInstanceId: 3 },
        { ...account, shortServerId: 2, serverInstanceId: 3 },
      ],
    },
    `${at}.servers[1].serverInstanceId is 3 in two servers`,
  ],
  [withSecurity({}), `${server}.security.mode is missing; write a text`],
  [withSecurity({ mode: 'toString' }), `${server}.security.mode is none of psk, rpk, x509, noSec`],
  [withSecurity({ ...psk, key: 'c0ffee00' }), `${server}.security.key is no bytes; write {"hex": "…"}, `],
  [withSecurity({ ...psk, key: { hex: 'c0f' } }), `${server}.security.key.hex is not hex`],
  [withSecurity({ ...psk, key: { base64: 'AP8' } }), `${server}.security.key.base64 is not base64`],
  [withSecurity({ ...psk, key: { text: '' } }), `${server}.security.key is empty`],
  [withSecurity({ ...psk, key: {} }), `${server}.security.key has other than one of hex, base64, text`],
  [withSecurity({ ...psk, key: { hex: '', text: '' } }), `${server}.security.key has other than one of hex, `],
  [withSecurity({ ...psk, key: { file: 'a' } }), `${server}.security.key.file is not known here; known are hex, `],
  [withSecurity({ mode: 'psk', key: psk.key }), `${server}.security.identity is missing; write a text`],
  [withSecurity({ ...psk, secretKey: { hex: '00' } }), `${server}.security.secretKey is already set by the account`],
  [withSecurity({ ...psk, 0: 'coap://x' }), `${server}.security.0 is already set by the account`],
  [
    withSecurity({ ...psk, matchingType: 4 }),
    `${server}.security.matchingType cannot be written: matchingType is out of`,
  ],
  [{ servers: [{ ...account, server: { lifetime: 5 } }] }, `${server}.server.lifetime is already set by the account`],
  [{ servers: [{ ...account, server: { disable: 1 } }] }, `${server}.server.disable can be executed, not written`],
  [
    { servers: [{ ...account, server: { trigger: 'x' } }] },
    `${server}.server.trigger cannot be written: trigger: expected a `,
  ],
  [{ servers: [{ ...account, server: { apnLink: '1' } }] }, `${server}.server.apnLink is no object link; write one `],
  [
    { servers: [{ ...account, server: { 2: 1, defaultMinimumPeriod: 1 } }] },
    `${server}.server.defaultMinimumPeriod is given twice`,
  ],
  [
    { servers: [{ ...account, server: { constructor: 1 } }] },
    `${server}.server.constructor is no resource of LwM2M Server`,
  ],
  [withWrite({}), `${at}.write[0].path is missing; write a text`],
  [withWrite({ path: '/3' }), `${at}.write[0].path is neither an instance nor a resource`],
  [withWrite({ path: '/' }), `${at}.write[0].path is neither an instance nor a resource`],
  [withWrite({ path: '/3/0' }), `${at}.write[0].values is missing; write an object`],
  [withWrite({ path: '/3/0', values: {} }), `${at}.write[0].values holds no resource`],
  [withWrite({ path: '/3/0', value: 1 }), `${at}.write[0].value is not known here; known are path, values`],
  [
    withWrite({ path: '/3/0/14', value: 1 }),
    `${at}.write[0].value cannot be written: utcOffset: expected a value of type string`,
  ],
  [withWrite({ path: '/3/0/14', value: null }), `${at}.write[0].value is not a simple value`],
  [withWrite({ path: '/3/0/14' }), `${at}.write[0].value is missing; write a simple value`],
  [withWrite({ path: '/2/0/2', value: 15 }), `${at}.write[0].value is not an object`],
  [withWrite({ path: '/2/0/2', value: {} }), `${at}.write[0].value has no resource instance`],
  [withWrite({ path: '/2/0/2', value: { a: 1 } }), `${at}.write[0].value.a is no resource instance id`],
  [{ write: [1, 2].map(value => ({ path: '/5000/0/0', value })) }, `${at}.write[1].path is /5000/0/0 in two writes`],
]

describe('a fault names its place', () => {
  test.each(faults)('%j', (client, message) => {
    const error = faultOf(() => parse({ '*': client }))
    expect(error).toBeInstanceOf(BootstrapConfigError)
    expect(error?.message.slice(0, message.length)).toBe(message)
  })

  test.each([
    ['', 'line 1, column 1: JSON: a value expected'],
    ['{\n  "clients": {,', 'line 2, column 15: JSON: a key expected'],
    ['[]', 'the document is not an object'],
    ['{}', 'clients is missing; write an object'],
    ['{"clients": {}}', 'clients names no client; write "*" for any'],
    ['{"clients": {}, "servers": []}', 'servers is not known here; known are clients'],
    ['{"clients": {"a": {}, "a": {}}}', 'line 1, column 26: JSON: '],
    ['{"clients": {"\\u001b[2J": 1}}', 'clients["?[2J"] is not an object'],
    ['['.repeat(100), 'line 1, column '],
  ])('of the document %j', (document, message) => {
    const error = faultOf(() => parseBootstrapConfig(document))
    expect(error).toMatchObject({ code: 'INVALID_BOOTSTRAP_CONFIG' })
    expect(error?.message.slice(0, message.length)).toBe(message)
  })
})

const secretHex = 'c0ffeec0ffee'
const secretText = 'correct horse battery staple'

/** A document of everything, with secrets in it. */
const whole = {
  clients: {
    dev1: {
      discover: true,
      read: ['/1'],
      delete: ['/0', '/1'],
      servers: [
        { ...secure, lifetimeSeconds: 60, security: { ...psk, identity: secretText, key: { hex: secretHex } } },
        {
          ...secure,
          shortServerId: 2,
          security: {
            mode: 'x509',
            certificate: { hex: '00' },
            serverCertificate: { hex: '01' },
            privateKey: { text: secretText },
          },
          server: { communicationRetryCount: 3, supportedServerVersions: { 0: '1.1' } },
        },
      ],
      write: [
        { path: '/2/0', values: { acl: { 1: 15 } } },
        { path: '/5000/0/1', value: { hex: secretHex } },
      ],
      format: 'tlv',
      pack: true,
    },
  },
}

/** The places of a document, from the whole inwards. */
function placesOf(value: unknown, place: readonly string[] = []): string[][] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : []
  return [[...place], ...inner.flatMap(([name, item]) => placesOf(item, [...place, name]))]
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by
  const copy = structuredClone(value) as Record<string, unknown>
  copy[name] = replaced(copy[name], rest, by)
  return copy
}

const place = fc.constantFrom(...placesOf(whole))

function faultOf(call: () => BootstrapConfig): Error | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return error as Error
  }
}

describe('whatever the document', () => {
  test('a configuration or a BootstrapConfigError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), document => {
        expect(faultOf(() => parseBootstrapConfig(document)) ?? new BootstrapConfigError('')).toBeInstanceOf(
          BootstrapConfigError,
        )
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  test('anything in place of anything else: the same, and no secret is told', () => {
    fc.assert(
      fc.property(place, fc.jsonValue({ maxDepth: 2 }), (where, by) => {
        const error = faultOf(() => parseBootstrapConfig(JSON.stringify(replaced(whole, where, by))))
        expect(error ?? new BootstrapConfigError('')).toBeInstanceOf(BootstrapConfigError)
        expect(`${error?.stack}`).not.toMatch(new RegExp(`${secretHex}|${secretText}`))
      }),
      { seed: 2, numRuns: 1_000 },
    )
  })

  test('cut off anywhere: a fault without a secret', () => {
    const document = JSON.stringify(whole)
    for (let length = 0; length < document.length; length++) {
      const error = faultOf(() => parseBootstrapConfig(document.slice(0, length)))
      expect(error).toBeInstanceOf(BootstrapConfigError)
      expect(error?.message).not.toMatch(new RegExp(`${secretHex}|${secretText}`))
    }
  })

  test('what is accepted can be written in every format', () => {
    const formats = [ContentFormat.tlv, ContentFormat.senmlJson, ContentFormat.senmlCbor, ContentFormat.lwm2mCbor]
    let written = 0
    fc.assert(
      fc.property(place, fc.jsonValue({ maxDepth: 2 }), (where, by) => {
        let config: BootstrapConfig
        try {
          config = parseBootstrapConfig(JSON.stringify(replaced(whole, where, by)))
        } catch {
          return
        }
        for (const client of config.clients.values()) {
          for (const { path, values } of planWrites(client, presumedInstances)) {
            for (const format of formats) formatOf(format)?.encode(path, values, config.schema)
            written++
          }
        }
      }),
      { seed: 3, numRuns: 1_000 },
    )
    expect(written).toBeGreaterThan(100)
  })
})
