import { expect, test } from 'vitest'
import { oscore } from '../../../objects/definitions/oscore.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { performBootstrap } from '../../../objects/operations/bootstrap.ts'
import type { BootstrapOperation } from '../../../objects/operations/operation.ts'
import { parsePath } from '../../../objects/path.ts'
import type { Value } from '../../../objects/value.ts'
import { codeOf, setUp, textOf } from './setting.ts'

type Account = { readonly [resource: number]: Value }
const noSec = { 1: false, 2: 3 }

/** /0/0 and /1/0: server 1, /0/1: the Bootstrap-Server with /21/1, /0/2 and /1/2: server 2 with /21/0. */
function site() {
  const setting = setUp()
  const { store } = setting
  store.define(oscore)
  store.deleteInstance(0, 0)
  const add = (objectId: number, instanceId: number, values: Account) => {
    store.createInstance(objectId, instanceId)
    for (const [id, value] of Object.entries(values)) store.set([objectId, instanceId, Number(id)], value)
  }
  add(0, 0, { ...noSec, 0: 'coap://one.example', 10: 1 })
  add(0, 1, { ...noSec, 1: true, 0: 'coap://bootstrap.example', 17: { objectId: 21, instanceId: 1 } })
  add(0, 2, { ...noSec, 0: 'coap://two.example:5693', 10: 2, 17: { objectId: 21, instanceId: 0 } })
  add(1, 2, { 0: 2 })
  add(21, 0, {})
  add(21, 1, {})
  return { ...setting, add }
}

const bsRead = (path: string): BootstrapOperation => ({ kind: 'bootstrapRead', path: parsePath(path) })
const bsDiscover = (path: string): BootstrapOperation => ({ kind: 'bootstrapDiscover', path: parsePath(path) })
const bsDelete = (path: string): BootstrapOperation => ({ kind: 'bootstrapDelete', path: parsePath(path) })
const finish: BootstrapOperation = { kind: 'bootstrapFinish' }
const bsWrite = (path: string, payload: string | object[], contentFormat?: number): BootstrapOperation => ({
  kind: 'bootstrapWrite',
  path: parsePath(path),
  contentFormat: contentFormat ?? (typeof payload === 'string' ? ContentFormat.text : ContentFormat.senmlJson),
  payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
})

// Clauses of LwM2M Core 1.2.2.
test.each<[string, BootstrapOperation, string]>([
  ['§6.1.7.4 Read the Server object', bsRead('/1'), '2.05'],
  ['§6.1.7.4 Read a Server instance', bsRead('/1/0'), '2.05'],
  ['§6.1.7.4 Read a Server resource', bsRead('/1/0/0'), '4.05'],
  ['§6.1.7.4 Read an unknown Server instance', bsRead('/1/7'), '4.04'],
  ['§6.1.7.4 Read Access Control that is not there', bsRead('/2'), '4.04'],
  ['§6.1.7.4 Read Security', bsRead('/0'), '4.05'],
  ['§6.1.7.4 Read another object', bsRead('/3/0'), '4.05'],
  ['§6.1.7.4 Read the root', bsRead('/'), '4.05'],
  ['§6.1.7.3 Discover the root', bsDiscover('/'), '2.05'],
  ['§6.1.7.3 Discover an object', bsDiscover('/0'), '2.05'],
  ['§6.1.7.3 Discover an instance', bsDiscover('/0/0'), '4.05'],
  ['§6.1.7.3 Discover an unknown object', bsDiscover('/9999'), '4.04'],
  ['§6.1.7.5 Write a Security resource', bsWrite('/0/0/0', 'coap://x'), '2.04'],
  ['§6.1.7.5 Write a read-only resource', bsWrite('/1/0/0', '7'), '2.04'],
  ['§6.1.7.5 Write a resource of a new instance', bsWrite('/1/7/0', '7'), '2.04'],
  ['§6.1.7.5 Write a new resource instance', bsWrite('/32000/0/4/9', '7'), '2.04'],
  ['§6.1.7.5 Write an instance', bsWrite('/0/0', [{ n: '/0/0/0', vs: 'coap://x' }]), '2.04'],
  ['§6.1.7.5 Write an instance with an unknown resource', bsWrite('/0/0', [{ n: '/0/0/99', v: 1 }]), '2.04'],
  ['§6.1.7.5 Write instances of an object', bsWrite('/0', [{ n: '/0/7/0', vs: 'coap://x' }]), '2.04'],
  ['§6.1.7.5 Write an object without an instance', bsWrite('/0', []), '4.00'],
  ['§6.1.7.5 Write the root', bsWrite('/', []), '4.05'],
  ['§6.1.7.5 Write an unknown object', bsWrite('/9999/0', []), '4.04'],
  ['§6.1.7.5 Write an unknown resource', bsWrite('/0/0/99', '7'), '4.04'],
  ['§6.1.7.5 Write an executable resource', bsWrite('/1/0/8', '7'), '4.05'],
  ['§6.1.7.5 Write out of range', bsWrite('/1/0/0', '65535'), '4.00'],
  ['§6.1.7.5 Write in an unknown Content-Format', bsWrite('/1/0/0', '7', 65000), '4.15'],
  ['§6.1.7.5 Write another instance of a single-instance object', bsWrite('/3/1/14', '+01:00'), '4.00'],
  ['§6.1.7.6 Delete the root', bsDelete('/'), '2.02'],
  ['§6.1.7.6 Delete an object', bsDelete('/1'), '2.02'],
  ['§6.1.7.6 Delete an instance', bsDelete('/0/0'), '2.02'],
  ['§6.1.7.6 Delete an object of which all is kept', bsDelete('/3'), '2.02'],
  ["§6.1.7.6 Delete the Bootstrap-Server's Security", bsDelete('/0/1'), '4.05'],
  ["§6.1.7.6 Delete the Bootstrap-Server's OSCORE", bsDelete('/21/1'), '4.05'],
  ['§6.1.7.6 Delete the Device', bsDelete('/3/0'), '4.05'],
  ['§6.1.7.6 Delete a resource', bsDelete('/1/0/0'), '4.05'],
  ['§6.1.7.6 Delete an unknown object', bsDelete('/9999'), '4.04'],
  ['§6.1.7.6 Delete an unknown instance', bsDelete('/0/7'), '4.04'],
  ['§6.1.7.2 Finish', finish, '2.04'],
])('%s', (_name, operation, code) => {
  const { store, bootstrap } = site()
  const before = store.entries([])
  expect(codeOf(bootstrap(operation))).toBe(code)
  if (code >= '4') expect(store.entries([])).toEqual(before)
})

test('Bootstrap-Discover tells versions, servers and their URIs, but not of the Bootstrap-Server', () => {
  const { bootstrap } = site()
  expect(textOf(bootstrap(bsDiscover('/')))).toBe(
    '</>;lwm2m=1.1,</0/0>;ssid=1;uri="coap://one.example",</0/1>,</0/2>;ssid=2;uri="coap://two.example:5693",' +
      '</1/0>;ssid=1,</1/2>;ssid=2,</3/0>,</21/0>;ssid=2,</21/1>,</3303>;ver=1.1,</32000/0>,</32001>',
  )
  expect(textOf(bootstrap(bsDiscover('/1')))).toBe('</>;lwm2m=1.1,</1/0>;ssid=1,</1/2>;ssid=2')
})

test('Bootstrap-Delete of everything leaves the Bootstrap-Server Account and the Device', () => {
  const { store, bootstrap } = site()
  bootstrap(bsDelete('/'))
  expect(store.objects().flatMap(({ id }) => store.instanceIds(id).map(instance => `/${id}/${instance}`))).toEqual([
    '/0/1',
    '/3/0',
    '/21/1',
  ])
})

test('a Bootstrap-Write replaces an instance, but for what only the client sets', () => {
  const { store, bootstrap } = site()
  store.set([1, 2, 3], 60)
  store.set([1, 2, 11], 5)
  bootstrap(bsWrite('/1/2', [{ n: '/1/2/1', v: 300 }]))
  expect(store.entries([1, 2])).toEqual([
    { path: [1, 2, 0], value: 2 },
    { path: [1, 2, 1], value: 300 },
    { path: [1, 2, 11], value: 5 },
  ])
})

test('a Bootstrap-Write that fails at its end changes nothing and is not told', () => {
  const { store, bootstrap } = site()
  store.onChanges(() => expect.unreachable())
  const before = store.entries([])
  const pack = [
    { n: '/1/4/0', v: 4 },
    { n: '/1/5/0', v: 65535 },
  ]
  expect(codeOf(bootstrap(bsWrite('/1', pack)))).toBe('4.00')
  expect(store.entries([])).toEqual(before)
})

type Site = ReturnType<typeof site>

// §6.1.6: what cannot work is told with the answer to Bootstrap-Finish.
test.each<[string, (site: Site) => void]>([
  ['there is no server account', ({ store }) => store.instanceIds(1).forEach(id => store.deleteInstance(1, id))],
  ['/1/2 has no Security instance', ({ store }) => store.deleteInstance(0, 2)],
  ['/0/2 has no Server instance', ({ store }) => store.deleteInstance(1, 2)],
  ['two Server instances have the Short Server ID 1', ({ add }) => add(1, 5, { 0: 1 })],
  ['/1/0 has several Security instances', ({ add }) => add(0, 5, { ...noSec, 0: 'coap://x', 10: 1 })],
  ['/1/5 has no Short Server ID', ({ add }) => add(1, 5, {})],
  ['/0/5 has no Short Server ID', ({ add }) => add(0, 5, { ...noSec, 0: 'coap://x' })],
  ['there are too many Bootstrap-Server Accounts', ({ add }) => add(0, 5, { ...noSec, 1: true, 0: 'coap://x' })],
  ['/0/0 has no server URI', ({ store }) => store.set([0, 0, 0], '')],
  ['/0/0 has no Security Mode', ({ store }) => store.remove([0, 0, 2])],
  ['/0/0/3 is empty', ({ store }) => store.set([0, 0, 2], 0)],
  ['/0/2 links to no OSCORE instance', ({ store }) => store.deleteInstance(21, 0)],
])('4.06: %s', (problem, damage) => {
  const broken = site()
  damage(broken)
  const outcome = broken.bootstrap(finish)
  expect([codeOf(outcome), textOf(outcome)]).toEqual(['4.06', problem])
})

test('a client that had several Bootstrap-Server Accounts from the factory may keep as many', async () => {
  const { store, context, add } = site()
  const finishes = async () =>
    codeOf(await performBootstrap(store, { ...context, maximumBootstrapAccounts: 2 }, finish))
  add(0, 5, { ...noSec, 1: true, 0: 'coap://x' })
  expect(await finishes()).toBe('2.04')
  add(0, 6, { ...noSec, 1: true, 0: 'coap://y' })
  expect(await finishes()).toBe('4.06')
})

test('a PSK account with identity and key is consistent, and its key is in no answer', () => {
  const { store, bootstrap } = site()
  store.set([0, 0, 2], 0)
  store.set([0, 0, 3], Buffer.from('identity'))
  expect(textOf(bootstrap(finish))).toBe('/0/0/5 is empty')
  store.set([0, 0, 5], Buffer.from('secret'))
  expect(bootstrap(finish)).toEqual({ responseCode: 0x44 })
})

test('the enabler version is that of the client', async () => {
  const { store } = site()
  const outcome = await performBootstrap(store, { enablerVersion: '1.2' }, bsDiscover('/3'))
  expect(textOf(outcome)).toBe('</>;lwm2m=1.2,</3>;ver=1.1,</3/0>')
})
