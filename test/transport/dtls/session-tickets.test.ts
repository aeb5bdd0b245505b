import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TicketKeys } from '../../../transport/dtls/session-tickets.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { buffers } from '../../helpers/dtls-decoders.ts'
import { sessionOf } from '../../helpers/dtls-session.ts'

const lifetimeSeconds = 60

function newKeys(seed = 1, clock = new SimulatedClock()) {
  const keys = new TicketKeys(clock, seededRandom(seed), lifetimeSeconds)
  const ticketOf = (number: number) => keys.seal(sessionOf(number, clock.now())) ?? Buffer.alloc(0)
  return { clock, keys, ticketOf }
}

test('a ticket gives the server its session back', () => {
  const { clock, keys, ticketOf } = newKeys()
  expect(keys.open(ticketOf(1))).toEqual(sessionOf(1, clock.now()))
})

test('a ticket holds through the change of keys, until the lifetime of its session is over', async () => {
  const { clock, keys, ticketOf } = newKeys()
  await clock.advance(50_000)
  const ticket = ticketOf(1)
  await clock.advance(59_999)
  expect(keys.open(ticket)).toBeDefined()
  await clock.advance(1)
  expect(keys.open(ticket)).toBeUndefined()
})

test('a new ticket for a resumed session does not prolong it', async () => {
  const { clock, keys, ticketOf } = newKeys()
  const first = ticketOf(1)
  await clock.advance(40_000)
  const resumed = keys.open(first)
  const second = resumed && keys.seal(resumed)
  await clock.advance(20_000)
  expect(second && keys.open(second)).toBeUndefined()
  expect(second).toBeDefined()
})

test('a ticket of a key from before the previous one does not open, however long its session may last', async () => {
  const { clock, keys } = newKeys()
  const ticket = keys.seal(sessionOf(1, clock.now() + 1_000_000)) ?? Buffer.alloc(0)
  await clock.advance(119_999)
  expect(keys.open(ticket)).toBeDefined()
  await clock.advance(1)
  expect(keys.open(ticket)).toBeUndefined()
})

test('a ticket of another server, or of this one before its restart, does not open', () => {
  const { clock, keys } = newKeys(1)
  const { ticketOf } = newKeys(2, clock)
  expect(keys.open(ticketOf(1))).toBeUndefined()
})

test('a ticket changed in any bit does not open, nor do any other bytes', () => {
  const { keys, ticketOf } = newKeys()
  const ticket = ticketOf(1)
  for (let bit = 0; bit < 8 * ticket.length; bit++) {
    const changed = Buffer.from(ticket)
    changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    expect(keys.open(changed)).toBeUndefined()
  }
  fc.assert(
    fc.property(buffers(0, 300), bytes => keys.open(bytes) === undefined),
    { seed: 9 },
  )
})

test('the longest ticket fits its message; a longer one is not given (RFC 5077 §3.3)', () => {
  const { clock, keys } = newKeys()
  const sealed = (length: number) => keys.seal({ ...sessionOf(1, clock.now()), peerIdentity: 'x'.repeat(length) })
  const overhead = sealed(0)?.length ?? 0
  expect(sealed(65_535 - overhead)).toHaveLength(65_535)
  expect(sealed(65_536 - overhead)).toBeUndefined()
})
