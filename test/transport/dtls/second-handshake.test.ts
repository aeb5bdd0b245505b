import { describe, expect, test } from 'vitest'
import { AlertDescription } from '../../../transport/dtls/alert.ts'
import { connectDtls } from '../../../transport/dtls/connect.ts'
import { psk } from '../../../transport/dtls/credentials.ts'
import { HandshakeType } from '../../../transport/dtls/handshake-message.ts'
import { ContentType } from '../../../transport/dtls/record.ts'
import { DtlsDuel, type Scenario } from '../../helpers/dtls-duel.ts'
import { DtlsForger } from '../../helpers/dtls-keys.ts'
import { identity, key } from '../../helpers/dtls-site.ts'

const plain: Scenario = { name: 'no Connection IDs' }
const identified: Scenario = {
  name: 'Connection IDs',
  client: { connectionIdLength: 4 },
  server: { connectionIdLength: 4 },
}

async function established(scenario: Scenario = plain) {
  const duel = await new DtlsDuel(scenario).prepare()
  const { site } = duel
  const path = await site.network.connect(site.serverAddress)
  await duel.handshake(undefined, path)
  const { client } = duel
  const server = site.accepted[0]
  if (client === undefined || server === undefined) throw new Error('no session')
  return { duel, site, client, server, local: path.local }
}

describe('a new ClientHello from a known address (RFC 6347 §4.2.8)', () => {
  test('the old session ends when the new one is established, not before', async () => {
    const { duel, site, client, server, local } = await established()
    const { clock, random, network } = site
    const endsAtEach: number[] = []
    duel.attacker = (_datagram, deliver) => {
      endsAtEach.push(server.ends.length)
      deliver()
    }
    // The device has lost its memory, and uses its port again.
    network.detach(local)
    const again = await network.connect(site.serverAddress, { localPort: local.port })
    const second = await clock.until(connectDtls(again, { clock, random, credentials: psk(identity, key) }))
    expect(server.ends).toMatchObject([{ code: 'CLOSED', message: expect.stringContaining('has begun another') }])
    // ClientHello, HelloVerifyRequest, ClientHello, the flights of server, client and server, close_notify to the old one.
    expect(endsAtEach).toEqual([0, 0, 0, 0, 0, 0, 0])
    expect(await site.echo(second, Buffer.from('second'))).toEqual(Buffer.from('second'))
    client.receive({ datagram: () => expect.unreachable(), failed: () => {} })
    client.send(Buffer.from('first'))
    await clock.advance(1)
    expect(site.accepted.map(({ received }) => received.map(String))).toEqual([[], ['second']])
  })

  test('one that comes to nothing leaves the old session as it was', async () => {
    const { duel, site, client, server, local } = await established()
    const { clock, random, network } = site
    const other = await network.connect(site.serverAddress)
    // Somebody who receives what is sent to the client, and does not know its key.
    duel.attacker = ({ bytes, from, to }, deliver) => {
      if (from.port === other.local.port) deliver(bytes, 0, local)
      else if (to.port === local.port) deliver(bytes, 0, from, other.local)
      else deliver()
    }
    const credentials = psk(identity, Buffer.alloc(16, 7))
    await expect(clock.until(connectDtls(other, { clock, random, credentials }))).rejects.toMatchObject({
      alertCode: AlertDescription.decryptError,
    })
    duel.attacker = (_datagram, deliver) => deliver()
    expect(server.ends).toEqual([])
    expect(await site.echo(client, Buffer.from('still'))).toEqual(Buffer.from('still'))
  })

  test('a forged one without a cookie is asked for it, and changes nothing', async () => {
    const { duel, site, client, server, local } = await established()
    const hello = Buffer.from(duel.sent[0]?.bytes ?? [])
    hello.fill(7, 27, 59)
    const before = duel.sent.length
    site.network.send(hello, local, site.serverAddress)
    await site.clock.advance(120_000)
    const [, answer, ...more] = duel.sent.slice(before)
    expect(answer?.bytes[13]).toBe(HandshakeType.helloVerifyRequest)
    expect(more).toEqual([])
    expect(server.ends).toEqual([])
    expect(await site.echo(client, Buffer.from('still'))).toEqual(Buffer.from('still'))
  })

  test('the ClientHello of the session itself, again: silence', async () => {
    const { duel, site, client } = await established()
    const before = duel.sent.length
    for (const { bytes, from, to } of duel.sent.slice(0, before)) {
      if (bytes[13] === HandshakeType.clientHello) site.network.send(bytes, from, to)
    }
    await site.clock.advance(120_000)
    expect(duel.sent.slice(before).filter(({ toServer }) => !toServer)).toEqual([])
    expect(await site.echo(client, Buffer.from('still'))).toEqual(Buffer.from('still'))
  })

  test('the ClientHello of an earlier session, its cookie still good: the session lasts', async () => {
    const { duel, site, local } = await established()
    const { clock, random, network } = site
    const earlier = [...duel.sent]
    network.detach(local)
    const again = await network.connect(site.serverAddress, { localPort: local.port })
    const second = await clock.until(connectDtls(again, { clock, random, credentials: psk(identity, key) }))
    for (const { bytes, from, to, toServer } of earlier) {
      if (toServer) network.send(bytes, from, to)
      await clock.advance(10)
    }
    await clock.advance(130_000)
    expect(await site.echo(second, Buffer.from('still'))).toEqual(Buffer.from('still'))
    expect(site.accepted.map(({ ends }) => ends.length)).toEqual([1, 0])
  })

  test('in the middle of another handshake: its end does not disturb the new one', async () => {
    const duel = await new DtlsDuel(plain).prepare()
    const { site } = duel
    const { clock, random, network } = site
    const first = await network.connect(site.serverAddress, { localPort: 1_000 })
    const options = { clock, random, credentials: psk(identity, key) }
    // It is switched off before it could read the ServerHello.
    const lost = new AbortController()
    duel.attacker = ({ toServer, index }, deliver) => {
      if (index < 3 || toServer) deliver()
    }
    const aborted = expect(connectDtls(first, options, lost.signal)).rejects.toMatchObject({ code: 'CLOSED' })
    await clock.advance(100)
    duel.attacker = ({ toServer }, deliver) => {
      if (!toServer) deliver()
    }
    lost.abort()
    await aborted
    duel.attacker = (_datagram, deliver) => deliver()
    const second = await clock.until(
      connectDtls(await network.connect(site.serverAddress, { localPort: 1_000 }), options),
    )
    await clock.advance(130_000)
    expect(await site.echo(second, Buffer.from('second'))).toEqual(Buffer.from('second'))
    expect(site.accepted).toHaveLength(1)
    expect(duel.alerts).toEqual(['user_canceled'])
  })
})

describe.each([plain, identified])('renegotiation, with $name (RFC 5246 §7.2.2)', scenario => {
  const requests = [
    { sender: 'server', type: HandshakeType.helloRequest },
    { sender: 'server', type: HandshakeType.clientHello },
    { sender: 'client', type: HandshakeType.clientHello },
    { sender: 'client', type: HandshakeType.helloRequest },
  ] as const

  test.each(requests)('a message of type $type from the $sender: no_renegotiation', async ({ sender, type }) => {
    const { duel, site, client, local } = await established(scenario)
    const forger = new DtlsForger(duel)
    const before = duel.sent.length
    const isClient = sender === 'client'
    const [from, to] = isClient ? [local, site.serverAddress] : [site.serverAddress, local]
    site.network.send(forger.handshake(sender, type), from, to)
    await site.clock.advance(120_000)
    const answers = duel.sent
      .slice(before)
      .filter(({ toServer }) => toServer !== isClient)
      .flatMap(({ bytes }) => forger.open(isClient ? 'server' : 'client', bytes))
    expect(answers).toEqual([{ type: ContentType.alert, plaintext: Buffer.of(1, AlertDescription.noRenegotiation) }])
    client.receive({ datagram: () => {}, failed: () => {} })
    client.send(Buffer.from('still'))
    await site.clock.advance(1)
    expect(site.accepted[0]?.received.map(String)).toEqual(['still'])
  })

  test('no_renegotiation from the peer ends nothing', async () => {
    const { duel, site, client, server, local } = await established(scenario)
    const forger = new DtlsForger(duel)
    const warning = Buffer.of(1, AlertDescription.noRenegotiation)
    site.network.send(forger.seal('client', ContentType.alert, warning), local, site.serverAddress)
    site.network.send(forger.seal('server', ContentType.alert, warning), site.serverAddress, local)
    await site.clock.advance(1)
    client.send(Buffer.from('still'))
    await site.clock.advance(1)
    expect(server.ends).toEqual([])
  })

  test('a malformed handshake message under the keys: decode_error, and the session is over', async () => {
    const { duel, site, server, local } = await established(scenario)
    const forger = new DtlsForger(duel)
    site.network.send(forger.seal('client', ContentType.handshake, Buffer.of(1, 2, 3)), local, site.serverAddress)
    await site.clock.advance(1)
    expect(server.ends).toMatchObject([{ code: 'CLOSED', alertCode: AlertDescription.decodeError }])
  })
})

describe('what anybody can write', () => {
  const written = {
    'a fatal alert': '15fefd000000000000000900020228',
    'a close_notify': '15fefd000000000000000900020100',
    'a handshake record cut off': '16fefd00000000000000090003020304',
    'a HelloRequest': '16fefd0000000000000009000c000000000000000000000000',
    'a ServerHello': '16fefd0000000000000009000e0200000200010000000000020000',
    'a ChangeCipherSpec': '14fefd0000000000000009000101',
    'data in clear': '17fefd000000000000000900026869',
    'a record of the next epoch': '16fefd0002000000000009000c000000000000000000000000',
    'a record nobody sealed': `16fefd00010000000000990020${'ab'.repeat(32)}`,
    'an empty record': '16fefd00000000000000090000',
  }

  test.each(Object.entries(written))('%s ends no session', async (_name, hex) => {
    const { duel, site, client, server, local } = await established()
    const before = duel.sent.length
    const bytes = Buffer.from(hex, 'hex')
    for (let times = 0; times < 3; times++) {
      site.network.send(bytes, local, site.serverAddress)
      site.network.send(bytes, site.serverAddress, local)
    }
    await site.clock.advance(120_000)
    expect(duel.sent.slice(before).filter(sent => !sent.bytes.equals(bytes))).toEqual([])
    expect(await site.echo(client, Buffer.from('still'))).toEqual(Buffer.from('still'))
    expect(server.ends).toEqual([])
  })
})
