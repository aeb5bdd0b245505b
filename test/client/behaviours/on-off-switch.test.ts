import { Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { onOffSwitch } from '../../../client/behaviours/on-off-switch.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'

test('a server sees its state and how often it has been switched on', async () => {
  const { client, observe, read, seconds } = await behaviourSite()
  const on$ = new Subject<boolean>()
  onOffSwitch(client, on$)
  expect(await read('/3342/0')).toMatchObject({ 5500: false, 5501: 0 })
  const told = await observe('/3342/0/5500')
  for (const on of [true, true, false, true]) {
    on$.next(on)
    await seconds(1)
  }
  expect(told).toEqual(['0 5500=true', '2 5500=false', '3 5500=true'])
  expect(await read('/3342/0/5501')).toBe(2)
})

test('On time and Off time count while it is on or off, from the change or from a Write of 0', async () => {
  const { client, read, seconds, write } = await behaviourSite()
  const on$ = new Subject<boolean>()
  onOffSwitch(client, on$)
  await seconds(7.5)
  expect(await read('/3342/0')).toMatchObject({ 5852: 0, 5854: 7 })
  on$.next(true)
  await seconds(20.5)
  on$.next(true)
  expect(await read('/3342/0')).toMatchObject({ 5852: 20, 5854: 7 })
  expect(await write('/3342/0/5854', 3)).toBe('4.00')
  expect(await write('/3342/0/5852', 0)).toBe('done')
  await seconds(4)
  on$.next(false)
  await seconds(2.5)
  expect(await read('/3342/0')).toMatchObject({ 5852: 4, 5854: 2 })
  expect(await write('/3342/0/5852', 0)).toBe('done')
  expect(await write('/3342/0/5854', 0)).toBe('done')
  await seconds(1.5)
  expect(await read('/3342/0')).toMatchObject({ 5852: 0, 5854: 1 })
})

test('a stop and a start of the client lose no time; with timestamps, each report of the switch has one', async () => {
  const { client, clock, read, seconds } = await behaviourSite()
  const on$ = new Subject<boolean>()
  onOffSwitch(client, on$, { timestamps: true })
  on$.next(true)
  const reportedSeconds = Math.floor(clock.now() / 1000)
  await clock.until(client.stop())
  await seconds(100)
  client.start()
  await clock.until(client.registered())
  expect(await read('/3342/0')).toMatchObject({ 5500: true, 5518: reportedSeconds, 5852: 100 })
})

test('what is no state is refused, and neither counted nor timed', async () => {
  const { client, clock, failures, read, seconds } = await behaviourSite()
  const on$ = new Subject<boolean>()
  onOffSwitch(client, on$)
  on$.next('on' as never)
  await seconds(5)
  await clock.advance(0)
  expect(failures()).toMatchObject([{ path: '/3342/0', cause: { code: 'INVALID_VALUE' } }])
  expect(await read('/3342/0')).toMatchObject({ 5500: false, 5501: 0, 5852: 0, 5854: 5 })
})
