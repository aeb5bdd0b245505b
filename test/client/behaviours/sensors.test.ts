import { Subject } from 'rxjs'
import { describe, expect, test } from 'vitest'
import {
  currentSensor,
  genericSensor,
  humiditySensor,
  pressureSensor,
  temperatureSensor,
  voltageSensor,
} from '../../../client/behaviours/sensors.ts'
import { humidity } from '../../../objects/definitions/humidity.ts'
import { temperature } from '../../../objects/definitions/temperature.ts'
import { OperationError, ValueError } from '../../../objects/errors.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'

describe('a sensor of one value', () => {
  test('each measurement arrives in one notification with minimum and maximum, until these are reset', async () => {
    const { client, observe, execute, seconds, read } = await behaviourSite()
    const celsius$ = new Subject<number>()
    temperatureSensor(client, celsius$, {
      instanceId: 1,
      values: { sensorUnits: 'Cel', minRangeValue: -40, maxRangeValue: 125, sensorValue: 20 },
    })
    const told = await observe('/3303/1')
    for (const value of [21, 24, 19.5]) {
      celsius$.next(value)
      await seconds(1)
    }
    expect(told).toEqual([
      '0 5601=21 5602=21 5603=-40 5604=125 5700=21 5701="Cel"',
      '1 5601=21 5602=24 5603=-40 5604=125 5700=24 5701="Cel"',
      '2 5601=19.5 5602=24 5603=-40 5604=125 5700=19.5 5701="Cel"',
    ])
    expect(await execute('/3303/1/5605')).toBe('done')
    expect(await read('/3303/1')).toMatchObject({ 5601: 19.5, 5602: 19.5, 5700: 19.5 })
    celsius$.next(20)
    expect(await read('/3303/1')).toMatchObject({ 5601: 19.5, 5602: 20, 5700: 20 })
  })

  test('before the first measurement there is no value, and nothing to reset', async () => {
    const { client, execute, read, server, clock } = await behaviourSite()
    temperatureSensor(client, new Subject<number>(), { instanceId: 1 })
    await expect(clock.until(server.read('urn:dev:os:1', '/3303/1/5700'))).rejects.toMatchObject({
      responseCode: 0x84,
    })
    expect(await execute('/3303/1/5605')).toBe('done')
    expect(await read('/3303/1')).toEqual({})
  })

  test('what is no number is refused as a sink refuses, with the extremes as they were', async () => {
    const { client, clock, failures, read } = await behaviourSite()
    const celsius$ = new Subject<number>()
    temperatureSensor(client, celsius$, { timestamps: true })
    celsius$.next(20)
    const before = await read('/3303/0')
    await clock.advance(1000)
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY, 'hot' as never]) celsius$.next(bad)
    expect(await read('/3303/0')).toEqual(before)
    expect(failures().map(({ path, cause }) => `${path} ${cause.code}`)).toEqual(Array(3).fill('/3303/0 INVALID_VALUE'))
    celsius$.next(30)
    expect(await read('/3303/0')).toMatchObject({ 5601: 20, 5602: 30, 5700: 30 })
  })

  test('a source that fails is told of; the reset goes on working', async () => {
    const { client, clock, errors, execute, failures } = await behaviourSite()
    const celsius$ = new Subject<number>()
    temperatureSensor(client, celsius$)
    celsius$.next(20)
    celsius$.next(30)
    const fault = new Error('the wire is broken')
    celsius$.error(fault)
    await clock.advance(0)
    expect(failures().map(({ cause }) => cause.code)).toEqual(['SOURCE_FAILED'])
    expect(errors.splice(0)).toEqual([fault])
    expect(await execute('/3303/0/5605')).toBe('done')
    expect(client.objects.get('/3303/0/5601')).toBe(30)
  })

  test('an instance that is there stays as it is, and lacks nothing then; a server may name its application', async () => {
    const { client, sensor, read, write } = await behaviourSite()
    const { instance } = temperatureSensor(client, new Subject<number>(), {
      values: { sensorUnits: 'K', applicationType: 'cellar' },
    })
    expect(instance.definition).toBe(temperature)
    expect(sensor.get('sensorUnits')).toBe('Cel')
    expect(await read('/3303/0')).toEqual({ 5700: 21.5, 5701: 'Cel', 5750: 'cellar' })
    expect(await write('/3303/0/5750', 'attic')).toBe('done')
    expect(instance.get('applicationType')).toBe('attic')
  })

  test('of another version of the object that the client has, as from a file, it lives in that', async () => {
    const { resources: all, ...rest } = humidity
    const { timestamp: _seconds, fractionalTimestamp: _fraction, ...resources } = all
    const humidity10 = { ...rest, version: '1.0', resources }
    const { client, execute, read } = await behaviourSite({ client: { objects: [humidity10] } })
    const percent$ = new Subject<number>()
    const { instance } = humiditySensor(client, percent$)
    expect(instance.definition).toBe(humidity10)
    percent$.next(40)
    expect(await execute('/3304/0/5605')).toBe('done')
    expect(await read('/3304/0')).toEqual({ 5601: 40, 5602: 40, 5700: 40 })
    const values = { timestamp: 1 }
    expect(() => humiditySensor(client, percent$, { instanceId: 1, values })).toThrow(OperationError)
    expect(client.objects.has('/3304/1')).toBe(false)
  })

  test('a value out of range to begin with creates nothing', async () => {
    const { client } = await behaviourSite()
    const values = { measurementQualityIndicator: 24 }
    expect(() => temperatureSensor(client, new Subject<number>(), { instanceId: 1, values })).toThrow(ValueError)
    expect(client.objects.has('/3303/1')).toBe(false)
  })

  test('deleted by a server, it measures into nothing until it is created again', async () => {
    const { client, delete: deleteAt, failures, read, server, clock } = await behaviourSite()
    const celsius$ = new Subject<number>()
    temperatureSensor(client, celsius$)
    expect(await deleteAt('/3303/0')).toBe('done')
    celsius$.next(22)
    await clock.advance(0)
    expect(failures().map(({ path, cause }) => `${path} ${cause.code}`)).toEqual(['/3303/0 NOT_FOUND'])
    await clock.until(server.create('urn:dev:os:1', '/3303', [{ path: [3303, 0, 5750], value: 'new' }]))
    celsius$.next(23)
    expect(await read('/3303/0')).toEqual({ 5601: 23, 5602: 23, 5700: 23, 5750: 'new' })
  })

  test('after unsubscribe neither source nor server reach it, and the instance stays', async () => {
    const { client, execute, read } = await behaviourSite()
    const celsius$ = new Subject<number>()
    const behaviour = temperatureSensor(client, celsius$)
    celsius$.next(20)
    behaviour.unsubscribe()
    expect(celsius$.observed).toBe(false)
    expect(await execute('/3303/0/5605')).toBe('4.04')
    expect(await read('/3303/0/5700')).toBe(20)
  })

  test('with timestamps, each measurement tells when it was made', async () => {
    const { client, clock, read } = await behaviourSite()
    const celsius$ = new Subject<number>()
    temperatureSensor(client, celsius$, { timestamps: true })
    await clock.advance(1000 - (clock.now() % 1000) + 250)
    const nowMs = clock.now()
    celsius$.next(20)
    expect(await read('/3303/0')).toMatchObject({ 5518: Math.floor(nowMs / 1000), 6050: 0.25 })
  })
})

test.each([
  ['humidity', humiditySensor, 3304, '%RH'],
  ['pressure', pressureSensor, 3323, 'Pa'],
  ['voltage', voltageSensor, 3316, 'V'],
  ['current', currentSensor, 3317, 'A'],
  ['generic', genericSensor, 3300, 'ppm'],
] as const)('a %s sensor is read, reset and observed by its server', async (_what, sensor, id, sensorUnits) => {
  const { client, execute, observe, read, seconds } = await behaviourSite()
  const value$ = new Subject<number>()
  sensor(client, value$, { values: { sensorUnits } })
  value$.next(3)
  const told = await observe(`/${id}/0/5700`)
  value$.next(1)
  await seconds(1)
  value$.next(2)
  await seconds(1)
  expect(told).toEqual(['0 5700=1', '1 5700=2'])
  expect(await execute(`/${id}/0/5605`)).toBe('done')
  value$.next(2.5)
  expect(await read(`/${id}/0`)).toEqual({ 5601: 2, 5602: 2.5, 5700: 2.5, 5701: sensorUnits })
})

test('the calibration coefficient is one that servers set and the application applies', async () => {
  const { client, read, write } = await behaviourSite()
  const { instance } = voltageSensor(client, new Subject<number>(), { values: { currentCalibration: 1 } })
  expect(await write('/3316/0/5821', 1.02)).toBe('done')
  expect(instance.get('currentCalibration')).toBe(1.02)
  expect(await read('/3316/0/5821')).toBe(1.02)
})
