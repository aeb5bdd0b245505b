import { expect, test } from 'vitest'
import { buzzer } from '../../../client/behaviours/buzzer.ts'
import { behaviourSite, listen } from '../../helpers/behaviour-site.ts'

test('it sounds at its level for the duration, and is off again then', async () => {
  const { client, observe, seconds, write } = await behaviourSite()
  const levels = listen(buzzer(client, { values: { delayDuration: 3, level: 50 } }).level$)
  const told = await observe('/3338/0/5850')
  expect(await write('/3338/0/5850', true)).toBe('done')
  await seconds(1)
  expect(await write('/3338/0/5548', 80)).toBe('done')
  await seconds(1.9)
  expect(levels).toEqual([0, 50, 80])
  await seconds(0.2)
  expect(levels).toEqual([0, 50, 80, 0])
  expect(told).toEqual(['0 5850=true', '3 5850=false'])
})

test('without a duration it sounds until false is written', async () => {
  const { client, seconds, write } = await behaviourSite()
  const levels = listen(buzzer(client).level$)
  await write('/3338/0/5850', true)
  await seconds(3600)
  expect(levels).toEqual([0, 100])
  expect(await write('/3338/0/5850', false)).toBe('done')
  expect(levels).toEqual([0, 100, 0])
})

test('true again while it sounds begins the duration anew', async () => {
  const { client, seconds, write } = await behaviourSite()
  const levels = listen(buzzer(client, { values: { delayDuration: 10 } }).level$)
  await write('/3338/0/5850', true)
  await seconds(8)
  expect(await write('/3338/0/5850', true)).toBe('done')
  await seconds(8)
  expect(levels).toEqual([0, 100])
  await seconds(3)
  expect(levels).toEqual([0, 100, 0])
})

test('within the minimum off-time, from the end on, it is 4.05 and stays silent', async () => {
  const { client, read, seconds, write } = await behaviourSite()
  const levels = listen(buzzer(client, { values: { delayDuration: 2, minimumOffTime: 5 } }).level$)
  await write('/3338/0/5850', true)
  await seconds(6)
  expect(await write('/3338/0/5850', true)).toBe('4.05')
  expect(await write('/3338/0/5850', false)).toBe('done')
  expect(await read('/3338/0/5850')).toBe(false)
  await seconds(2)
  expect(await write('/3338/0/5850', true)).toBe('done')
  expect(levels).toEqual([0, 100, 0, 100])
  await seconds(2)
})

test('a minimum off-time that is raised while it sounds holds from the next end on', async () => {
  const { client, seconds, write } = await behaviourSite()
  const levels = listen(buzzer(client, { values: { delayDuration: 2 } }).level$)
  await write('/3338/0/5850', true)
  await seconds(3)
  await write('/3338/0/5850', true)
  await write('/3338/0/5525', 60)
  expect(await write('/3338/0/5850', true)).toBe('done')
  await seconds(3)
  expect(await write('/3338/0/5850', true)).toBe('4.05')
  expect(levels).toEqual([0, 100, 0, 100, 0])
})

test('durations below 0 or beyond all reason are 4.00', async () => {
  const { client, read, write } = await behaviourSite()
  buzzer(client, { values: { delayDuration: 1 } })
  for (const seconds of [-1, 1e300]) {
    expect(await write('/3338/0/5521', seconds)).toBe('4.00')
    expect(await write('/3338/0/5525', seconds)).toBe('4.00')
  }
  expect(await read('/3338/0')).toEqual({ 5850: false, 5521: 1, 5525: 0 })
})

test('deleted by a server it falls silent, also while the objects are locked as its time is over', async () => {
  const { client, delete: deleteAt, seconds, write } = await behaviourSite()
  const { level$, instance } = buzzer(client, { values: { delayDuration: 5 } })
  const levels = listen(level$)
  await write('/3338/0/5850', true)
  expect(await deleteAt('/3338/0')).toBe('done')
  expect(levels).toEqual([0, 100, 0])

  client.objects.create(instance.definition, 0, { onOff: true, delayDuration: 5, minimumOffTime: 0 })
  expect(levels).toEqual([0, 100, 0, 100])
  const unlock = client.objects.lock()
  client.objects.delete('/3338/0')
  await seconds(6)
  expect(levels).toEqual([0, 100, 0, 100, 0])
  unlock()
})

test('the application switches it, too; unsubscribed, it is silent and off, and no timer runs', async () => {
  const { client, clock } = await behaviourSite()
  const idle = clock.pendingTimers
  const behaviour = buzzer(client, { values: { delayDuration: 60, minimumOffTime: 5 } })
  const levels = listen(behaviour.level$)
  behaviour.instance.set({ onOff: true })
  expect(clock.pendingTimers).toBe(idle + 1)
  behaviour.unsubscribe()
  expect(clock.pendingTimers).toBe(idle)
  expect(behaviour.instance.get('onOff')).toBe(false)
  expect(levels).toEqual([0, 100, 0, 'completed'])
})
