import { expect, test } from 'vitest'
import { accessControl } from '../../../objects/definitions/access-control.ts'
import { security } from '../../../objects/definitions/security.ts'
import { server } from '../../../objects/definitions/server.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { codeOf, create, createJson, setUp } from './setting.ts'

const count = 20_000

/** Two accounts, of which the first may create instances of an object. */
function setUpControlled(objectId: number) {
  const setting = setUp()
  const { store } = setting
  store.define(accessControl)
  store.createInstance(1, 1, [{ path: [1, 1, 0], value: 2 }])
  store.createInstance(2, 0, [
    { path: [2, 0, 0], value: objectId },
    { path: [2, 0, 1], value: 65535 },
    { path: [2, 0, 2, 1], value: 16 },
    { path: [2, 0, 3], value: 65535 },
  ])
  return setting
}

// Each step a search through all instances would take minutes, and the test its time limit.
test('as many instances as fit into a block-wise payload are created and deleted in linear time', () => {
  const { store, run, bootstrap } = setUpControlled(3303)
  const instances = Buffer.alloc(3 * count)
  for (let id = 0; id < count; id++) {
    instances[3 * id] = 0x20
    instances.writeUInt16BE(id, 3 * id + 1)
  }
  store.handlers.addToObject(3303, { created: path => store.set([...path, 5700], 0) })
  expect(codeOf(run(create('/3303', instances, ContentFormat.tlv)))).toBe('2.01')
  expect([store.instanceCount(3303), store.instanceCount(2)]).toEqual([count, count + 1])
  expect(codeOf(bootstrap({ kind: 'bootstrapDelete', path: [3303] }))).toBe('2.02')
  expect([store.instanceCount(3303), store.instanceCount(2)]).toEqual([0, 1])
})

test('many server accounts are judged, listed and deleted in linear time', () => {
  const { store, bootstrap } = setUp()
  bootstrap({ kind: 'bootstrapDelete', path: [] })
  const { lwm2mServerUri, securityMode, shortServerId } = security.resources
  for (let id = 0; id < count; id++) {
    store.createInstance(0, id, [
      { path: [0, id, lwm2mServerUri.id], value: 'coap://host' },
      { path: [0, id, securityMode.id], value: 3 },
      { path: [0, id, shortServerId.id], value: id + 1 },
    ])
    store.createInstance(1, id, [{ path: [1, id, server.resources.shortServerId.id], value: id + 1 }])
  }
  expect(codeOf(bootstrap({ kind: 'bootstrapFinish' }))).toBe('2.04')
  expect(codeOf(bootstrap({ kind: 'bootstrapDiscover', path: [] }))).toBe('2.05')
  expect(codeOf(bootstrap({ kind: 'bootstrapDelete', path: [] }))).toBe('2.02')
  expect([store.instanceCount(0), store.instanceCount(1)]).toEqual([0, 0])
})

test('instances of one Create may link to each other', () => {
  const { store, run } = setUp()
  const pack = [
    { n: '/32000/7/2', v: 1 },
    { n: '/32000/7/10', vlo: '32000:8' },
    { n: '/32000/8/2', v: 1 },
    { n: '/32000/8/10', vlo: '32000:7' },
  ]
  expect(codeOf(run(createJson('/32000', pack)))).toBe('2.01')
  expect(store.get([32000, 7, 10])).toEqual({ objectId: 32000, instanceId: 8 })
})

test('all instances are undone with their Access Control when the handler of the last one throws', () => {
  const { store, run } = setUpControlled(32000)
  const before = store.entries([])
  store.onChanges(() => expect.unreachable())
  store.handlers.addToObject(32000, {
    created: ([, instanceId]) => {
      if (instanceId === 9) throw new Error('no room')
    },
  })
  const pack = [8, 9].map(id => ({ n: `/32000/${id}/2`, v: 1 }))
  expect(codeOf(run(createJson('/32000', pack)))).toBe('5.00')
  expect(store.entries([])).toEqual(before)
})
