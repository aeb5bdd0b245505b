import { expect, test } from 'vitest'
import { floodWithHellos } from '../helpers/spoofed-hellos.ts'

/** `HELLOS=1000 npm run test:long -- dtls-flood` takes other than 1,000,000. */
const { HELLOS = '1000000' } = process.env
const count = Number(HELLOS)

test(`${count} ClientHellos from spoofed addresses leave no state`, async () => {
  const { sentBytes, answeredBytes, grownBytes } = await floodWithHellos(count)
  console.log(
    `${count} ClientHellos, ${sentBytes} bytes: ${answeredBytes} bytes answered, the heap has grown by ${grownBytes}`,
  )
  expect(answeredBytes).toBeLessThanOrEqual(sentBytes)
  // Less than a pointer for each.
  expect(grownBytes).toBeLessThan(4_000_000)
})
