import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeVelocity, type Velocity } from '../../../client/behaviours/velocity.ts'

const hex = (velocity: Velocity) => Buffer.from(encodeVelocity(velocity)).toString('hex')

// 3GPP TS 23.032 §8.12–8.15.
test.each<[what: string, velocity: Velocity, hex: string]>([
  ['at rest', { horizontalSpeed: 0, bearing: 0 }, '00000000'],
  ['horizontal velocity: 36 km/h east', { horizontalSpeed: 10, bearing: 90 }, '005a0024'],
  ['a bearing of more than eight bits', { horizontalSpeed: 10, bearing: 270 }, '010e0024'],
  ['a bearing below 0', { horizontalSpeed: 10, bearing: -90 }, '010e0024'],
  ['a bearing that rounds to 360', { horizontalSpeed: 10, bearing: 359.6 }, '00000024'],
  ['with vertical velocity, upward', { horizontalSpeed: 10, bearing: 90, verticalSpeed: 5 }, '105a002412'],
  ['with vertical velocity, downward', { horizontalSpeed: 10, bearing: 270, verticalSpeed: -5 }, '130e002412'],
  ['with uncertainty', { horizontalSpeed: 10, bearing: 90, horizontalUncertainty: 1 }, '205a002404'],
  [
    'with vertical velocity and uncertainty',
    { horizontalSpeed: 10, bearing: 90, verticalSpeed: 5, horizontalUncertainty: 1, verticalUncertainty: 2 },
    '305a0024120407',
  ],
  [
    'with one uncertainty of two',
    { horizontalSpeed: 10, bearing: 90, verticalSpeed: 5, verticalUncertainty: 2 },
    '305a002412ff07',
  ],
  [
    'above the highest values',
    {
      horizontalSpeed: 20_000,
      bearing: 0,
      verticalSpeed: 1_000,
      horizontalUncertainty: 1_000,
      verticalUncertainty: 1_000,
    },
    '3000fffffffefe',
  ],
])('%s', (_, velocity, expected) => expect(hex(velocity)).toBe(expected))

test('speed and bearing come back to within half a unit', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 18_000, noNaN: true }),
      fc.double({ min: -360, max: 360, noNaN: true }),
      (speed, bearing) => {
        const bytes = Buffer.from(encodeVelocity({ horizontalSpeed: speed, bearing }))
        const degrees = bytes.readUInt16BE(0) & 0x1ff
        const turn = Math.abs(((degrees - bearing) % 360) + 720) % 360
        expect(Math.min(turn, 360 - turn)).toBeLessThanOrEqual(0.5 + 1e-9)
        expect(Math.abs(bytes.readUInt16BE(2) - speed * 3.6)).toBeLessThanOrEqual(0.5 + 1e-9)
      },
    ),
    { seed: 1 },
  )
})
