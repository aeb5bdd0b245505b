import { expect, test } from 'vitest'
import { lightControl } from '../../../client/behaviours/light-control.ts'
import { behaviourSite, listen } from '../../helpers/behaviour-site.ts'

test('a server switches it, dims and colours it: the lamp hears of each transaction once', async () => {
  const { client, read, update, write } = await behaviourSite()
  const light = lightControl(client, { values: { dimmer: 100 } })
  const lamp = listen(light.light$)
  expect(await write('/3311/0/5850', true)).toBe('done')
  expect(await update('/3311/0', { 5851: 40, 5706: '#ff8000' })).toBe('done')
  expect(await write('/3311/0/5851', 40)).toBe('done')
  expect(await write('/3311/0/5851', 101)).toBe('4.00')
  light.instance.set({ onOff: false })
  expect(lamp).toEqual([
    { on: false, dimmer: 100, colour: undefined },
    { on: true, dimmer: 100, colour: undefined },
    { on: true, dimmer: 40, colour: '#ff8000' },
    { on: false, dimmer: 40, colour: '#ff8000' },
  ])
  expect(await read('/3311/0')).toEqual({ 5850: false, 5851: 40, 5852: 0, 5706: '#ff8000' })
})

test('On time counts from switching on or from a Write of 0, and stays while it is off', async () => {
  const { read, client, seconds, write } = await behaviourSite()
  lightControl(client)
  expect(await read('/3311/0/5852')).toBe(0)
  await write('/3311/0/5850', true)
  await seconds(10.5)
  expect(await read('/3311/0/5852')).toBe(10)
  await write('/3311/0/5850', true)
  await seconds(10)
  expect(await read('/3311/0/5852')).toBe(20)
  expect(await write('/3311/0/5852', 7)).toBe('4.00')
  expect(await read('/3311/0/5852')).toBe(20)
  expect(await write('/3311/0/5852', 0)).toBe('done')
  await seconds(5)
  expect(await read('/3311/0/5852')).toBe(5)
  await write('/3311/0/5850', false)
  await seconds(60)
  expect(await read('/3311/0/5852')).toBe(5)
  await write('/3311/0/5850', true)
  await seconds(3)
  expect(await read('/3311/0/5852')).toBe(3)
})

test('what a server writes and another object refuses changes nothing of it', async () => {
  const { client, clock, refusal, read, server, write } = await behaviourSite()
  const light = lightControl(client)
  const lamp = listen(light.light$)
  await write('/3311/0/5850', true)
  await clock.advance(10_000)
  client.objects.onWrite('/3303/0/5750', { validate: () => false })
  const request = server.writeComposite('urn:dev:os:1', [
    { path: [3303, 0, 5750], value: 'x' },
    { path: [3311, 0, 5850], value: false },
    { path: [3311, 0, 5852], value: 0 },
  ])
  expect(await refusal(request)).toBe('4.00')
  expect(lamp.map(state => state !== 'completed' && state.on)).toEqual([false, true])
  expect(await read('/3311/0/5852')).toBe(10)
})

test('an observer of the instance is not told again and again of a time that goes on', async () => {
  const { client, observe, seconds, write } = await behaviourSite()
  lightControl(client)
  const told = await observe('/3311/0')
  await write('/3311/0/5850', true)
  await seconds(100)
  expect(told).toEqual(['0 5850=true 5852=0'])
})

test('an observer sees On time in the period that it asks for', async () => {
  const { client, clock, observe, seconds, server, write } = await behaviourSite()
  lightControl(client)
  await clock.until(server.writeAttributes('urn:dev:os:1', '/3311/0/5852', { epmaxSeconds: 30 }))
  const told = await observe('/3311/0/5852')
  await write('/3311/0/5850', true)
  await seconds(70)
  expect(told).toEqual([expect.stringMatching(/ 5852=(29|30)$/), expect.stringMatching(/ 5852=(59|60)$/)])
})

test('it lives on over a stop and a start of the client, and is dark once a server deletes it', async () => {
  const { client, clock, delete: deleteAt, write } = await behaviourSite()
  const light = lightControl(client)
  const lamp = listen(light.light$)
  await clock.until(client.stop())
  light.instance.set({ onOff: true })
  client.start()
  await clock.until(client.registered())
  expect(await write('/3311/0/5706', 'red')).toBe('done')
  expect(await deleteAt('/3311/0')).toBe('done')
  light.unsubscribe()
  expect(lamp).toEqual([
    { on: false, dimmer: 100, colour: undefined },
    { on: true, dimmer: 100, colour: undefined },
    { on: true, dimmer: 100, colour: 'red' },
    { on: false, dimmer: 100, colour: undefined },
    'completed',
  ])
})
