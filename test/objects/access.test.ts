import { expect, test } from 'vitest'
import { may } from '../../objects/access.ts'
import { AttributeTree } from '../../objects/attributes/tree.ts'
import { accessControl } from '../../objects/definitions/access-control.ts'
import type { Operation, OperationKind } from '../../objects/operations/operation.ts'
import { perform } from '../../objects/operations/perform.ts'
import { parsePath } from '../../objects/path.ts'
import {
  codeOf,
  createJson,
  discover,
  execute,
  now,
  read,
  readComposite,
  remove,
  setUp,
  textOf,
  write,
  writeAttributes,
  writeComposite,
} from './operations/setting.ts'

type Acl = { readonly [shortServerId: number]: number }

/** Servers 1 to 4; 1 owns /32000/0, 2 has an entry of its own, 3 and 4 have the default; 2 may create. */
function controlled({ servers = 4, acl = { 0: 1, 2: 6 } }: { servers?: number; acl?: Acl } = {}) {
  const site = setUp()
  const { store } = site
  store.define(accessControl)
  for (let id = 1; id < servers; id++) store.createInstance(1, id, [{ path: [1, id, 0], value: id + 1 }])
  const control = (objectId: number, instanceId: number, owner: number, entries: Acl) => {
    const id = store.createInstance(2)
    store.set([2, id, 0], objectId)
    store.set([2, id, 1], instanceId)
    store.set([2, id, 2], entries)
    store.set([2, id, 3], owner)
    return id
  }
  control(32000, 0, 1, acl)
  control(32000, 65535, 65535, { 2: 16 })
  const as = (shortServerId: number, operation: Operation) =>
    now(perform(store, { shortServerId, attributes: new AttributeTree() }, operation))
  return { ...site, control, as }
}

const kinds: readonly OperationKind[] = ['read', 'writeAttributes', 'write', 'execute', 'delete', 'discover']

// LwM2M Core 1.2.2 §8.2.1; the bits are R 1, W 2, E 4, D 8.
test.each<[string, Acl, number, string]>([
  ['the owner without an entry has every right', { 0: 0 }, 1, '/read/writeAttributes/write/execute/delete/discover'],
  ['the owner with an entry has what it says', { 1: 1, 0: 15 }, 1, '/read/writeAttributes/discover'],
  ['the owner with an empty entry has no right', { 1: 0, 0: 15 }, 1, '/discover'],
  ['an entry of its own prevails over the default', { 0: 1, 2: 6 }, 2, '/write/execute/discover'],
  ['the default is for who has no entry', { 0: 9, 2: 6 }, 3, '/read/writeAttributes/delete/discover'],
  ['without a default there is no right', { 2: 15 }, 3, '/discover'],
  ['Create is no right on an instance', { 3: 16 }, 3, '/discover'],
])('%s', (_name, acl, shortServerId, rights) => {
  const { store } = controlled({ acl })
  const allowed = kinds.filter(kind => may(store, shortServerId, kind, [32000, 0, 2]))
  expect(`/${allowed.join('/')}`).toBe(rights)
})

test('an instance that no Access Control instance is about is closed to all', () => {
  const { store } = controlled()
  expect(may(store, 1, 'read', [3, 0])).toBe(false)
  expect(may(store, 1, 'discover', [3, 0])).toBe(true)
})

test('Create needs an entry of its own at the object; owner and default do not count', () => {
  const { store, control } = controlled()
  control(32001, 65535, 65535, { 0: 16, 1: 15 })
  expect(may(store, 2, 'create', [32000])).toBe(true)
  expect([1, 3, 65535].map(server => may(store, server, 'create', [32000]))).toEqual([false, false, false])
  expect([1, 2].map(server => may(store, server, 'create', [32001]))).toEqual([false, false])
  expect(may(store, 2, 'create', [3303])).toBe(false)
})

test('an Access Control instance is read by all, written by its owner, and never created or deleted by a server', () => {
  const { store } = controlled()
  const rights = (server: number) =>
    (['read', 'write', 'delete', 'execute'] as const).filter(kind => may(store, server, kind, [2, 0]))
  expect([rights(1), rights(2)]).toEqual([['read', 'write'], ['read']])
  expect(may(store, 1, 'create', [2])).toBe(false)
})

test('one server account has every right, and so has everyone while nothing is controlled', () => {
  const { store } = controlled({ servers: 1 })
  expect([...kinds, 'create' as const].every(kind => may(store, 1, kind, [3, 0]))).toBe(true)
  const uncontrolled = controlled()
  for (const id of uncontrolled.store.instanceIds(2)) uncontrolled.store.deleteInstance(2, id)
  expect(may(uncontrolled.store, 3, 'write', parsePath('/32000/0/2'))).toBe(true)
})

// §8.2.2, §8.2.3: server 3 may read, server 2 may write and execute, and only server 1 everything.
test.each<[string, number, Operation, string]>([
  ['Read', 3, read('/32000/0/0'), '2.05'],
  ['Read without the right', 2, read('/32000/0/0'), '4.01'],
  ['Read of a missing resource without the right', 2, read('/32000/0/99'), '4.01'],
  ['Read of an unknown instance', 2, read('/32000/7'), '4.04'],
  ['Read of an unknown object', 2, read('/9999'), '4.04'],
  ['Read of an object', 2, read('/32000'), '2.05'],
  ['Observe without the right', 2, { kind: 'observe', path: [32000, 0] }, '4.01'],
  ['Write', 2, write('/32000/0/2', '5', 0), '2.04'],
  ['Write without the right', 3, write('/32000/0/2', '5', 0), '4.01'],
  ['Execute', 2, execute('/32000/0/5'), '2.04'],
  ['Execute without the right', 3, execute('/32000/0/5'), '4.01'],
  ['Delete', 1, remove('/32000/0'), '2.02'],
  ['Delete without the right', 2, remove('/32000/0'), '4.01'],
  ['Discover needs no right', 2, discover('/32000/0'), '2.05'],
  ['Write-Attributes', 3, writeAttributes('/32000/0', 'pmin=1'), '2.04'],
  ['Write-Attributes without the right', 2, writeAttributes('/32000/0', 'pmin=1'), '4.01'],
  ['Write-Attributes of an object needs no right', 2, writeAttributes('/32000', 'pmin=1'), '2.04'],
  ['Create', 2, createJson('/32000', [{ n: '/32000/1/2', v: 1 }]), '2.01'],
  ['Create without the right', 1, createJson('/32000', [{ n: '/32000/1/2', v: 1 }]), '4.01'],
  ['Write of an ACL by its owner', 1, write('/2/0/2/0', '3', 0), '2.04'],
  ['Write of an ACL by another', 2, write('/2/0/2/0', '3', 0), '4.01'],
  ['Delete of an ACL', 1, remove('/2/0'), '4.01'],
  ['Read-Composite with one open place', 3, readComposite(['/3/0', '/32000/0/0']), '2.05'],
  ['Read-Composite with no open place', 2, readComposite(['/9999', '/32000/0/0']), '4.01'],
  ['Read-Composite of an object with no open instance', 2, readComposite(['/32000']), '4.01'],
  ['Write-Composite', 2, writeComposite([{ n: '/32000/0/2', v: 1 }]), '2.04'],
  [
    'Write-Composite with a closed place',
    2,
    writeComposite([
      { n: '/32000/0/2', v: 1 },
      { n: '/1/0/1', v: 1 },
    ]),
    '4.01',
  ],
])('%s', (_name, shortServerId, operation, code) => {
  expect(codeOf(controlled().as(shortServerId, operation))).toBe(code)
})

test('a Read of an object or the root leaves out the instances that are closed to the server', () => {
  const { store, control, as } = controlled()
  store.createInstance(32000, 1, [{ path: [32000, 1, 0], value: 77 }])
  control(32000, 1, 4, { 2: 1 })
  expect(textOf(as(2, read('/32000', 110)))).toBe('[{"bn":"/32000/","n":"1/0","v":77}]')
  expect(textOf(as(2, readComposite(['/'])))).toMatch(/32000\/1/)
  expect(textOf(as(2, readComposite(['/'])))).not.toMatch(/32000\/0/)
})

test('who creates an instance owns it, and what is deleted leaves no Access Control instance behind', () => {
  const { store, as } = controlled()
  as(2, createJson('/32000', [{ n: '/32000/1/2', v: 1 }]))
  expect(store.entries([2, 2])).toEqual([
    { path: [2, 2, 0], value: 32000 },
    { path: [2, 2, 1], value: 1 },
    { path: [2, 2, 3], value: 2 },
  ])
  expect(codeOf(as(1, read('/32000/1')))).toBe('4.01')
  expect(codeOf(as(2, remove('/32000/1')))).toBe('2.02')
  expect(store.instanceIds(2)).toEqual([0, 1])
})

test('a Create that fails leaves no Access Control instance, and an older one of the same id does not survive', () => {
  const { store, control, as } = controlled()
  const before = store.entries([2])
  expect(codeOf(as(2, createJson('/32000', [{ n: '/32000/1/3', vs: 'x' }])))).toBe('4.00')
  expect(store.entries([2])).toEqual(before)
  control(32000, 1, 4, { 0: 15 })
  as(2, createJson('/32000', [{ n: '/32000/1/2', v: 1 }]))
  expect(codeOf(as(4, read('/32000/1')))).toBe('4.01')
})

test('with one server account a Create makes no Access Control instance', () => {
  const { store, as } = controlled({ servers: 1 })
  const before = store.instanceCount(2)
  expect(codeOf(as(1, createJson('/32000', [{ n: '/32000/1/2', v: 1 }])))).toBe('2.01')
  expect(store.instanceCount(2)).toBe(before)
})
