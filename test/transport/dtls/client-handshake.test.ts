import { expect, test } from 'vitest'
import { AlertDescription, DtlsError } from '../../../transport/dtls/alert.ts'
import { ClientHandshake } from '../../../transport/dtls/client-handshake.ts'
import { psk } from '../../../transport/dtls/credentials.ts'
import { HandshakeType } from '../../../transport/dtls/handshake-message.ts'
import { encodePskServerKeyExchange } from '../../../transport/dtls/messages/psk-server-key-exchange.ts'
import { encodeServerHello } from '../../../transport/dtls/messages/server-hello.ts'
import { seededRandom } from '../../../transport/random.ts'
import { SimulatedClock } from '../../../transport/simulated-clock.ts'
import { DtlsSite, identity, key } from '../../helpers/dtls-site.ts'

const ccm8 = 0xc0a8

test('a second ServerKeyExchange: unexpected_message (RFC 5246 §7.2.2)', () => {
  const options = { clock: new SimulatedClock(), random: seededRandom(1), credentials: psk(identity, key) }
  const output = { send: () => {}, protect: () => {}, established: () => {}, later: () => {} }
  const client = new ClientHandshake(options, output, undefined)
  client.start()
  const hello = { random: Buffer.alloc(32), sessionId: Buffer.alloc(0), suite: ccm8, extensions: {} }
  client.receive({ type: HandshakeType.serverHello, sequence: 0, body: encodeServerHello(hello) })
  const body = encodePskServerKeyExchange({ identityHint: Buffer.from('hint') })
  client.receive({ type: HandshakeType.serverKeyExchange, sequence: 1, body })
  expect(() => client.receive({ type: HandshakeType.serverKeyExchange, sequence: 2, body })).toThrow(
    expect.objectContaining({ constructor: DtlsError, alert: AlertDescription.unexpectedMessage }),
  )
})

test('a session is resumed with the server name that it was made for, and no other (RFC 6066 §3)', async () => {
  const site = await new DtlsSite().listen()
  const { resumable: session } = await site.connect({ serverName: 'one.example' })
  if (session === undefined) throw new Error('nothing to resume')
  expect((await site.connect({ session, serverName: 'one.example' })).isResumed).toBe(true)
  expect((await site.connect({ session, serverName: 'two.example' })).isResumed).toBe(false)
  expect((await site.connect({ session })).isResumed).toBe(false)
})

test('a ticket is offered for as long as the server said that it keeps it (RFC 5077 §3.3)', async () => {
  const site = await new DtlsSite().listen()
  const { resumable: session } = await site.connect()
  if (session === undefined) throw new Error('nothing to resume')
  const hinted = { ...session, ticketLifetimeSeconds: 60 }
  await site.clock.advance(59_000)
  expect((await site.connect({ session: hinted })).isResumed).toBe(true)
  await site.clock.advance(2_000)
  expect((await site.connect({ session: hinted })).isResumed).toBe(false)
  // 0: the server does not say (RFC 5077 §3.3).
  expect((await site.connect({ session: { ...session, ticketLifetimeSeconds: 0 } })).isResumed).toBe(true)
})

test('an empty ticket is none (RFC 5077 §3.3)', async () => {
  // With the identity in it the ticket would be too long for its length.
  const long = 'x'.repeat(65_500)
  const parameters = { maximumMessageBytes: 70_000 }
  const site = await new DtlsSite({ server: { parameters, psk: () => key } }).listen()
  const connection = await site.connect({ credentials: psk(long, key) })
  expect(site.accepted[0]?.connection.identity).toBe(long)
  expect(connection.resumable).toBeUndefined()
})
