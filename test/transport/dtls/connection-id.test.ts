import { describe, expect, test } from 'vitest'
import { ContentType } from '../../../transport/dtls/record.ts'
import { DtlsDuel, type Scenario, type Travelling } from '../../helpers/dtls-duel.ts'
import { DtlsForger } from '../../helpers/dtls-keys.ts'

const identified = { connectionIdLength: 4 }
const scenario: Scenario = { name: 'Connection IDs', client: identified, server: identified }
const elsewhere = { host: '10.6.6.6', port: 6666 }

/** A session with Connection IDs, and somebody at another address. */
async function established() {
  const duel = await new DtlsDuel(scenario).prepare()
  const { site } = duel
  const path = await site.network.connect(site.serverAddress)
  await duel.handshake(undefined, path)
  const { client } = duel
  const server = site.accepted[0]
  if (client === undefined || server === undefined) throw new Error('no session')
  const heard: Buffer[] = []
  site.network.attach(elsewhere, bytes => heard.push(bytes))
  const home = path.local
  /** Sends from the other address, and waits for what comes of it. */
  const fromElsewhere = async (bytes: Buffer) => {
    site.network.send(bytes, elsewhere, site.serverAddress)
    await site.clock.advance(1)
  }
  /** What the client sends, kept from the server. */
  const withheld = async (text: string): Promise<Buffer> => {
    let kept: Travelling | undefined
    duel.attacker = datagram => {
      kept = datagram
    }
    client.send(Buffer.from(text))
    await site.clock.advance(1)
    duel.attacker = (_datagram, deliver) => deliver()
    if (kept === undefined) throw new Error('nothing was sent')
    return kept.bytes
  }
  const texts = () => server.received.map(bytes => bytes.toString())
  return { duel, site, client, path, home, server, heard, fromElsewhere, withheld, texts }
}

describe('a change of address (RFC 9146 §6)', () => {
  test('a client that appears elsewhere is answered there, and is told there what comes next', async () => {
    const { site, client, path, server, home } = await established()
    path.rebind()
    expect(path.local).not.toEqual(home)
    expect(await site.echo(client, Buffer.from('moved'))).toEqual(Buffer.from('moved'))
    expect(server.connection.remote).toEqual(path.local)
    let pushed: Buffer | undefined
    client.receive({ datagram: bytes => (pushed = bytes), failed: () => {} })
    server.connection.send(Buffer.from('pushed'))
    await site.clock.advance(1)
    expect(pushed).toEqual(Buffer.from('pushed'))
    expect(site.accepted).toHaveLength(1)
  })

  test('a new record moves the session, and its answer goes to where it came from', async () => {
    const { fromElsewhere, withheld, texts, heard, server } = await established()
    await fromElsewhere(await withheld('new'))
    expect(texts()).toEqual(['new'])
    expect(server.connection.remote).toEqual(elsewhere)
    expect(heard).toHaveLength(1)
  })

  test('a replayed record moves nothing and is answered by nothing', async () => {
    const { duel, site, client, fromElsewhere, texts, heard, server, home } = await established()
    await site.echo(client, Buffer.from('once'))
    for (const { bytes, toServer } of duel.sent.slice()) if (toServer) await fromElsewhere(bytes)
    expect(server.connection.remote).toEqual(home)
    expect(texts()).toEqual(['once'])
    const answered = heard.filter(bytes => bytes[0] !== ContentType.handshake || bytes[13] !== 3)
    expect(answered).toEqual([])
  })

  test('a record older than the newest is heard but moves nothing', async () => {
    const { site, client, fromElsewhere, withheld, texts, heard, server, home } = await established()
    const old = await withheld('old')
    await site.echo(client, Buffer.from('new'))
    await fromElsewhere(old)
    expect(texts()).toEqual(['new', 'old'])
    expect(server.connection.remote).toEqual(home)
    expect(heard).toEqual([])
  })

  test('a changed record moves nothing, whichever byte it is', async () => {
    const { fromElsewhere, withheld, texts, heard, server, home } = await established()
    const record = await withheld('new')
    for (let place = 0; place < record.length; place++) {
      const changed = Buffer.from(record)
      changed[place] = (changed[place] as number) ^ 1
      await fromElsewhere(changed)
    }
    expect(texts()).toEqual([])
    expect(server.connection.remote).toEqual(home)
    expect(heard).toEqual([])
  })

  test('a datagram that begins with something else in clear moves nothing by it', async () => {
    const { site, client, fromElsewhere, server, home } = await established()
    const clear = Buffer.from('15fefd000000000000000900020228', 'hex')
    await fromElsewhere(clear)
    site.network.send(clear, home, site.serverAddress)
    expect(await site.echo(client, Buffer.from('still'))).toEqual(Buffer.from('still'))
    expect(server.connection.remote).toEqual(home)
  })

  test('to the address of a session without Connection ID: both go on', async () => {
    const { site, client, path, server, withheld } = await established()
    const otherPath = await site.network.connect(site.serverAddress)
    const other = await site.connect({}, otherPath)
    const record = await withheld('insider')
    site.network.send(record, otherPath.local, site.serverAddress)
    await site.clock.advance(1)
    expect(server.received.map(String)).toEqual(['insider'])
    expect(server.connection.remote).toEqual(otherPath.local)
    expect(await site.echo(other, Buffer.from('other'))).toEqual(Buffer.from('other'))
    expect(await site.echo(client, Buffer.from('back'))).toEqual(Buffer.from('back'))
    expect(server.connection.remote).toEqual(path.local)
    expect(await site.echo(other, Buffer.from('again'))).toEqual(Buffer.from('again'))
    expect(site.accepted.flatMap(({ ends }) => ends)).toEqual([])
  })
})

test('data that overtakes the Finished and comes again and again ends no handshake', async () => {
  const duel = await new DtlsDuel({ ...scenario, resumes: true }).prepare()
  const { site } = duel
  let afterHello = 0
  await duel.handshake(({ toServer, index }, deliver) => {
    if (!toServer || index < 4) return deliver()
    // The client's Finished is lost, what it says next comes four times.
    if (afterHello++ === 0) site.clock.setTimeout(() => duel.client?.send(Buffer.from('early')), 10)
    else for (let times = 0; times < 4; times++) deliver()
  })
  expect(site.accepted.at(-1)?.received.map(String)).toEqual(['early'])
  await duel.expectEstablished('data before Finished')
})

describe('whose a record is (RFC 9146 §3)', () => {
  test('one with the Connection ID of another session is dropped', async () => {
    const { duel, site, client, path, server } = await established()
    const otherPath = await site.network.connect(site.serverAddress)
    const other = await site.connect(identified, otherPath)
    const forger = new DtlsForger(duel)
    const record = forger.seal('client', ContentType.applicationData, Buffer.from('mine'), other.connectionIds.peer)
    site.network.send(record, otherPath.local, site.serverAddress)
    site.network.send(record, path.local, site.serverAddress)
    await site.clock.advance(1)
    expect(site.accepted.flatMap(({ received }) => received)).toEqual([])
    expect(await site.echo(client, Buffer.from('one'))).toEqual(Buffer.from('one'))
    expect(await site.echo(other, Buffer.from('two'))).toEqual(Buffer.from('two'))
    expect(server.received.map(String)).toEqual(['one'])
  })

  test('behind one of the right session, in the same datagram, too', async () => {
    const { duel, site, fromElsewhere, server, home } = await established()
    const otherPath = await site.network.connect(site.serverAddress)
    const other = await site.connect(identified, otherPath)
    const forger = new DtlsForger(duel)
    const right = forger.seal('client', ContentType.applicationData, Buffer.from('right'))
    const wrong = forger.seal('client', ContentType.applicationData, Buffer.from('wrong'), other.connectionIds.peer)
    await fromElsewhere(Buffer.concat([wrong, right]))
    expect(server.connection.remote).toEqual(home)
    expect(site.accepted.flatMap(({ received }) => received)).toEqual([])
    await fromElsewhere(Buffer.concat([right, wrong]))
    expect(server.received.map(String)).toEqual(['right'])
  })

  test('one without Connection ID is dropped where both have agreed on them', async () => {
    const { duel, site, client, path, server } = await established()
    const record = new DtlsForger(duel).seal(
      'client',
      ContentType.applicationData,
      Buffer.from('bare'),
      Buffer.alloc(0),
    )
    site.network.send(record, path.local, site.serverAddress)
    await site.clock.advance(1)
    expect(server.received).toEqual([])
    expect(await site.echo(client, Buffer.from('one'))).toEqual(Buffer.from('one'))
  })
})
