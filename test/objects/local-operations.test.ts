import { expect, test } from 'vitest'
import { device } from '../../objects/definitions/device.ts'
import { temperature } from '../../objects/definitions/temperature.ts'
import { ObjectsApi } from '../../objects/objects.ts'
import { ObjectStore } from '../../objects/store.ts'

function objects() {
  const api = new ObjectsApi(new ObjectStore())
  api.create(device, 0, { manufacturer: 'ACME', errorCode: { 0: 0, 2: 3 } })
  return api
}

test('an object without an instance', () => {
  const api = objects()
  api.define(temperature)
  expect(api.definitions()).toEqual([device, temperature])
  expect(api.has('/3303')).toBe(true)
  expect(api.has('/3303/0')).toBe(false)
  expect(() => api.define({ ...temperature })).toThrow(TypeError)
})

test('what is stored below a path', () => {
  const api = objects()
  expect(api.entries('/3')).toEqual([
    { path: [3, 0, 0], value: 'ACME' },
    { path: [3, 0, 11, 0], value: 0 },
    { path: [3, 0, 11, 2], value: 3 },
  ])
  expect(api.entries('/3/0/11')).toHaveLength(2)
  expect(api.entries('/7')).toEqual([])
})

test('what a resource is read as', async () => {
  const api = objects()
  expect(await api.read('/3/0/0')).toBe('ACME')
  expect(await api.read('/3/0/11')).toEqual({ 0: 0, 2: 3 })
  expect(await api.read('/3/0/11/2')).toBe(3)
  expect(await api.read('/3/0/11/7')).toBeUndefined()
  expect(await api.read('/3/0/13')).toBeUndefined()
  api.onRead(device, 'currentTime', () => Promise.resolve(1000))
  expect(await api.read('/3/0/13')).toBe(1000)
  await expect(api.read('/3/1/0')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await expect(api.read('/3/0')).rejects.toMatchObject({ code: 'INVALID_PATH' })
  api.onRead(device, 'currentTime', () => {
    throw new Error('no clock')
  })
  await expect(api.read('/3/0/13')).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' })
})

test('an Execute from here', async () => {
  const api = objects()
  const calls: unknown[] = []
  await expect(api.execute('/3/0/4')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  api.onExecute(device, 'reboot', (path, args) => void calls.push([path, [...args]]))
  await api.execute('/3/0/4', "0='now',1")
  expect(calls).toEqual([
    [
      [3, 0, 4],
      [
        [0, 'now'],
        [1, undefined],
      ],
    ],
  ])
  await expect(api.execute('/3/0/4', 'x')).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  await expect(api.execute('/3/0/0')).rejects.toMatchObject({ code: 'METHOD_NOT_ALLOWED' })
})
