import { expect } from 'vitest'
import type { Loss, RelayedDatagram } from '../relay.ts'
import { namesOf } from './wire.ts'

/** Makes a handshake over a relay, exchanges data, and tells what was on the wire. */
export type LossyHandshake = (isLost: Loss) => Promise<readonly RelayedDatagram[]>

/** Makes a handshake for each datagram that it takes, and loses that one once; all at a time, as a peer waits a second. */
export async function loseEachDatagram(handshake: LossyHandshake): Promise<void> {
  const datagrams = await handshake(() => false)
  const count = datagrams.findIndex(datagram => namesOf([datagram]).some(name => name.endsWith(': data')))
  expect(count).toBeGreaterThan(2)
  await Promise.all(Array.from({ length: count }, (_, lost) => handshake((_datagram, index) => index === lost)))
}
