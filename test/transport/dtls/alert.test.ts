import { expect, test } from 'vitest'
import { AlertDescription, alertName, DtlsError, decodeAlert, encodeAlert } from '../../../transport/dtls/alert.ts'

test('an alert has a level and a description', () => {
  expect(encodeAlert(true, AlertDescription.handshakeFailure)).toEqual(Buffer.of(2, 40))
  expect(encodeAlert(false, AlertDescription.noRenegotiation)).toEqual(Buffer.of(1, 100))
  expect(decodeAlert(Buffer.of(2, 115))).toEqual({ fatal: true, description: AlertDescription.unknownPskIdentity })
  expect(decodeAlert(Buffer.of(1, 0))).toEqual({ fatal: false, description: AlertDescription.closeNotify })
})

test('an alert that this end does not know is read', () => {
  expect(decodeAlert(Buffer.of(2, 255))).toEqual({ fatal: true, description: 255 })
})

test.each([
  ['no byte', ''],
  ['one byte', '02'],
  ['three bytes', '022800'],
])('%s: decode_error', (_name, hex) => {
  expect(() => decodeAlert(Buffer.from(hex, 'hex'))).toThrow(
    expect.objectContaining({ alert: AlertDescription.decodeError }),
  )
})

test.each([0, 3, 255])('a level %i: illegal_parameter', level => {
  expect(() => decodeAlert(Buffer.of(level, 40))).toThrow(
    expect.objectContaining({ alert: AlertDescription.illegalParameter }),
  )
})

test('alerts are named as the specification names them', () => {
  expect(alertName(AlertDescription.badRecordMac)).toBe('bad_record_mac')
  expect(alertName(AlertDescription.unknownPskIdentity)).toBe('unknown_psk_identity')
  expect(alertName(99)).toBe('alert 99')
})

test('DtlsError carries what the peer is told', () => {
  const error = new DtlsError(AlertDescription.decryptError, 'the Finished of the peer is wrong')
  expect(error).toMatchObject({ name: 'DtlsError', code: 'DTLS', alert: 51 })
})
