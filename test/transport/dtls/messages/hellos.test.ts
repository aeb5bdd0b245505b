import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AlertDescription } from '../../../../transport/dtls/alert.ts'
import {
  type ClientHello,
  decodeClientHello,
  encodeClientHello,
} from '../../../../transport/dtls/messages/client-hello.ts'
import {
  decodeHelloVerifyRequest,
  encodeHelloVerifyRequest,
} from '../../../../transport/dtls/messages/hello-verify-request.ts'
import {
  decodeServerHello,
  encodeServerHello,
  type ServerHello,
} from '../../../../transport/dtls/messages/server-hello.ts'
import { ProtocolVersion } from '../../../../transport/dtls/record.ts'
import { alertOf, buffers, expectRobust, expectRoundTrip, uint16s, type Wire } from '../../../helpers/dtls-decoders.ts'
import { clientExtensions, serverExtensions } from '../../../helpers/dtls-extensions.ts'

const clientHello: Wire<ClientHello> = {
  encode: encodeClientHello,
  decode: decodeClientHello,
  values: fc.record({
    version: fc.constantFrom(ProtocolVersion.dtls12, 0xfefc, 0xfe00),
    random: buffers(32, 32),
    sessionId: buffers(0, 32),
    cookie: buffers(0, 255),
    suites: fc.array(uint16s, { minLength: 1, maxLength: 20 }),
    compressions: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 3 }).map(list => [...list, 0]),
    extensions: clientExtensions,
  }),
  mayEndEarly: (bytes, length) => length === endOfCompressions(bytes),
}

const serverHello: Wire<ServerHello> = {
  encode: encodeServerHello,
  decode: decodeServerHello,
  values: fc.record({
    random: buffers(32, 32),
    sessionId: buffers(0, 32),
    suite: uint16s,
    extensions: serverExtensions,
  }),
  mayEndEarly: (bytes, length) => length === 2 + 32 + 1 + bytes.readUInt8(34) + 2 + 1,
}

const helloVerifyRequest = {
  encode: encodeHelloVerifyRequest,
  decode: decodeHelloVerifyRequest,
  values: fc.record({ cookie: buffers(0, 255) }),
}

function endOfCompressions(bytes: Buffer): number {
  const cookieAt = 34 + 1 + bytes.readUInt8(34)
  const suitesAt = cookieAt + 1 + bytes.readUInt8(cookieAt)
  const compressionsAt = suitesAt + 2 + bytes.readUInt16BE(suitesAt)
  return compressionsAt + 1 + bytes.readUInt8(compressionsAt)
}

const random = Buffer.alloc(32, 7)
const plainHello: ClientHello = {
  version: ProtocolVersion.dtls12,
  random,
  sessionId: Buffer.of(1, 2),
  cookie: Buffer.of(3),
  suites: [0xc0a8, 0x00ff],
  compressions: [0],
  extensions: { extendedMasterSecret: true },
}

describe('ClientHello (RFC 6347 §4.2.1)', () => {
  test('is read as it was written, and refused when cut off or followed by more', () => {
    expectRoundTrip(clientHello)
  })

  test('of any bytes throws nothing but DtlsError', () => {
    expectRobust(clientHello)
  })

  test('has its fields in the order of the specification', () => {
    expect(encodeClientHello(plainHello).toString('hex')).toBe(
      `fefd${random.toString('hex')}02010201030004c0a800ff0100000400170000`,
    )
  })

  test.each([ProtocolVersion.dtls10, 0xfefe, 0x0303, 0x0100])('of version %i is refused: protocol_version', version => {
    expect(alertOf(() => decodeClientHello(encodeClientHello({ ...plainHello, version })))).toBe(
      AlertDescription.protocolVersion,
    )
  })

  test('without the null compression is refused: illegal_parameter', () => {
    const bytes = encodeClientHello({ ...plainHello, compressions: [1] })
    expect(alertOf(() => decodeClientHello(bytes))).toBe(AlertDescription.illegalParameter)
  })

  test.each([
    ['without suites', { suites: [] }],
    ['without compressions', { compressions: [] }],
    ['with a session id of 33 bytes', { sessionId: Buffer.alloc(33) }],
  ])('%s is refused: decode_error', (_case, change) => {
    const bytes = encodeClientHello({ ...plainHello, ...change })
    expect(alertOf(() => decodeClientHello(bytes))).toBe(AlertDescription.decodeError)
  })

  test('with half a suite is refused: decode_error', () => {
    const bytes = Buffer.from(`fefd${random.toString('hex')}00000003c0a8000100`, 'hex')
    expect(alertOf(() => decodeClientHello(bytes))).toBe(AlertDescription.decodeError)
  })
})

describe('ServerHello (RFC 5246 §7.4.1.3)', () => {
  test('is read as it was written, and refused when cut off or followed by more', () => {
    expectRoundTrip(serverHello)
  })

  test('of any bytes throws nothing but DtlsError', () => {
    expectRobust(serverHello)
  })

  test('of another version is refused: protocol_version', () => {
    const bytes = encodeServerHello({ random, sessionId: Buffer.alloc(0), suite: 0xc0a8, extensions: {} })
    bytes.writeUInt16BE(ProtocolVersion.dtls10)
    expect(alertOf(() => decodeServerHello(bytes))).toBe(AlertDescription.protocolVersion)
  })

  test('with a compression is refused: illegal_parameter', () => {
    const bytes = encodeServerHello({ random, sessionId: Buffer.alloc(0), suite: 0xc0a8, extensions: {} })
    bytes[bytes.length - 1] = 1
    expect(alertOf(() => decodeServerHello(bytes))).toBe(AlertDescription.illegalParameter)
  })
})

describe('HelloVerifyRequest (RFC 6347 §4.2.1)', () => {
  test('is read as it was written, and refused when cut off or followed by more', () => {
    expectRoundTrip(helloVerifyRequest)
  })

  test('of any bytes throws nothing but DtlsError', () => {
    expectRobust(helloVerifyRequest)
  })

  test('names DTLS 1.0 or 1.2, else it is refused: protocol_version', () => {
    const bytes = encodeHelloVerifyRequest({ cookie: Buffer.of(1) })
    expect(bytes.toString('hex')).toBe('feff0101')
    bytes.writeUInt16BE(ProtocolVersion.dtls12)
    expect(decodeHelloVerifyRequest(bytes)).toEqual({ cookie: Buffer.of(1) })
    bytes.writeUInt16BE(0x0303)
    expect(alertOf(() => decodeHelloVerifyRequest(bytes))).toBe(AlertDescription.protocolVersion)
  })

  test('is never longer than the ClientHello that it answers', () => {
    const smallest = { ...plainHello, sessionId: Buffer.alloc(0), cookie: Buffer.alloc(0), suites: [1], extensions: {} }
    const request = encodeHelloVerifyRequest({ cookie: Buffer.alloc(32) })
    expect(request.length).toBeLessThan(encodeClientHello(smallest).length)
  })
})
