import { expect, test } from 'vitest'
import { location, type Position } from '../../../client/behaviours/location.ts'
import { behaviourSite, source } from '../../helpers/behaviour-site.ts'

const moving: Position = {
  latitude: -43.5723,
  longitude: 153.2176,
  altitude: 120,
  radius: 4,
  velocity: { horizontalSpeed: 3, bearing: 90, verticalSpeed: 4 },
  timestampSeconds: 1_699_999_999.5,
}

test('a position with its velocity is one notification', async () => {
  const { client, observe, read, seconds } = await behaviourSite()
  const position$ = source<Position>()
  location(client, position$)
  const told = await observe('/6/0')
  position$.next(moving)
  await seconds(1)
  expect(told).toHaveLength(1)
  expect(await read('/6/0')).toEqual({
    0: -43.5723,
    1: 153.2176,
    2: 120,
    3: 4,
    4: Uint8Array.of(0x10, 90, 0, 11, 14),
    5: 1_699_999_999,
    6: 5,
  })
})

test('a position takes the place of the one before as a whole, with the time at which it is told', async () => {
  const { client, clock, read } = await behaviourSite()
  const position$ = source<Position>()
  location(client, position$)
  position$.next(moving)
  position$.next({ latitude: 52, longitude: 13, speed: 2 })
  expect(await read('/6/0')).toEqual({ 0: 52, 1: 13, 5: Math.floor(clock.now() / 1000), 6: 2 })
})

test.each<[what: string, wrong: Partial<Position>]>([
  ['a latitude beyond the pole', { latitude: 90.1 }],
  ['a longitude beyond 180°', { longitude: -181 }],
  ['no number', { longitude: Number.NaN }],
  ['a radius below 0', { radius: -1 }],
  ['an altitude without end', { altitude: Number.POSITIVE_INFINITY }],
  ['a speed below 0 over the ground', { velocity: { horizontalSpeed: -1, bearing: 0 } }],
  ['a bearing that is none', { velocity: { horizontalSpeed: 1, bearing: Number.NaN } }],
  ['a time that is none', { timestampSeconds: Number.NaN }],
])('%s is refused: the position before stays, and the next one counts', async (_, wrong) => {
  const { client, clock, read, failures } = await behaviourSite()
  const position$ = source<Position>()
  location(client, position$)
  position$.next(moving)
  const before = await read('/6/0')
  position$.next({ latitude: 1, longitude: 2, ...wrong })
  await clock.advance(0)
  expect(await read('/6/0')).toEqual(before)
  expect(failures()).toMatchObject([{ path: '/6/0', cause: { code: 'INVALID_VALUE' } }])
  position$.next({ latitude: 1, longitude: 2 })
  expect(await read('/6/0/0')).toBe(1)
})
