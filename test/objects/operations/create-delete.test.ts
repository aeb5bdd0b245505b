import { expect, test } from 'vitest'
import { defineObject } from '../../../objects/definition.ts'
import { OperationError } from '../../../objects/errors.ts'
import { ContentFormat } from '../../../objects/formats/format.ts'
import { formatOf } from '../../../objects/formats/formats.ts'
import { ObjectsApi } from '../../../objects/objects.ts'
import { MAX_ID } from '../../../objects/path.ts'
import { codeOf, create, createJson, everything, remove, setUp } from './setting.ts'

const { tlv } = ContentFormat
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('the client chooses the lowest free id and tells it when the payload names none', () => {
  const { store, run } = setUp()
  // Resources 2 and 3 of no instance.
  expect(run(create('/32000', hex('c10207 c10378'), tlv))).toEqual({ responseCode: 0x41, location: [32000, 1] })
  expect(store.entries([32000, 1])).toEqual([
    { path: [32000, 1, 2], value: 7 },
    { path: [32000, 1, 3], value: 'x' },
  ])
  expect(run(create('/32001')).location).toEqual([32001, 0])
})

test('no location when the payload names the instance, in TLV and SenML', () => {
  const { store, run } = setUp()
  expect(run(create('/32000', hex('0305 c10207'), tlv))).toEqual({ responseCode: 0x41 })
  expect(run(createJson('/32000', [{ n: '/32000/65534/2', v: 1 }]))).toEqual({ responseCode: 0x41 })
  expect(store.instanceIds(32000)).toEqual([0, 5, 65534])
})

test('several instances at once, and none of them when one fails', () => {
  const { store, run } = setUp()
  store.onChanges(() => expect.unreachable())
  const good = [
    { n: '/32000/4/2', v: 1 },
    { n: '/32000/9/2', v: 1 },
  ]
  expect(codeOf(run(createJson('/32000', [...good, { n: '/32000/7/3', vs: 'no mandatory' }])))).toBe('4.00')
  expect(codeOf(run(createJson('/32000', [...good, { n: '/32000/0/2', v: 1 }])))).toBe('4.00')
  expect(store.instanceIds(32000)).toEqual([0])
  const end = setUp()
  expect(codeOf(end.run(createJson('/32000', good)))).toBe('2.01')
  expect(end.store.instanceIds(32000)).toEqual([0, 4, 9])
})

test('what a server may not write and what nobody knows is ignored', () => {
  const { store, run } = setUp()
  const pack = [0, 2, 5, 8, 99].map(resource => ({ n: `/32000/1/${resource}`, v: 1 }))
  expect(codeOf(run(createJson('/32000', pack)))).toBe('2.01')
  expect(store.entries([32000, 1])).toEqual([{ path: [32000, 1, 2], value: 1 }])
})

test('onCreate completes an instance before its mandatory resources are checked, and may refuse it', () => {
  const { store, run } = setUp()
  const objects = new ObjectsApi(store)
  const end = objects.onCreate(everything, ([objectId, instanceId]) => store.set([objectId!, instanceId!, 2], 50))
  expect(codeOf(run(create('/32000')))).toBe('2.01')
  expect(store.get([32000, 1, 2])).toBe(50)
  end()
  objects.onCreate('/32000', () => {
    throw new OperationError('METHOD_NOT_ALLOWED', 'no room')
  })
  expect(codeOf(run(createJson('/32000', [{ n: '/32000/2/2', v: 1 }])))).toBe('4.05')
  expect(store.instanceIds(32000)).toEqual([0, 1])
})

test('validate and written are asked and told of what a Create writes', () => {
  const { store, run } = setUp()
  const heard: unknown[] = []
  store.handlers.add(32000, undefined, 2, {
    validate: (_path, value) => value !== 13,
    written: (path, value) => void heard.push([path, value]),
  })
  expect(codeOf(run(create('/32000', hex('c1020d'), tlv)))).toBe('4.00')
  expect(codeOf(run(create('/32000', hex('c1020e'), tlv)))).toBe('2.01')
  expect(heard).toEqual([[[32000, 1, 2], 14]])
})

test('onDelete hears of an instance that is still there, and may refuse', () => {
  const { store, run } = setUp()
  const objects = new ObjectsApi(store)
  const heard: unknown[] = []
  let refuse = true
  objects.onDelete(everything, path => {
    heard.push(store.get([...path, 2]))
    if (refuse) throw new OperationError('METHOD_NOT_ALLOWED', 'in use')
  })
  expect(codeOf(run(remove('/32000/0')))).toBe('4.05')
  expect(store.hasInstance(32000, 0)).toBe(true)
  refuse = false
  expect(codeOf(run(remove('/32000/0')))).toBe('2.02')
  expect([store.hasInstance(32000, 0), heard]).toEqual([false, [12, 12]])
})

test('a hook that returns a Promise is the mistake of the application: 5.00 and nothing done', () => {
  const { store, run, errors } = setUp()
  const objects = new ObjectsApi(store)
  objects.onDelete(everything, () => Promise.reject(new Error('too late')))
  expect(codeOf(run(remove('/32000/0')))).toBe('5.00')
  expect([store.hasInstance(32000, 0), errors.length]).toEqual([true, 1])
})

test('a resource instance goes alone, and its resource stays when it was the last', () => {
  const { store, run } = setUp()
  expect(codeOf(run(remove('/32000/0/4/0')))).toBe('2.02')
  expect(store.content([32000, 0, 4])).toEqual(new Map([[2, 42]]))
  expect(codeOf(run(remove('/32000/0/4/2')))).toBe('2.02')
  expect(store.content([32000, 0, 4])).toEqual(new Map())
})

test('hooks are for objects of the store', () => {
  const objects = new ObjectsApi(setUp().store)
  const nothing = () => undefined
  expect(() => objects.onCreate('/9999', nothing)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  expect(() => objects.onDelete('/3/0', nothing)).toThrow(expect.objectContaining({ code: 'INVALID_PATH' }))
  const unknown = defineObject({ id: 5000, name: 'New', resources: {} })
  objects.onCreate(unknown, nothing)
  expect(() => objects.onCreate('/5000', nothing)).not.toThrow()
})

test('LwM2M CBOR may name the instance none, alone or beside others', () => {
  const { store, run } = setUp()
  const values = [
    { path: [32000, 3, 2], value: 3 },
    { path: [32000, MAX_ID, 2], value: 1 },
  ]
  const { lwm2mCbor } = ContentFormat
  const payload = formatOf(lwm2mCbor)?.encode([32000], values, store)
  expect(run(create('/32000', payload, lwm2mCbor))).toEqual({ responseCode: 0x41, location: [32000, 1] })
  expect([store.get([32000, 1, 2]), store.get([32000, 3, 2])]).toEqual([1, 3])
})

test('the client chooses an id beside those that the payload names, in whatever order', () => {
  const { store, run } = setUp()
  // {[32000, 65535]: {2: 5}, [32000, 1]: {2: 6}}
  const payload = hex('a2 82197d0019ffff a10205 82197d0001 a10206')
  const outcome = run(create('/32000', payload, ContentFormat.lwm2mCbor))
  expect(outcome).toEqual({ responseCode: 0x41, location: [32000, 2] })
  expect([store.get([32000, 1, 2]), store.get([32000, 2, 2])]).toEqual([6, 5])
})
