import { Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { fillingLevel } from '../../../client/behaviours/filling-level.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'

const day = 86_400

test('the level follows percentage and height, full and empty follow the thresholds, in one notification', async () => {
  const { client, observe, seconds } = await behaviourSite()
  const percentage$ = new Subject<number>()
  fillingLevel(client, percentage$, { values: { containerHeight: 150, highThreshold: 80, lowThreshold: 10 } })
  percentage$.next(50)
  const told = await observe('/3435/0')
  for (const percentage of [80, 80.5, 10, 9]) {
    percentage$.next(percentage)
    await seconds(1)
  }
  const flags = told.map(line => /3=(\d+) .*5=(\w+) .*7=(\w+)/.exec(line)?.slice(1).join(' '))
  expect(flags).toEqual(['120 false false', '121 true false', '15 false false', '14 false true'])
})

test('a server that sets height or thresholds sees level and flags follow', async () => {
  const { client, observe, read, seconds, write } = await behaviourSite()
  const percentage$ = new Subject<number>()
  fillingLevel(client, percentage$)
  percentage$.next(50)
  expect(await read('/3435/0')).toEqual({ 2: 50, 5: false, 7: false, 8: 0 })
  const told = await observe('/3435/0/5')
  expect(await write('/3435/0/1', 200)).toBe('done')
  expect(await write('/3435/0/4', 49.5)).toBe('done')
  expect(await read('/3435/0')).toMatchObject({ 3: 100, 5: true, 7: false })
  expect(await write('/3435/0/4', 50)).toBe('done')
  expect(await write('/3435/0/6', 60)).toBe('done')
  await seconds(1)
  expect(await read('/3435/0')).toMatchObject({ 3: 100, 5: false, 7: true })
  expect(told).toEqual(['0 5=true', '0 5=false'])
})

test('a height beyond all reason gives no level', async () => {
  const { client, failures, read, write } = await behaviourSite()
  const percentage$ = new Subject<number>()
  fillingLevel(client, percentage$)
  percentage$.next(50)
  expect(await write('/3435/0/1', 2n ** 63n - 1n)).toBe('done')
  expect(await read('/3435/0')).toMatchObject({ 2: 50, 5: false })
  percentage$.next(60)
  const values = await read('/3435/0')
  expect(values).toMatchObject({ 2: 60 })
  expect(values).not.toHaveProperty('3')
  expect(failures()).toEqual([])
})

test('the average speed is in percent a day, emptying not counted, and can be reset', async () => {
  const { client, execute, read, seconds } = await behaviourSite({ lifetimeSeconds: 0 })
  const percentage$ = new Subject<number>()
  fillingLevel(client, percentage$)
  percentage$.next(10)
  await seconds(day)
  percentage$.next(30)
  expect(await read('/3435/0/8')).toBeCloseTo(20, 1)
  percentage$.next(Number.NaN)
  percentage$.next(0)
  await seconds(day)
  percentage$.next(30)
  expect(await read('/3435/0/8')).toBeCloseTo(25, 1)
  expect(await execute('/3435/0/9')).toBe('done')
  expect(await read('/3435/0/8')).toBe(0)
  await seconds(day / 2)
  percentage$.next(35)
  expect(await read('/3435/0/8')).toBeCloseTo(10, 1)
})

test('the count of filling operations is the application’s, its reset the server’s', async () => {
  const { client, execute, read } = await behaviourSite()
  const { instance } = fillingLevel(client, new Subject<number>())
  instance.set({ fillingOperationsCounter: 12 })
  expect(await read('/3435/0/19')).toBe(12)
  expect(await execute('/3435/0/20')).toBe('done')
  expect(await read('/3435/0/19')).toBe(0)
})
