import { expect, test } from 'vitest'
import { defineObject } from '../../objects/definition.ts'
import { device } from '../../objects/definitions/device.ts'
import { security } from '../../objects/definitions/security.ts'
import { server } from '../../objects/definitions/server.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ValueError } from '../../objects/errors.ts'
import { registrationLinks } from '../../objects/links.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { ObjectStore } from '../../objects/store.ts'

function setUp() {
  const store = new ObjectStore()
  return { store, objects: new ObjectsApi(store) }
}

test('a handle sets and gets by the names and types of its definition', () => {
  const { store, objects } = setUp()
  const sensor = objects.create(temperature, 0, { sensorValue: 21.5, sensorUnits: 'Cel' })
  sensor.set({ sensorValue: 22 })
  const value: number | undefined = sensor.get('sensorValue')
  expect([value, sensor.get('sensorUnits'), sensor.get('applicationType')]).toEqual([22, 'Cel', undefined])
  expect(sensor.path('sensorValue')).toEqual([3303, 0, 5700])
  expect(store.get([3303, 0, 5700])).toBe(22)
  const unit = objects.create(device, undefined, { powerSourceVoltage: { 0: 3300, 3: 5000 }, memoryFree: 2n ** 60n })
  expect(unit.get('powerSourceVoltage')).toEqual({ 0: 3300, 3: 5000 })
  unit.set({ powerSourceVoltage: { 1: 1 } })
  expect(objects.get('/3/0/7')).toEqual({ 1: 1 })
  unit.delete()
  expect(store.hasInstance(3, 0)).toBe(false)
})

test('an object that is new is unknown again when its first instance cannot be created', () => {
  const { store, objects } = setUp()
  expect(() => objects.create(temperature, 0, { sensorValue: Number.NaN })).toThrow(ValueError)
  expect([store.objects(), registrationLinks(store)]).toEqual([[], '</>;rt="oma.lwm2m";ct=112'])
})

test('of several values that are set at once the message names the one that is wrong', () => {
  const { objects } = setUp()
  const unit = objects.create(device, 0, { manufacturer: 'A' })
  expect(() => unit.set({ manufacturer: 'B', memoryFree: 1.5 })).toThrow(
    /^memoryFree: expected a signed 64-bit integer/,
  )
  const voltages = { 0: 3300, 1: Number.NaN }
  expect(() => unit.set({ manufacturer: 'B', powerSourceVoltage: voltages })).toThrow(/^powerSourceVoltage: expected a/)
  expect(unit.get('manufacturer')).toBe('A')
})

test('a wrong name or type does not compile', () => {
  const { objects } = setUp()
  const sensor = objects.create(temperature, 0)
  // @ts-expect-error -- no such resource
  expect(() => sensor.set({ sensorvalue: 22 })).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  // @ts-expect-error -- not a number
  expect(() => sensor.set({ sensorValue: '22' })).toThrow(ValueError)
  // @ts-expect-error -- not a multiple resource
  expect(() => sensor.set({ sensorValue: { 0: 22 } })).toThrow(ValueError)
  // @ts-expect-error -- an executable resource has no value
  expect(() => sensor.set({ resetMinAndMaxMeasuredValues: 1 })).toThrow(ValueError)
  // @ts-expect-error -- no such resource
  expect(() => sensor.get('constructor')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  // @ts-expect-error -- no such resource
  expect(() => objects.create(temperature, 1, { colour: 'red' })).toThrow(
    expect.objectContaining({ code: 'NOT_FOUND' }),
  )
  // @ts-expect-error -- a single value for a multiple resource
  expect(() => objects.create(device, 0, { powerSourceVoltage: 3300 })).toThrow(ValueError)
  // @ts-expect-error -- not executable
  objects.onExecute(temperature, 'sensorValue', () => {})
  // @ts-expect-error -- reads a number, not a text
  objects.onRead(temperature, 'sensorValue', () => 'warm')
  objects.onWrite(temperature, 'applicationType', {
    // @ts-expect-error -- the value is a string
    validate: (_path, value: number) => value > 0,
  })
  expect([objects.get('/3303/0/5700'), objects.get('/3/0/7')]).toEqual([undefined, undefined])
})

test('a handle sets all of its values or none', () => {
  const { objects } = setUp()
  const unit = objects.create(device, 0, { batteryLevel: 50 })
  expect(() => unit.set({ manufacturer: 'A', batteryLevel: 101 })).toThrow(ValueError)
  expect([unit.get('manufacturer'), unit.get('batteryLevel')]).toEqual([undefined, 50])
})

test('paths in text reach every level', () => {
  const { store, objects } = setUp()
  objects.create(device, 0)
  objects.set('/3/0/9', 80)
  objects.set('3/0/7/2', 3300)
  expect([objects.get('/3/0/9'), objects.get('/3/0/7/2'), objects.get('/3/0/7')]).toEqual([80, 3300, { 2: 3300 }])
  objects.delete('/3/0/7/2')
  expect(store.entries([3, 0, 7])).toEqual([{ path: [3, 0, 7] }])
  objects.delete('/3/0/9')
  objects.delete('/3/0/7')
  expect(store.entries([3])).toEqual([{ path: [3, 0] }])
  objects.delete('/3/0')
  expect(store.instanceIds(3)).toEqual([])
  expect(() => objects.set('/3//9', 1)).toThrow(expect.objectContaining({ code: 'INVALID_PATH' }))
  expect(() => objects.instance(device, 0)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test('a handler by path is for one instance, one by name for all', () => {
  const { store, objects } = setUp()
  objects.create(temperature, 0)
  objects.create(temperature, 1)
  const one = () => 1
  const all = () => 2
  const remove = objects.onRead('/3303/1/5700', one)
  objects.onRead(temperature, 'sensorValue', all)
  expect(store.handlers.find('read', [3303, 0, 5700])).toBe(all)
  expect(store.handlers.find('read', [3303, 1, 5700])).toBe(one)
  remove()
  expect(store.handlers.find('read', [3303, 1, 5700])).toBe(all)
  expect(() => objects.onRead('/3303/0', one)).toThrow(expect.objectContaining({ code: 'INVALID_PATH' }))
  expect(() => objects.onRead('/3303/0/1', one)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
})

test('registration links: instances, bare objects without, versions that differ, nothing secret', () => {
  const { store, objects } = setUp()
  store.define(security)
  store.createInstance(0, 0)
  store.define(defineObject({ id: 21, name: 'OSCORE', resources: {} }))
  store.define(defineObject({ id: 3304, name: 'Humidity', multiple: true, resources: {} }))
  store.define(defineObject({ id: 4, name: 'Connectivity Monitoring', version: '1.2', resources: {} }))
  store.createInstance(4, 0)
  objects.create(device, 0)
  objects.create(temperature, 0)
  objects.create(temperature, 2)
  store.define(server)
  expect(registrationLinks(store)).toBe(
    '</>;rt="oma.lwm2m";ct=112,</1>,</3/0>,</4/0>,</3303>;ver=1.1,</3303/0>,</3303/2>,</3304>',
  )
})
