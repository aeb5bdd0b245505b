import { expect, test } from 'vitest'
import { Lwm2mClient } from '../../client/client.ts'
import type { ClientOptions } from '../../client/options.ts'
import { device12 } from '../../objects/definitions/device.ts'
import { server12 } from '../../objects/definitions/server.ts'
import type { Network } from '../../transport/connection.ts'
import { simulatedWorld } from '../helpers/simulated-world.ts'

const server = { uri: 'coap://127.0.0.1', shortServerId: 1 }

test.each<[string, ClientOptions, string, RegExp]>([
  ['an empty endpoint', { endpoint: '', servers: [server] }, 'INVALID_OPTIONS', /1 to 200 bytes/],
  ['an endless endpoint', { endpoint: 'x'.repeat(201), servers: [] }, 'INVALID_OPTIONS', /1 to 200 bytes/],
  ['an endpoint too long in UTF-8', { endpoint: 'é'.repeat(101), servers: [] }, 'INVALID_OPTIONS', /200 bytes/],
  [
    'a retry without a delay',
    { endpoint: 'a', servers: [], retry: { initialDelaySeconds: 0, maximumDelaySeconds: 1 } },
    'INVALID_OPTIONS',
    /retry/,
  ],
  ['a line break in the endpoint', { endpoint: 'a\nb', servers: [] }, 'INVALID_OPTIONS', /control character/],
  ['short server id 0', { endpoint: 'a', servers: [{ ...server, shortServerId: 0 }] }, 'INVALID_OPTIONS', /id 0/],
  [
    'short server id 65535',
    { endpoint: 'a', servers: [{ ...server, shortServerId: 65_535 }] },
    'INVALID_OPTIONS',
    /65535/,
  ],
  ['a short server id twice', { endpoint: 'a', servers: [server, server] }, 'INVALID_OPTIONS', /two servers/],
  ['half a second', { endpoint: 'a', servers: [{ ...server, lifetimeSeconds: 0.5 }] }, 'INVALID_OPTIONS', /lifetime/],
  [
    'a secure URI',
    { endpoint: 'a', servers: [{ ...server, uri: 'coaps://h' }] },
    'INVALID_OPTIONS',
    /^coaps:\/\/h:5684 needs `security`, such as psk\(identity, key\)$/,
  ],
  [
    'a secure URI of two lines',
    { endpoint: 'a', servers: [{ ...server, uri: 'coaps://\nh' }] },
    'INVALID_OPTIONS',
    /^.*$/,
  ],
  ['no binding', { endpoint: 'a', servers: [{ ...server, binding: '' }] }, 'INVALID_OPTIONS', /`binding` is none/],
  ['an unknown binding', { endpoint: 'a', servers: [{ ...server, binding: 'UX' }] }, 'INVALID_OPTIONS', /`binding`/],
  ['a binding twice', { endpoint: 'a', servers: [{ ...server, binding: 'UU' }] }, 'INVALID_OPTIONS', /`binding`/],
  ['a queue of nothing', { endpoint: 'a', servers: [{ ...server, binding: 'Q' }] }, 'INVALID_OPTIONS', /`binding`/],
  [
    'a transport that there is not',
    { endpoint: 'a', servers: [{ ...server, preferredTransport: 'S' as 'U' }] },
    'INVALID_OPTIONS',
    /^`preferredTransport` must be U or T$/,
  ],
  ['a web URI', { endpoint: 'a', servers: [{ ...server, uri: 'http://h' }] }, 'INVALID_URI', /"http"/],
])('%s is refused', (_, options, code, message) => {
  expect(() => new Lwm2mClient(options)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  )
})

test('another version of a built-in object takes its place', () => {
  const client = new Lwm2mClient({ endpoint: 'a', servers: [server], objects: [device12, server12] })
  expect(client.objects.instance(device12, 0).get('manufacturer')).toBe('lwm2m-engine')
  expect(client.objects.instance(server12, 0).get('shortServerId')).toBe(1)
})

test.each([
  ['coap://h', {}, 'U', undefined],
  ['coap+tcp://h', {}, 'T', undefined],
  ['COAP+TCP://h', {}, 'T', undefined],
  ['coap://h', { binding: 'UTSNQ', preferredTransport: 'T' }, 'UTSNQ', 'T'],
] as const)('%s %j: binding %s, Preferred Transport %s', (uri, options, binding, preferredTransport) => {
  const { objects } = new Lwm2mClient({ endpoint: 'a', servers: [{ uri, shortServerId: 1, ...options }] })
  expect(objects.get('/1/0/7')).toBe(binding)
  expect(objects.get('/1/0/22')).toBe(preferredTransport)
})

test('the Device object tells the transports of the client (/3/0/16)', () => {
  const supported = (network?: Network) =>
    new Lwm2mClient({ endpoint: 'a', servers: [server], ...(network && { network }) }).objects.get('/3/0/16')
  const { network } = simulatedWorld()
  expect(supported()).toBe('UT')
  expect(supported(network)).toBe('UT')
  const datagrams = { connect: network.connect.bind(network), listen: network.listen.bind(network) }
  expect(supported(datagrams)).toBe('U')
})
