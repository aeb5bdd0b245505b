import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlertDescription } from '../../../../transport/dtls/alert.ts'
import type { PeerCertificate } from '../../../../transport/dtls/credentials.ts'
import { decodeCertificate, encodeCertificate } from '../../../../transport/dtls/messages/certificate.ts'
import {
  type CertificateRequest,
  decodeCertificateRequest,
  encodeCertificateRequest,
} from '../../../../transport/dtls/messages/certificate-request.ts'
import {
  decodeCertificateVerify,
  encodeCertificateVerify,
} from '../../../../transport/dtls/messages/certificate-verify.ts'
import type { DigitalSignature } from '../../../../transport/dtls/messages/digital-signature.ts'
import {
  decodeEcdheClientKeyExchange,
  encodeEcdheClientKeyExchange,
} from '../../../../transport/dtls/messages/ecdhe-client-key-exchange.ts'
import {
  decodeEcdheServerKeyExchange,
  type EcdheServerKeyExchange,
  encodeEcdheServerKeyExchange,
  signedShare,
} from '../../../../transport/dtls/messages/ecdhe-server-key-exchange.ts'
import { alertOf, buffers, expectRobust, expectRoundTrip, uint16s, type Wire } from '../../../helpers/dtls-decoders.ts'

const digitalSignature = { algorithm: uint16s, signature: buffers(0, 100) }

const chains: Wire<PeerCertificate | undefined> = {
  encode: encodeCertificate,
  decode: body => decodeCertificate(body, 'x509'),
  values: fc.record({ kind: fc.constant('x509'), chain: fc.array(buffers(1, 40), { minLength: 1, maxLength: 4 }) }),
}
const rawKeys: Wire<PeerCertificate | undefined> = {
  encode: encodeCertificate,
  decode: body => decodeCertificate(body, 'rpk'),
  values: fc.record({ kind: fc.constant('rpk'), publicKey: buffers(1, 100) }),
}
const requests: Wire<CertificateRequest> = {
  encode: encodeCertificateRequest,
  decode: decodeCertificateRequest,
  values: fc.record({
    certificateTypes: fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 4 }),
    signatureAlgorithms: fc.array(uint16s, { minLength: 1, maxLength: 6 }),
    authorities: fc.array(buffers(1, 40), { maxLength: 3 }),
  }),
}
const verifies: Wire<DigitalSignature> = {
  encode: encodeCertificateVerify,
  decode: decodeCertificateVerify,
  values: fc.record(digitalSignature),
}
const serverKeyExchanges: Wire<EcdheServerKeyExchange> = {
  encode: encodeEcdheServerKeyExchange,
  decode: decodeEcdheServerKeyExchange,
  values: fc.record({ share: fc.record({ group: uint16s, publicKey: buffers(1, 100) }), ...digitalSignature }),
}
const clientKeyExchanges: Wire<Buffer> = {
  encode: encodeEcdheClientKeyExchange,
  decode: decodeEcdheClientKeyExchange,
  values: buffers(1, 255),
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

describeMessage('Certificate (RFC 5246 §7.4.2)', chains)
describeMessage('Certificate of a raw public key (RFC 7250 §3)', rawKeys)
describeMessage('CertificateRequest (RFC 5246 §7.4.4)', requests)
describeMessage('CertificateVerify (RFC 5246 §7.4.8)', verifies)
describeMessage('ServerKeyExchange of ECDHE (RFC 8422 §5.4)', serverKeyExchanges)
describeMessage('ClientKeyExchange of ECDHE (RFC 8422 §5.7)', clientKeyExchanges)

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test('a client that has no certificate shows an empty list (RFC 5246 §7.4.6)', () => {
  expect(encodeCertificate(undefined)).toEqual(hex('000000'))
  expect(decodeCertificate(hex('000000'), 'x509')).toBeUndefined()
  expect(decodeCertificate(hex('000000'), 'rpk')).toBeUndefined()
})

test('a chain is a list of certificates, a raw public key stands alone', () => {
  const [one, other] = [hex('aa'), hex('bbcc')]
  expect(encodeCertificate({ kind: 'x509', chain: [one, other] })).toEqual(hex('000009 000001 aa 000002 bbcc'))
  expect(encodeCertificate({ kind: 'rpk', publicKey: other })).toEqual(hex('000002 bbcc'))
})

test('a CertificateRequest has the form of RFC 5246 §7.4.4', () => {
  const request = { certificateTypes: [64], signatureAlgorithms: [0x0403], authorities: [hex('3000')] }
  expect(encodeCertificateRequest(request)).toEqual(hex('01 40  0002 0403  0004 0002 3000'))
})

test('the server signs its share with both randoms before it (RFC 8422 §5.4)', () => {
  const share = { group: 29, publicKey: hex('0102') }
  expect(signedShare(hex('c1'), hex('5e'), share)).toEqual(hex('c1 5e 03 001d 02 0102'))
})

test.each<[string, (body: Buffer) => unknown, string]>([
  ['a certificate of no bytes', body => decodeCertificate(body, 'x509'), '000003 000000'],
  ['no kind of keys', decodeCertificateRequest, '00 0002 0403 0000'],
  ['no signature algorithm', decodeCertificateRequest, '01 40 0000 0000'],
  ['half a signature algorithm', decodeCertificateRequest, '01 40 0003 040304 0000'],
  ['a name of no bytes', decodeCertificateRequest, '01 40 0002 0403 0002 0000'],
  ['a public key of no bytes', decodeEcdheClientKeyExchange, '00'],
])('refuses %s: decode_error', (_name, decode, body) => {
  expect(alertOf(() => decode(hex(body)))).toBe(AlertDescription.decodeError)
})

test('a share on an explicit curve is refused: illegal_parameter (RFC 8422 §5.4)', () => {
  const body = hex('01 001d 01 09 0403 0000')
  expect(alertOf(() => decodeEcdheServerKeyExchange(body))).toBe(AlertDescription.illegalParameter)
})
