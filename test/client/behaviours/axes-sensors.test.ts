import { Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { type Axes, accelerometer, type MagneticField, magnetometer } from '../../../client/behaviours/axes-sensors.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'

test('the axes of an accelerometer arrive together; one that is left out stays as it is', async () => {
  const { client, observe, seconds } = await behaviourSite()
  const axes$ = new Subject<Axes>()
  accelerometer(client, axes$, { values: { sensorUnits: 'm/s2', minRangeValue: -20, maxRangeValue: 20 } })
  axes$.next({ x: 0, y: 0, z: 9.8 })
  const told = await observe('/3313/0')
  axes$.next({ x: 1, y: 2, z: 9 })
  await seconds(1)
  axes$.next({ x: 3 })
  await seconds(1)
  expect(told).toEqual([
    '0 5603=-20 5604=20 5701="m/s2" 5702=1 5703=2 5704=9',
    '1 5603=-20 5604=20 5701="m/s2" 5702=3 5703=2 5704=9',
  ])
})

test('of a measurement with one axis that is no number, none is taken', async () => {
  const { client, clock, failures, read } = await behaviourSite()
  const axes$ = new Subject<Axes>()
  accelerometer(client, axes$)
  axes$.next({ x: 1, y: 2, z: 3 })
  axes$.next({ x: 4, y: Number.NaN, z: 6 })
  await clock.advance(0)
  expect(await read('/3313/0')).toEqual({ 5702: 1, 5703: 2, 5704: 3 })
  expect(failures()).toMatchObject([{ path: '/3313/0', cause: { code: 'INVALID_VALUE' } }])
})

test('a magnetometer tells its compass direction, 0 to 360 degrees, and when it was measured', async () => {
  const { client, clock, failures, read } = await behaviourSite()
  const field$ = new Subject<MagneticField>()
  magnetometer(client, field$, { timestamps: true })
  field$.next({ x: 20, y: 0, z: 40, compassDegrees: 90 })
  const before = await read('/3314/0')
  expect(before).toEqual({ 5702: 20, 5703: 0, 5704: 40, 5705: 90, 5518: 1_700_000_000, 6050: expect.any(Number) })
  await clock.advance(2000)
  field$.next({ x: 30, compassDegrees: 361 })
  expect(await read('/3314/0')).toEqual(before)
  expect(failures()).toMatchObject([{ path: '/3314/0', cause: { code: 'INVALID_VALUE' } }])
})
