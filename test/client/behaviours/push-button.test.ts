import { Subject } from 'rxjs'
import { expect, test } from 'vitest'
import { pushButton } from '../../../client/behaviours/push-button.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'

test('each press is seen and counted, in one notification', async () => {
  const { client, observe, seconds } = await behaviourSite()
  const pressed$ = new Subject<boolean>()
  pushButton(client, pressed$, { values: { applicationType: 'door bell' } })
  const told = await observe('/3347/0')
  for (const pressed of [true, false, false, true]) {
    pressed$.next(pressed)
    await seconds(1)
  }
  expect(told).toEqual([
    '0 5500=true 5501=1 5750="door bell"',
    '1 5500=false 5501=1 5750="door bell"',
    '3 5500=true 5501=2 5750="door bell"',
  ])
})

test('presses between two looks of the server, or while the objects are locked, are counted', async () => {
  const { client, read } = await behaviourSite()
  const pressed$ = new Subject<boolean>()
  pushButton(client, pressed$)
  const unlock = client.objects.lock()
  for (const pressed of [true, false, true, false, true, false]) pressed$.next(pressed)
  unlock()
  expect(await read('/3347/0')).toEqual({ 5500: false, 5501: 3 })
})
