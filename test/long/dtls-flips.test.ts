import { expect, test } from 'vitest'
import { flipBytes, scenarios } from '../helpers/dtls-duel.ts'

/** Each byte of each datagram, one at a time; `npm test` takes a sample of them. */
test.each(scenarios)('a bit flipped in each byte: $name', async scenario => {
  const handshakes = await flipBytes(scenario, 1)
  console.log(`${scenario.name}: ${handshakes} handshakes`)
  expect(handshakes).toBeGreaterThan(400)
})
