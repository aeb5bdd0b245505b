import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlertDescription } from '../../../../transport/dtls/alert.ts'
import {
  decodeNewSessionTicket,
  encodeNewSessionTicket,
} from '../../../../transport/dtls/messages/new-session-ticket.ts'
import {
  decodePskClientKeyExchange,
  encodePskClientKeyExchange,
  type PskClientKeyExchange,
} from '../../../../transport/dtls/messages/psk-client-key-exchange.ts'
import {
  decodePskServerKeyExchange,
  encodePskServerKeyExchange,
  type PskServerKeyExchange,
} from '../../../../transport/dtls/messages/psk-server-key-exchange.ts'
import { alertOf, buffers, expectRobust, expectRoundTrip, uint16s, type Wire } from '../../../helpers/dtls-decoders.ts'

const share = fc.record({ group: uint16s, publicKey: buffers(1, 100) })

const serverPsk: Wire<PskServerKeyExchange> = {
  encode: encodePskServerKeyExchange,
  decode: body => decodePskServerKeyExchange(body, 'psk'),
  values: fc.record({ identityHint: buffers(0, 128) }),
}
const serverEcdhePsk: Wire<PskServerKeyExchange> = {
  encode: encodePskServerKeyExchange,
  decode: body => decodePskServerKeyExchange(body, 'ecdhePsk'),
  values: fc.record({ identityHint: buffers(0, 128), share }),
}
const clientPsk: Wire<PskClientKeyExchange> = {
  encode: encodePskClientKeyExchange,
  decode: body => decodePskClientKeyExchange(body, 'psk'),
  values: fc.record({ identity: buffers(0, 128) }),
}
const clientEcdhePsk: Wire<PskClientKeyExchange> = {
  encode: encodePskClientKeyExchange,
  decode: body => decodePskClientKeyExchange(body, 'ecdhePsk'),
  values: fc.record({ identity: buffers(0, 128), publicKey: buffers(1, 255) }),
}
const newSessionTicket = {
  encode: encodeNewSessionTicket,
  decode: decodeNewSessionTicket,
  values: fc.record({ lifetimeHintSeconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }), ticket: buffers(0, 200) }),
}

function describeMessage<T>(name: string, wire: Wire<T>): void {
  describe(name, () => {
    test('is read as it was written, and refused when cut off or followed by more', () => {
      expectRoundTrip(wire)
    })

    test('of any bytes throws nothing but DtlsError', () => {
      expectRobust(wire)
    })
  })
}

describeMessage('ServerKeyExchange of PSK (RFC 4279 §2)', serverPsk)
describeMessage('ServerKeyExchange of ECDHE_PSK (RFC 5489 §2)', serverEcdhePsk)
describeMessage('ClientKeyExchange of PSK (RFC 4279 §2)', clientPsk)
describeMessage('ClientKeyExchange of ECDHE_PSK (RFC 5489 §2)', clientEcdhePsk)
describeMessage('NewSessionTicket (RFC 5077 §3.3)', newSessionTicket)

test('a share of X25519 has the form of RFC 8422 §5.4', () => {
  const publicKey = Buffer.alloc(32, 9)
  const bytes = encodePskServerKeyExchange({ identityHint: Buffer.from('h'), share: { group: 29, publicKey } })
  expect(bytes.toString('hex')).toBe(`00016803001d20${publicKey.toString('hex')}`)
})

test('a share on an explicit curve is refused: illegal_parameter (RFC 8422 §5.4)', () => {
  const body = Buffer.from('000001001d0109', 'hex')
  expect(alertOf(() => decodePskServerKeyExchange(body, 'ecdhePsk'))).toBe(AlertDescription.illegalParameter)
})

test('an identity has its length in two bytes', () => {
  expect(encodePskClientKeyExchange({ identity: Buffer.from('me') }).toString('hex')).toBe('00026d65')
  const longest = Buffer.alloc(65_535, 1)
  expect(decodePskClientKeyExchange(encodePskClientKeyExchange({ identity: longest }), 'psk').identity).toEqual(longest)
})

test('a lifetime hint has four bytes', () => {
  const bytes = encodeNewSessionTicket({ lifetimeHintSeconds: 0xfedcba98, ticket: Buffer.of(1) })
  expect(bytes.toString('hex')).toBe('fedcba98000101')
})
