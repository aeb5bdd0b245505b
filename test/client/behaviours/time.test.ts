import { expect, test } from 'vitest'
import { time } from '../../../client/behaviours/time.ts'
import { behaviourSite } from '../../helpers/behaviour-site.ts'

const current = '/3333/0/5506'
const fraction = '/3333/0/5507'

test('it is the time of the client', async () => {
  const { client, clock, read, seconds } = await behaviourSite()
  expect(time(client).now()).toBe(clock.now())
  expect(await read(current)).toBe(Math.floor(clock.now() / 1000))
  await clock.advance(1000 - (clock.now() % 1000))
  const secondsNow = clock.now() / 1000
  await seconds(3600)
  expect(await read(current)).toBe(secondsNow + 3600)
  expect(await read(fraction)).toBeLessThan(0.5)
})

test('a server sets it, and it goes on from there', async () => {
  const { client, read, seconds, update, write } = await behaviourSite()
  const behaviour = time(client)
  expect(await write(current, 1000)).toBe('done')
  await seconds(60.25)
  expect(await read(current)).toBe(1060)
  expect(await read(fraction)).toBeCloseTo(0.25, 1)
  expect(await update('/3333/0', { 5506: 2000, 5507: 0.5 })).toBe('done')
  expect(behaviour.now()).toBeCloseTo(2_000_500, -2)
  await seconds(60)
  expect(await write(fraction, 0)).toBe('done')
  expect(behaviour.now()).toBeCloseTo(2_060_000, -2)
  await write(fraction, 0.5)
  expect(await write(current, 3000)).toBe('done')
  expect(behaviour.now()).toBeCloseTo(3_000_000, -2)
  expect(await write(fraction, 1.5)).toBe('4.00')
  expect(await write(current, 2 ** 53 - 1)).toBe('4.00')
  expect(await write(current, 2 ** 40)).toBe('done')
  await seconds(5)
  expect(await read(current)).toBe(2 ** 40 + 5)
  expect(await write(current, -5)).toBe('done')
  expect(await read(current)).toBe(-5)
})

test('a server that is refused sets nothing', async () => {
  const { client, read, refusal, server } = await behaviourSite()
  const behaviour = time(client)
  const before = behaviour.now()
  const values = [
    { path: [3333, 0, 5506], value: 1000 },
    { path: [3333, 0, 5507], value: 7 },
  ]
  expect(await refusal(server.write('urn:dev:os:1', '/3333/0', values, { mode: 'update' }))).toBe('4.00')
  expect(behaviour.now()).toBeGreaterThanOrEqual(before)
  expect(await read(current)).toBe(Math.floor(behaviour.now() / 1000))
})

test('an observer sees it in the period that it asks for', async () => {
  const { client, clock, observe, seconds, server } = await behaviourSite()
  time(client, { values: { currentTime: 0 } })
  await clock.until(server.writeAttributes('urn:dev:os:1', current, { pmaxSeconds: 60 }))
  const told = await observe(current)
  await seconds(130)
  expect(told).toEqual([expect.stringMatching(/ 5506=60$/), expect.stringMatching(/ 5506=120$/)])
})

test('what it begins with, and what the application sets, it goes on from, too', async () => {
  const { client, read, seconds } = await behaviourSite()
  const { instance } = time(client, { values: { currentTime: 500 } })
  await seconds(10)
  expect(await read(current)).toBe(510)
  instance.set({ currentTime: 100 })
  await seconds(10)
  expect(await read(current)).toBe(110)
})
