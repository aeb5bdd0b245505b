import { describe, expect, test } from 'vitest'
import { parseLinks } from '../../objects/formats/link-format.ts'
import { formatPath } from '../../objects/path.ts'
import { type ClientBootstrap, parseBootstrapConfig } from '../../server/bootstrap-config.ts'
import { knownInstances, parseDiscovered, planWrites } from '../../server/bootstrap-plan.ts'

const server = (shortServerId: number, more: object = {}) => ({ uri: 'coap://h', shortServerId, ...more })

/** Where a client with these instances is written. */
function placesOf(client: object, links: string): string[] {
  const { clients } = parseBootstrapConfig(JSON.stringify({ clients: { '*': client } }))
  const writes = planWrites(clients.get('*') as ClientBootstrap, knownInstances(parseLinks(links)))
  for (const { path, values } of writes) {
    for (const value of values) expect(value.path.slice(0, path.length)).toEqual(path)
  }
  return writes.map(({ path }) => formatPath(path))
}

describe('the instances that accounts get', () => {
  const cases: [name: string, client: object, links: string, places: string[]][] = [
    ['a client with nothing', { servers: [server(1)] }, '', ['/0/0', '/1/0']],
    ['Security first, then Server', { servers: [server(1), server(2)] }, '</0/0>', ['/0/1', '/0/2', '/1/0', '/1/1']],
    [
      'around the Bootstrap-Server Account',
      { servers: [server(1), server(2)] },
      '</0/1>',
      ['/0/0', '/0/2', '/1/0', '/1/1'],
    ],
    ['what is deleted is free', { servers: [server(1)] }, '</0/0>;ssid=9,</0/1>,</1/0>;ssid=9', ['/0/0', '/1/0']],
    ['what stays is not', { servers: [server(1)], delete: [] }, '</0/0>;ssid=9,</0/1>,</1/0>;ssid=9', ['/0/2', '/1/1']],
    [
      'one instance is deleted',
      { servers: [server(1)], delete: ['/0/0'] },
      '</0/0>;ssid=9,</1/0>;ssid=9',
      ['/0/0', '/1/1'],
    ],
    ['all is deleted', { servers: [server(1)], delete: ['/'] }, '</0/0>,</0/1>;ssid=9,</1/0>;ssid=9', ['/0/1', '/1/0']],
    [
      'a server that the client keeps',
      { servers: [server(9)], delete: [] },
      '</0/3>;ssid=9,</1/4>;ssid=9',
      ['/0/3', '/1/4'],
    ],
    [
      'fixed ones',
      { servers: [server(1, { securityInstanceId: 7, serverInstanceId: 8 })] },
      '</0/0>',
      ['/0/7', '/1/8'],
    ],
    [
      'fixed ones are not given to others',
      { servers: [server(1), server(2, { securityInstanceId: 1, serverInstanceId: 0 })] },
      '</0/0>',
      ['/0/2', '/0/1', '/1/1', '/1/0'],
    ],
    [
      'nor those that are written otherwise',
      {
        servers: [server(1)],
        write: [
          { path: '/0/1/10', value: 5 },
          { path: '/1/0', values: { lifetime: 5 } },
        ],
      },
      '</0/0>',
      ['/0/2', '/1/1', '/0/1/10', '/1/0'],
    ],
  ]
  test.each(cases)('%s', (_name, client, links, places) => expect(placesOf(client, links)).toEqual(places))

  test('the instance of the Bootstrap-Server Account is refused', () => {
    expect(() => placesOf({ servers: [server(1, { securityInstanceId: 4 })] }, '</0/4>')).toThrow(
      expect.objectContaining({
        code: 'BAD_CONFIGURATION',
        message: '/0/4 is the Bootstrap-Server Account of the client',
      }),
    )
  })
})

test('links that are no instance are left out', () => {
  const links = parseLinks('</>;lwm2m=1.1,</3>,</0/0>;ssid=x,</a/b>,</1/2/3>,</1/70000>,</1/1>;ssid="7"')
  expect(knownInstances(links)).toEqual([{ path: [0, 0] }, { path: [1, 1], shortServerId: 7 }])
})

describe('Bootstrap-Discover', () => {
  test.each([
    [
      'lwm2m="1.0",</0/0>',
      [
        { target: '/', attributes: { lwm2m: '1.0' } },
        { target: '/0/0', attributes: {} },
      ],
    ],
    ['lwm2m=1.0', [{ target: '/', attributes: { lwm2m: '1.0' } }]],
    [
      '</>;lwm2m=1.1,</0/0>',
      [
        { target: '/', attributes: { lwm2m: '1.1' } },
        { target: '/0/0', attributes: {} },
      ],
    ],
    ['', []],
  ])('%s', (text, links) => expect(parseDiscovered(text)).toEqual(links))

  test.each(['lwm2m="1.0"</0/0>', 'lwm2m=x,</0/0>', 'x'])('%s is none', text => {
    expect(() => parseDiscovered(text)).toThrow(expect.objectContaining({ code: 'MALFORMED_PAYLOAD' }))
  })
})
