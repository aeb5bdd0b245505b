import { expect, test } from 'vitest'
import { RotatingSecret } from '../../../transport/dtls/rotating-secret.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'

function newSecret() {
  const clock = new SimulatedClock()
  return { clock, secret: new RotatingSecret(clock, seededRandom(1), 1_000) }
}

test('a secret becomes the previous one after its period, and is wiped after another', async () => {
  const { clock, secret } = newSecret()
  const first = secret.current
  const content = Buffer.from(first)
  expect([first.length, secret.previous]).toEqual([32, undefined])
  await clock.advance(999)
  expect(secret.current).toBe(first)
  await clock.advance(1)
  expect(secret.current).not.toEqual(content)
  expect(secret.previous).toEqual(content)
  await clock.advance(1_000)
  expect(secret.previous).not.toEqual(content)
  expect(first).toEqual(Buffer.alloc(32))
})

test('after two periods without use nothing old is left', async () => {
  const { clock, secret } = newSecret()
  const first = secret.current
  await clock.advance(2_000)
  expect(secret.previous).toBeUndefined()
  expect(first).toEqual(Buffer.alloc(32))
})

test('periods keep their beat, however late a secret is asked for', async () => {
  const { clock, secret } = newSecret()
  await clock.advance(1_900)
  const second = secret.current
  await clock.advance(100)
  expect(secret.current).not.toBe(second)
  expect(secret.previous).toBe(second)
})
