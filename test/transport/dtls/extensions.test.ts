import { expect, test } from 'vitest'
import { AlertDescription } from '../../../transport/dtls/alert.ts'
import { ByteReader, ByteWriter } from '../../../transport/dtls/bytes.ts'
import {
  decodeExtensions,
  type Extensions,
  encodeExtensions,
  expectOffered,
  type HelloSender,
} from '../../../transport/dtls/extensions.ts'
import { alertOf, expectRobust, type Wire } from '../../helpers/dtls-decoders.ts'
import { clientExtensions, serverExtensions } from '../../helpers/dtls-extensions.ts'

function encode(extensions: Extensions, from: HelloSender = 'client'): Buffer {
  const writer = new ByteWriter()
  encodeExtensions(extensions, writer, from)
  const bytes = writer.finish()
  return bytes.length === 0 ? bytes : new ByteReader(bytes).vector16()
}

const wire = (from: HelloSender): Wire<Extensions> => ({
  encode: extensions => encode(extensions, from),
  decode: bytes => decodeExtensions(bytes, from),
  values: from === 'client' ? clientExtensions : serverExtensions,
})

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

test.each(['client', 'server'] as const)('any bytes of a %s throw nothing but DtlsError', from => {
  expectRobust(wire(from))
})

test.each<[string, Extensions, string]>([
  ['server_name (RFC 6066 §3)', { serverName: 'a.b' }, '0000 0008 0006 00 0003 612e62'],
  ['supported_groups (RFC 8422 §5.1.1)', { groups: [29, 23] }, '000a 0006 0004 001d 0017'],
  ['ec_point_formats (RFC 8422 §5.1.2)', { pointFormats: [0] }, '000b 0002 01 00'],
  ['signature_algorithms (RFC 5246 §7.4.1.4.1)', { signatureAlgorithms: [0x0403] }, '000d 0004 0002 0403'],
  ['client_certificate_type (RFC 7250 §3)', { clientCertificateTypes: [2, 0] }, '0013 0003 02 0200'],
  ['server_certificate_type (RFC 7250 §3)', { serverCertificateTypes: [2] }, '0014 0002 01 02'],
  ['encrypt_then_mac (RFC 7366)', { encryptThenMac: true }, '0016 0000'],
  ['extended_master_secret (RFC 7627)', { extendedMasterSecret: true }, '0017 0000'],
  ['session_ticket (RFC 5077 §3.2)', { sessionTicket: hex('0102') }, '0023 0002 0102'],
  ['session_ticket, empty', { sessionTicket: hex('') }, '0023 0000'],
  ['connection_id (RFC 9146 §3)', { connectionId: hex('0102') }, '0036 0003 02 0102'],
  ['connection_id, empty', { connectionId: hex('') }, '0036 0001 00'],
  ['renegotiation_info (RFC 5746 §3.2)', { renegotiationInfo: hex('') }, 'ff01 0001 00'],
])('%s', (_name, extensions, bytes) => {
  expect(encode(extensions).toString('hex')).toBe(bytes.replaceAll(' ', ''))
  expect(decodeExtensions(hex(bytes), 'client')).toEqual(extensions)
})

test('a server confirms server_name without a name (RFC 6066 §3)', () => {
  expect(encode({ serverName: '' }).toString('hex')).toBe('00000000')
  expect(decodeExtensions(hex('0000 0000'), 'server')).toEqual({ serverName: '' })
})

test('a server says one type of certificates (RFC 7250 §3)', () => {
  const extensions: Extensions = { clientCertificateTypes: [0], serverCertificateTypes: [2] }
  expect(encode(extensions, 'server').toString('hex')).toBe('00130001000014000102')
  expect(decodeExtensions(hex('0013 0001 00 0014 0001 02'), 'server')).toEqual(extensions)
})

test('without extensions nothing is written, not even a length', () => {
  const writer = new ByteWriter()
  encodeExtensions({}, writer, 'client')
  expect(writer.finish().length).toBe(0)
})

test('unknown extensions of a client are skipped (RFC 5246 §7.4.1.4)', () => {
  expect(decodeExtensions(hex('4242 0002 0102  0017 0000  0015 0001 00'), 'client')).toEqual({
    extendedMasterSecret: true,
  })
})

test.each<[string, string, HelloSender, number]>([
  ['a known extension twice', '0017 0000 0017 0000', 'client', AlertDescription.illegalParameter],
  ['an unknown extension twice', '4242 0000 4242 0000', 'client', AlertDescription.illegalParameter],
  ['an unknown extension of a server', '4242 0000', 'server', AlertDescription.unsupportedExtension],
  ['two host names', '0000 000a 0008 00 0001 61 00 0001 62', 'client', AlertDescription.illegalParameter],
  ['a host name with a zero byte', '0000 0007 0005 00 0002 6100', 'client', AlertDescription.illegalParameter],
  ['a host name beyond ASCII', '0000 0007 0005 00 0002 c3a4', 'client', AlertDescription.illegalParameter],
  ['an empty list of names', '0000 0002 0000', 'client', AlertDescription.decodeError],
  ['a server_name of a server that has one', '0000 0006 0004 00 0001 61', 'server', AlertDescription.decodeError],
  ['a session_ticket of a server that has one', '0023 0001 01', 'server', AlertDescription.decodeError],
  ['an encrypt_then_mac that is not empty', '0016 0001 00', 'client', AlertDescription.decodeError],
  ['no type of certificates', '0013 0001 00', 'client', AlertDescription.decodeError],
  ['two types of certificates of a server', '0014 0002 0002', 'server', AlertDescription.decodeError],
  ['no groups', '000a 0002 0000', 'client', AlertDescription.decodeError],
  ['half a group', '000a 0005 0003 001d00', 'client', AlertDescription.decodeError],
  ['no point format', '000b 0001 00', 'client', AlertDescription.decodeError],
  ['no uncompressed points', '000b 0002 01 01', 'client', AlertDescription.illegalParameter],
  ['bytes after a Connection ID', '0036 0003 01 01 02', 'client', AlertDescription.decodeError],
])('refuses %s', (_name, bytes, from, alert) => {
  expect(alertOf(() => decodeExtensions(hex(bytes), from))).toBe(alert)
})

test('a name of another type than host_name is passed over (RFC 6066 §3)', () => {
  const bytes = hex('0000 000a 0008 07 0001 61 00 0001 62')
  expect(decodeExtensions(bytes, 'client')).toEqual({ serverName: 'b' })
  expect(decodeExtensions(hex('0000 0006 0004 07 0001 61'), 'client')).toEqual({})
})

test('a server answers only what was offered: unsupported_extension (RFC 5246 §7.4.1.4)', () => {
  const offered: Extensions = { extendedMasterSecret: true, connectionId: hex('') }
  expectOffered({ extendedMasterSecret: true, connectionId: hex('01') }, offered)
  expect(alertOf(() => expectOffered({ encryptThenMac: true }, offered))).toBe(AlertDescription.unsupportedExtension)
})

test('renegotiation_info may answer the suite 0x00ff alone (RFC 5746 §3.4)', () => {
  expect(alertOf(() => expectOffered({ renegotiationInfo: hex('') }, {}))).toBeUndefined()
})
