import { connect as connectNode } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { psk as pskCredentials } from '../../transport/dtls/credentials.ts'
import type { TransportError } from '../../transport/errors.ts'
import type { Stream } from '../../transport/stream.ts'
import { tcpNetwork } from '../../transport/tcp.ts'
import type { TlsClientOptions, TlsServerOptions } from '../../transport/tls-options.ts'
import { Events, receiving } from '../helpers/tls-site.ts'
import { clientName, issueParties, type Parties, type Party, serverHost, verifying } from './dtls/certificates.ts'
import { opensslInstall, opensslPrograms, sessionFile } from './dtls/openssl.ts'
import { PeerProcess } from './dtls/peer-process.ts'
import { type Psk, psk, unknownIdentity, wrongKey } from './dtls/psk.ts'
import { describePeer } from './peer-suite.ts'

const loopback = '127.0.0.1'
const closing: (() => unknown)[] = []

let parties: Parties
beforeAll(async () => {
  parties = await issueParties()
})
afterAll(() => parties.remove())
afterEach(async () => {
  // What was opened last is closed first: a listener waits for its clients.
  for (const close of closing.splice(0).reverse()) await close()
})

const withKey = ({ identity, key }: Psk = psk): TlsClientOptions => ({ credentials: pskCredentials(identity, key) })
const knowingKey: TlsServerOptions = {
  psk: identity => (identity.toString() === psk.identity ? psk.key : undefined),
}
const withCertificate = (own: Party = parties.client): TlsClientOptions => ({
  credentials: own.x509,
  verify: verifying({ purpose: 'server', trustStore: [parties.root.der], hosts: [serverHost] }),
  serverName: serverHost,
})
const showing = (): TlsServerOptions => ({
  credentials: [parties.server.x509],
  verify: verifying({ purpose: 'client', trustStore: [parties.root.der] }),
})

/** Our server. */
async function listening(tls: TlsServerOptions) {
  const accepted = new Events<Stream>()
  const failures = new Events<TransportError>()
  const options = { tls: { ...tls, onFailure: failures.add } }
  const listener = await tcpNetwork.listen({ host: loopback, port: 0 }, accepted.add, options)
  closing.push(() => listener.close())
  return { port: listener.local.port, accepted, failures }
}

/** Our client. */
async function connected(port: number, tls: TlsClientOptions): Promise<Stream> {
  const stream = await tcpNetwork.connect({ host: loopback, port }, { tls })
  closing.push(() => stream.close())
  return stream
}

describe('our client and our server on sockets', () => {
  it.each([
    ['another key', wrongKey, 20, 'bad_record_mac', 'its key for this identity is another one'],
    ['an identity that nobody has', unknownIdentity, 115, 'unknown_psk_identity', 'it does not know the identity'],
  ])('%s', async (_case, its, alertCode, name, hint) => {
    const { port, failures } = await listening(knowingKey)
    await expect(connected(port, withKey(its))).rejects.toMatchObject({
      code: 'HANDSHAKE',
      alertCode,
      isAlertOfPeer: true,
      message: `${loopback}:${port} refused the TLS handshake (${name}): ${hint}`,
    })
    expect(await failures.next()).toMatchObject({ code: 'HANDSHAKE', alertCode })
  })

  it('a server that is not trusted hears nothing: TLS 1.2', async () => {
    const { port, accepted } = await listening({ ...showing(), credentials: [parties.strangeServer.x509] })
    await expect(connected(port, { ...withCertificate(), suites: [0xc02b] })).rejects.toMatchObject({ alertCode: 48 })
    const { bytes, closed } = receiving(await accepted.next())
    expect(await closed.next()).toMatchObject({ code: 'CLOSED' })
    expect(bytes.all).toEqual([])
  })

  it('a server that is not trusted hears nothing: TLS 1.3', async () => {
    const { port, failures } = await listening({ ...showing(), credentials: [parties.strangeServer.x509] })
    await expect(connected(port, { ...withCertificate(), suites: [0x1301] })).rejects.toMatchObject({ alertCode: 48 })
    expect(await failures.next()).toMatchObject({
      code: 'HANDSHAKE',
      message: expect.stringMatching(/has closed the connection in the TLS handshake$/),
    })
  })

  it('megabytes both ways at once', async () => {
    const { port, accepted } = await listening(showing())
    const near = await connected(port, withCertificate())
    const far = await accepted.next()
    const sent = Buffer.alloc(8 * 1_048_576, 'megabytes ')
    const ends = [near, far].map(receiving)
    for (const stream of [near, far]) stream.send(sent)
    for (const { bytes } of ends) {
      for (let length = 0; length < sent.length; ) length += (await bytes.next()).length
      expect(Buffer.concat(bytes.all).equals(sent)).toBe(true)
    }
  })

  it('a server that speaks no TLS', async () => {
    const listener = await tcpNetwork.listen({ host: loopback, port: 0 }, stream =>
      stream.send(Buffer.from('hello, you')),
    )
    closing.push(() => listener.close())
    await expect(connected(listener.local.port, withKey())).rejects.toMatchObject({
      code: 'HANDSHAKE',
      message: `the TLS handshake with ${loopback}:${listener.local.port} failed (protocol_version): what it says is no TLS`,
    })
  })

  it('a client that speaks no TLS', async () => {
    const { port, failures } = await listening(knowingKey)
    const socket = connectNode(port, loopback).on('error', () => undefined)
    closing.push(() => socket.destroy())
    socket.write('hello, is this CoAP?')
    expect(await failures.next()).toMatchObject({ code: 'HANDSHAKE' })
  })
})

describePeer('openssl over TCP', opensslPrograms, opensslInstall, () => {
  function openssl(args: readonly string[]): PeerProcess {
    const process = new PeerProcess('openssl', args)
    closing.push(() => process.stop())
    return process
  }

  async function sServer(...args: readonly string[]) {
    const process = openssl(['s_server', '-accept', `${loopback}:0`, ...args])
    const port = Number((await process.says(/ACCEPT [\d.]+:(\d+)/)).split(':')[1])
    return { process, port }
  }

  const sClient = (port: number, ...args: readonly string[]) =>
    openssl(['s_client', '-connect', `${loopback}:${port}`, '-nocommands', ...args])

  const own = (party: Party) => [
    '-cert',
    party.file('own'),
    '-key',
    party.file('key'),
    '-cert_chain',
    party.file('chain'),
  ]
  const pskArgs = ['-psk', psk.key.toString('hex'), '-cipher', 'PSK-AES128-CCM8:@SECLEVEL=0', '-tls1_2']

  async function echoes(stream: Stream, process: PeerProcess): Promise<void> {
    const { bytes } = receiving(stream)
    stream.send(Buffer.from('from here\n'))
    await process.prints(Buffer.from('from here\n'))
    process.write(Buffer.from('from there\n'))
    expect((await bytes.next()).toString()).toBe('from there\n')
  }

  it('our client, its server: a shared key with CCM8', async () => {
    const { process, port } = await sServer('-nocert', ...pskArgs)
    const stream = await connected(port, withKey())
    await process.says(/CIPHER is PSK-AES128-CCM8/)
    await echoes(stream, process)
  })

  it('our client, its server: another key', async () => {
    const { port } = await sServer('-nocert', ...pskArgs)
    await expect(connected(port, withKey(wrongKey))).rejects.toMatchObject({ code: 'HANDSHAKE', isAlertOfPeer: true })
  })

  it('our server, its client: a shared key with CCM8', async () => {
    const { port, accepted } = await listening(knowingKey)
    const process = sClient(port, ...pskArgs, '-psk_identity', psk.identity)
    const stream = await accepted.next()
    expect([stream.identity, stream.proof]).toEqual([psk.identity, 'sharedKey'])
    await echoes(stream, process)
  })

  it('our server, its client: what offers TLS 1.3, too, gets TLS 1.2 with its key', async () => {
    const { port, accepted } = await listening({ ...showing(), ...knowingKey })
    sClient(port, '-psk', psk.key.toString('hex'), '-psk_identity', psk.identity)
    expect((await accepted.next()).identity).toBe(psk.identity)
  })

  for (const version of ['-tls1_2', '-tls1_3']) {
    describe(`certificates, ${version}`, () => {
      it('our client, its server', async () => {
        const { process, port } = await sServer(
          version,
          ...own(parties.server),
          '-Verify',
          '3',
          '-CAfile',
          parties.rootFile,
        )
        const stream = await connected(port, withCertificate())
        expect([stream.identity, stream.proof]).toEqual(['server', 'ownKey'])
        await echoes(stream, process)
      })

      it('our client resumes a session of its server', async () => {
        const { process, port } = await sServer(
          version,
          ...own(parties.server),
          '-Verify',
          '3',
          '-CAfile',
          parties.rootFile,
        )
        const sessions = new Events<Buffer>()
        const first = await connected(port, { ...withCertificate(), onSession: sessions.add })
        await echoes(first, process)
        const session = await sessions.next()
        first.close()
        const second = await connected(port, { ...withCertificate(), session })
        await process.says(/Reused session-id/)
        await echoes(second, process)
      })

      it('our client is refused by its server', async () => {
        const refusing = ['-Verify', '3', '-CAfile', parties.rootFile, '-verify_return_error']
        const { port } = await sServer(version, ...own(parties.server), ...refusing)
        const outcome = connected(port, withCertificate(parties.strangeClient)).then(
          stream => receiving(stream).closed.next(),
          (error: unknown) => error,
        )
        expect(await outcome).toMatchObject({ alertCode: 48, isAlertOfPeer: true })
      })

      it('its client, our server; it resumes its session, and is known by the same name', async () => {
        const { port, accepted } = await listening(showing())
        const file = await sessionFile()
        closing.push(() => file.remove())
        const args = [
          version,
          ...own(parties.client),
          '-CAfile',
          parties.rootFile,
          '-verify_return_error',
          '-servername',
          serverHost,
        ]
        const process = sClient(port, ...args, '-sess_out', file.path)
        const stream = await accepted.next()
        expect([stream.identity, stream.proof]).toEqual([clientName, 'ownKey'])
        await echoes(stream, process)
        await process.finish()
        const again = sClient(port, ...args, '-sess_in', file.path)
        await again.says(/Reused/)
        const resumed = await accepted.next()
        expect([resumed.identity, resumed.proof]).toEqual([clientName, 'ownKey'])
        await echoes(resumed, again)
      })
    })
  }
})
