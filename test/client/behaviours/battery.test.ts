import { Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { battery } from '../../../client/behaviours/battery.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'

test('the level in whole percent; too low at the threshold and below', async () => {
  const { client, observe, read, seconds, write } = await behaviourSite()
  const level$ = new Subject<number>()
  battery(client, level$, { values: { typeOfBattery: 'Li-Ion' } })
  level$.next(50)
  expect(await read('/3411/0')).toEqual({ 1: 50, 4: 'Li-Ion', 6: false })
  const told = await observe('/3411/0/6')
  expect(await write('/3411/0/5', 20)).toBe('done')
  for (const level of [20.6, 20.4, 19.5, 21]) {
    level$.next(level)
    await seconds(1)
  }
  expect(told).toEqual(['1 6=true', '3 6=false'])
  expect(await write('/3411/0/5', 21)).toBe('done')
  expect(await read('/3411/0')).toEqual({ 1: 21, 4: 'Li-Ion', 5: 21, 6: true })
})

test('supply losses are counted until the counter is reset', async () => {
  const { client, execute, observe, read, seconds } = await behaviourSite()
  const supplyLoss$ = new Subject<boolean>()
  const { instance } = battery(client, new Subject<number>(), { supplyLoss$ })
  supplyLoss$.next(false)
  const told = await observe('/3411/0/10')
  for (const lost of [true, true, false, true]) {
    supplyLoss$.next(lost)
    await seconds(1)
  }
  instance.set({ supplyLossReason: 'lightning' })
  expect(await read('/3411/0')).toEqual({ 9: true, 10: 2, 12: 'lightning' })
  expect(await execute('/3411/0/11')).toBe('done')
  supplyLoss$.next(false)
  await seconds(1)
  expect(await read('/3411/0')).toMatchObject({ 9: false, 10: 0 })
  expect(told).toEqual(['0 10=1', '3 10=2', '4 10=0'])
})

test('a level that is none is refused', async () => {
  const { client, clock, failures, read } = await behaviourSite()
  const level$ = new Subject<number>()
  battery(client, level$)
  level$.next(40)
  level$.next(Number.NaN)
  await clock.advance(0)
  expect(failures()).toMatchObject([{ path: '/3411/0', cause: { code: 'INVALID_VALUE' } }])
  expect(await read('/3411/0')).toEqual({ 1: 40, 6: false })
})
