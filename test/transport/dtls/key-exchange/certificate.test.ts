import { describe, expect, test } from 'vitest'
import { Agreement } from '../../../../transport/dtls/agreement.ts'
import { AlertDescription } from '../../../../transport/dtls/alert.ts'
import type { Extensions } from '../../../../transport/dtls/extensions.ts'
import type { FlightPart } from '../../../../transport/dtls/flight.ts'
import { type HandshakeOutput, MessageWriter } from '../../../../transport/dtls/handshake.ts'
import { encodeHandshake, type HandshakeMessage, HandshakeType } from '../../../../transport/dtls/handshake-message.ts'
import {
  CertificateClientExchange,
  certificateExtensions,
} from '../../../../transport/dtls/key-exchange/certificate-client.ts'
import { CertificateServerExchange } from '../../../../transport/dtls/key-exchange/certificate-server.ts'
import { KeyShare } from '../../../../transport/dtls/key-share.ts'
import { encodeCertificateRequest } from '../../../../transport/dtls/messages/certificate-request.ts'
import { encodeCertificateVerify } from '../../../../transport/dtls/messages/certificate-verify.ts'
import {
  decodeEcdheServerKeyExchange,
  encodeEcdheServerKeyExchange,
} from '../../../../transport/dtls/messages/ecdhe-server-key-exchange.ts'
import type { DtlsClientOptions, DtlsServerOptions } from '../../../../transport/dtls/parameters.ts'
import { signatureAlgorithms } from '../../../../transport/dtls/signatures.ts'
import { cipherSuites } from '../../../../transport/dtls/suites.ts'
import { Transcript } from '../../../../transport/dtls/transcript.ts'
import { seededRandom } from '../../../../transport/random.ts'
import { SimulatedClock } from '../../../../transport/simulated-clock.ts'
import { clientCertificate, clientKey, serverCertificate, trusting } from '../../../helpers/dtls-credentials.ts'
import { alertOf } from '../../../helpers/dtls-decoders.ts'

function known<T>(rows: ReadonlyMap<number, T>, id: number): T {
  const row = rows.get(id)
  if (row === undefined) throw new Error(`no row ${id}`)
  return row
}

const suite = known(cipherSuites, 0xc0ae)
const algorithm = known(signatureAlgorithms, 0x0403)
const random = seededRandom(1)
const clientRandom = Buffer.alloc(32, 1)
const serverRandom = Buffer.alloc(32, 2)
const base = { clock: new SimulatedClock(), random, verify: trusting(clientCertificate, serverCertificate, clientKey) }

/** What a role gives its key exchange, without a role. */
function contextOf<Options extends DtlsClientOptions | DtlsServerOptions>(options: Options) {
  const transcript = new Transcript()
  const terms = { suite, clientRandom, serverRandom, isExtended: true, transcript }
  const output: Pick<HandshakeOutput, 'later'> = {
    later: (value, step) => {
      if (value instanceof Promise) throw new Error('nothing is to wait here')
      step(value)
    },
  }
  return {
    context: {
      options,
      output: output as HandshakeOutput,
      agreement: new Agreement(terms, options),
      writer: new MessageWriter(transcript, 0),
    },
    /** As a role takes it. */
    receive: <T>(exchange: { receive(message: HandshakeMessage): T }, { type, body }: HandshakeMessage): T => {
      const message = { type, sequence: 0, body }
      transcript.add(encodeHandshake(message))
      return exchange.receive(message)
    },
  }
}

function clientOf(options: Partial<DtlsClientOptions> = {}, answer: Extensions = {}) {
  const { context, receive } = contextOf<DtlsClientOptions>({ ...base, credentials: clientCertificate, ...options })
  const exchange = new CertificateClientExchange(context, answer)
  return {
    take: (message: HandshakeMessage) => receive(exchange, message),
    answer: () => {
      let messages: HandshakeMessage[] = []
      exchange.answer(parts => {
        messages = messagesOf(parts)
      })
      return messages
    },
  }
}

function serverOf(options: Partial<DtlsServerOptions> = {}, offered: Extensions = {}) {
  const proof = { credentials: serverCertificate, algorithm }
  const { context, receive } = contextOf<DtlsServerOptions>({ ...base, credentials: [serverCertificate], ...options })
  const exchange = new CertificateServerExchange(context, KeyShare.generate(29, random), proof, offered)
  return {
    exchange,
    take: (message: HandshakeMessage) => receive(exchange, message),
    begin: () => {
      let messages: HandshakeMessage[] = []
      exchange.begin(parts => {
        messages = messagesOf(parts)
      })
      return messages
    },
  }
}

function messagesOf(parts: readonly FlightPart[]): HandshakeMessage[] {
  return parts.flatMap(part => (part.kind === 'handshake' ? [part.message] : []))
}

function of(messages: readonly HandshakeMessage[], type: number): HandshakeMessage {
  const message = messages.find(each => each.type === type)
  if (message === undefined) throw new Error(`no message of type ${type}`)
  return message
}

const { certificate, serverKeyExchange, certificateRequest, clientKeyExchange, certificateVerify } = HandshakeType

/** The messages of the server before its ServerHelloDone, and of the client before its ChangeCipherSpec. */
function flights() {
  const server = serverOf().begin()
  const { take, answer } = clientOf()
  for (const message of server) take(message)
  return { server, client: answer() }
}

describe('the order of messages (RFC 5246 §7.3)', () => {
  test('of the server, and of the client', () => {
    const { server, client } = flights()
    expect(server.map(({ type }) => type)).toEqual([certificate, serverKeyExchange, certificateRequest])
    expect(client.map(({ type }) => type)).toEqual([certificate, clientKeyExchange, certificateVerify])
  })

  test.each<[string, readonly number[]]>([
    ['a ServerKeyExchange before the Certificate', [serverKeyExchange]],
    ['a second Certificate', [certificate, certificate]],
    ['a second ServerKeyExchange', [certificate, serverKeyExchange, serverKeyExchange]],
    ['a CertificateRequest before the ServerKeyExchange', [certificate, certificateRequest]],
    ['a second CertificateRequest', [certificate, serverKeyExchange, certificateRequest, certificateRequest]],
    ['a message of a client', [certificate, serverKeyExchange, clientKeyExchange]],
  ])('a client refuses %s: unexpected_message', (_name, types) => {
    const { server, client } = flights()
    const { take } = clientOf()
    const messages = types.map(type => of([...server, ...client.slice(1)], type))
    for (const message of messages.slice(0, -1)) take(message)
    expect(alertOf(() => take(messages.at(-1) as HandshakeMessage))).toBe(AlertDescription.unexpectedMessage)
  })

  test.each<[string, readonly number[]]>([
    ['with nothing', []],
    ['with a Certificate alone', [certificate]],
  ])('a client refuses a ServerHelloDone %s before it: unexpected_message', (_name, types) => {
    const { server } = flights()
    const { take, answer } = clientOf()
    for (const type of types) take(of(server, type))
    expect(alertOf(answer)).toBe(AlertDescription.unexpectedMessage)
  })

  test.each<[string, readonly number[]]>([
    ['a ClientKeyExchange without the Certificate it asked for', [clientKeyExchange]],
    ['a second Certificate', [certificate, certificate]],
    ['a CertificateVerify before the ClientKeyExchange', [certificate, certificateVerify]],
    ['a second ClientKeyExchange', [certificate, clientKeyExchange, clientKeyExchange]],
    ['a Finished without the CertificateVerify', [certificate, clientKeyExchange, HandshakeType.finished]],
  ])('a server refuses %s: unexpected_message', (_name, types) => {
    const finished = { type: HandshakeType.finished, sequence: 9, body: Buffer.alloc(12) }
    const server = serverOf()
    const messages = types.map(type => of([...answerTo(server.begin()), finished], type))
    for (const message of messages.slice(0, -1)) expect(server.take(message)).toBe(false)
    expect(alertOf(() => server.take(messages.at(-1) as HandshakeMessage))).toBe(AlertDescription.unexpectedMessage)
  })

  test('a Certificate that nobody asked for is refused: unexpected_message', () => {
    const { client } = flights()
    const server = serverOf({ clientCertificates: 'none' })
    server.begin()
    expect(alertOf(() => server.take(of(client, certificate)))).toBe(AlertDescription.unexpectedMessage)
  })

  test('a server that was not told whom to trust trusts nobody: certificate_unknown', () => {
    const { verify: _, ...trustsNobody } = base
    const { context, receive } = contextOf<DtlsServerOptions>({ ...trustsNobody, credentials: [serverCertificate] })
    const share = KeyShare.generate(29, random)
    const server = new CertificateServerExchange(context, share, { credentials: serverCertificate, algorithm }, {})
    const shown = of(flights().client, certificate)
    expect(alertOf(() => receive(server, shown))).toBe(AlertDescription.certificateUnknown)
  })

  test('a client that proves nothing is done with its ClientKeyExchange', () => {
    const server = serverOf({ clientCertificates: 'optional' })
    const flight = answerTo(server.begin(), { credentials: { kind: 'anonymous' } })
    expect(flight.map(({ type }) => type)).toEqual([certificate, clientKeyExchange])
    expect(flight.map(server.take)).toEqual([false, true])
    expect(server.exchange.peerIdentity).toBeUndefined()
    const stranger = { type: certificateVerify, sequence: 9, body: encodeCertificateVerify(signed(0x0403)) }
    expect(alertOf(() => server.take(stranger))).toBe(AlertDescription.unexpectedMessage)
  })
})

/** The client's answer to the messages of a server. */
function answerTo(server: readonly HandshakeMessage[], options: Partial<DtlsClientOptions> = {}): HandshakeMessage[] {
  const { take, answer } = clientOf(options)
  for (const message of server) take(message)
  return answer()
}

const signed = (id: number) => ({ algorithm: id, signature: Buffer.alloc(70, 0x30) })

describe('signatures', () => {
  test.each([
    ['one that was not offered, with SHA-1', 0x0203, AlertDescription.illegalParameter],
    ['one of another kind of keys', 0x0401, AlertDescription.illegalParameter],
    ['a wrong signature', 0x0403, AlertDescription.decryptError],
  ])('%s is refused by both ends (RFC 5246 §7.4.3, §7.4.8)', (_name, id, alert) => {
    const server = serverOf()
    const fromServer = server.begin()
    const body = of(fromServer, serverKeyExchange).body
    const forged = encodeEcdheServerKeyExchange({ ...decodeEcdheServerKeyExchange(body), ...signed(id) })
    const client = clientOf()
    client.take(of(fromServer, certificate))
    expect(alertOf(() => client.take({ type: serverKeyExchange, sequence: 0, body: forged }))).toBe(alert)
    for (const message of answerTo(fromServer).slice(0, 2)) server.take(message)
    const verify = { type: certificateVerify, sequence: 0, body: encodeCertificateVerify(signed(id)) }
    expect(alertOf(() => server.take(verify))).toBe(alert)
  })

  test('a group that was not offered is refused: illegal_parameter', () => {
    const { server } = flights()
    const client = clientOf()
    client.take(of(server, certificate))
    const share = { group: 24, publicKey: Buffer.alloc(97, 4) }
    const body = encodeEcdheServerKeyExchange({ share, ...signed(0x0403) })
    const message = { type: serverKeyExchange, sequence: 0, body }
    expect(alertOf(() => client.take(message))).toBe(AlertDescription.illegalParameter)
  })

  test('a server that shows no certificate is refused: bad_certificate', () => {
    const message = { type: certificate, sequence: 0, body: Buffer.alloc(3) }
    expect(alertOf(() => clientOf().take(message))).toBe(AlertDescription.badCertificate)
  })
})

describe('what is asked of a client, and shown (RFC 5246 §7.4.4, §7.4.6)', () => {
  const request = { certificateTypes: [64], signatureAlgorithms: [0x0403], authorities: [] }

  test.each<[string, Partial<typeof request>, Partial<DtlsClientOptions>, Extensions, boolean]>([
    ['what the server asks for', {}, {}, {}, true],
    ['nothing, for a key of RSA', { certificateTypes: [1] }, {}, {}, false],
    ['nothing, for signatures that it does not make', { signatureAlgorithms: [0x0603, 0x0401] }, {}, {}, false],
    ['a raw public key', {}, { credentials: clientKey }, { clientCertificateTypes: [2] }, true],
    ['nothing, as it has no certificate', {}, { credentials: clientKey, peerCertificateTypes: ['x509'] }, {}, false],
  ])('%s', (_name, changed, options, answer, shows) => {
    const { server } = flights()
    const client = clientOf({ peerCertificateTypes: ['x509'], ...options }, answer)
    for (const message of server.slice(0, 2)) client.take(message)
    const body = encodeCertificateRequest({ ...request, ...changed })
    client.take({ type: certificateRequest, sequence: 0, body })
    const flight = client.answer()
    expect(flight.some(({ type }) => type === certificateVerify)).toBe(shows)
    expect(of(flight, certificate).body.equals(Buffer.alloc(3))).toBe(!shows)
  })

  test('a server names the authorities it was given', () => {
    const name = Buffer.from('300f310d300b06035504030c04526f6f74', 'hex')
    const message = of(serverOf({ clientAuthorities: [name] }).begin(), certificateRequest)
    expect(message.body.subarray(-name.length)).toEqual(name)
  })
})

describe('the forms of certificates (RFC 7250 §4)', () => {
  const x509 = 0
  const rpk = 2

  test.each<[string, Partial<DtlsClientOptions>, Extensions]>([
    ['certificates on both sides: no extension', {}, {}],
    [
      'keys on both sides',
      { credentials: clientKey },
      { clientCertificateTypes: [rpk], serverCertificateTypes: [rpk] },
    ],
    [
      'a key, for a certificate',
      { credentials: clientKey, peerCertificateTypes: ['x509'] },
      { clientCertificateTypes: [rpk] },
    ],
    ['either of the server', { peerCertificateTypes: ['rpk', 'x509'] }, { serverCertificateTypes: [rpk, x509] }],
  ])('a client offers %s', (_name, options, extensions) => {
    const { signatureAlgorithms: _, ...forms } = certificateExtensions({
      ...base,
      credentials: clientCertificate,
      ...options,
    })
    expect(forms).toEqual(extensions)
  })

  test('a client with a pre-shared key says nothing of certificates', () => {
    const credentials = { kind: 'psk', identity: Buffer.of(1), key: Buffer.of(1) } as const
    expect(certificateExtensions({ ...base, credentials })).toEqual({})
  })

  test.each<[string, Partial<DtlsServerOptions>, Extensions, Extensions]>([
    ['nothing, if it is not asked', {}, {}, {}],
    [
      'its own form',
      { clientCertificates: 'none' },
      { serverCertificateTypes: [rpk, x509] },
      { serverCertificateTypes: [x509] },
    ],
    [
      'the form of the client, by its own preference',
      { peerCertificateTypes: ['rpk', 'x509'] },
      { clientCertificateTypes: [x509, rpk] },
      { clientCertificateTypes: [rpk] },
    ],
    ['no form of a client that it does not ask', { clientCertificates: 'none' }, { clientCertificateTypes: [rpk] }, {}],
  ])('a server answers %s', (_name, options, offered, answer) => {
    expect(serverOf(options, offered).exchange.extensions).toEqual(answer)
  })

  test('a server that chooses a form that the client does not verify is refused: unsupported_certificate', () => {
    expect(alertOf(() => clientOf({}, { serverCertificateTypes: [rpk] }))).toBe(AlertDescription.unsupportedCertificate)
    expect(alertOf(() => clientOf({ credentials: clientKey }))).toBe(AlertDescription.unsupportedCertificate)
  })
})
