import { expect, test } from 'vitest'
import { KeptSession } from '../../client/kept-session.ts'
import { openResumable, sealResumable } from '../../transport/dtls/resumable-session.ts'
import { seededRandom } from '../../transport/random.ts'
import { seal, unseal } from '../../transport/sealing.ts'
import { sessionOf } from '../helpers/dtls-session.ts'

const key = Buffer.alloc(32, 7)
const random = seededRandom(1)
const kept = () => ({
  dtls: new KeptSession({ seal: sealResumable, unseal: openResumable }, 'device 1', key, random),
  tls: new KeptSession<Buffer>({ seal, unseal }, 'device 1', key, random),
})

test('what was agreed with one destination is not found for another, whoever looks for it', () => {
  const { dtls, tls } = kept()
  dtls.keep(sessionOf(1, 1_700_000_000_000), 'coaps://h')
  tls.restore(dtls.sealed)
  expect(tls.find('coaps+tcp://h')).toBeUndefined()
  tls.keep(Buffer.from('a session'), 'coaps+tcp://h')
  dtls.forget()
  dtls.restore(tls.sealed)
  expect(dtls.find('coaps://h')).toBeUndefined()
})

test('bytes that are no DTLS session are none, even where they open', () => {
  const { dtls, tls } = kept()
  tls.keep(Buffer.from('a session'), 'somewhere')
  dtls.restore(tls.sealed)
  expect(dtls.find('somewhere')).toBeUndefined()
})

test('a session that was saved is found again', () => {
  const { tls } = kept()
  tls.keep(Buffer.from('a session'), 'somewhere')
  const { tls: next } = kept()
  next.restore(tls.sealed)
  expect(next.find('somewhere')).toEqual(Buffer.from('a session'))
})
