import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Clock, systemClock } from '../../../transport/clock.ts'
import type { Address, Connection, Listener, Network } from '../../../transport/connection.ts'
import { udpNetwork } from '../../../transport/udp.ts'
import {
  type Capture,
  type CaptureOutcome,
  type CaptureSetup,
  capturedConnection,
  type GrowingPath,
  playClient,
  playServer,
  request,
} from '../../helpers/dtls-capture.ts'
import { startGnutlsClient, startGnutlsServer } from '../../interop/dtls/gnutls.ts'
import { sessionFile, startOpensslClient, startOpensslServer } from '../../interop/dtls/openssl.ts'
import { psk } from '../../interop/dtls/psk.ts'
import { freePort } from '../../interop/free-port.ts'

/**
 * Records sessions of the engine with OpenSSL and GnuTLS, of which the engine's randomness and time are known, so that
 * captures.test.ts can replay them: `npx tsx test/vectors/dtls/record.ts [NAME …]`,
 * then `npm run format`.
 */

const folder = dirname(fileURLToPath(import.meta.url))
const versions = { openssl: 'OpenSSL 3.0', gnutls: 'GnuTLS 3.7' } as const

/** Timers are real, but nothing that is written down depends on when it happened. */
const nowMs = 1_700_000_000_000
const clock: Clock = { ...systemClock, now: () => nowMs }

type Peer = keyof typeof versions
type Role = CaptureSetup['role']

interface Recording {
  readonly name: string
  readonly peer: Peer
  readonly suite: number
  /** As the peer calls it. */
  readonly cipher: string
  /** As GnuTLS calls it. */
  readonly keyExchange?: string
  readonly tickets?: boolean
  readonly sessions?: number
  /** Whether datagrams are so small, and names so long, that messages come in fragments. */
  readonly fragments?: boolean
  /** Which roles the engine has; both by default. */
  readonly roles?: readonly Role[]
}

const recordings: readonly Recording[] = [
  { name: 'ccm8', peer: 'openssl', suite: 0xc0a8, cipher: 'PSK-AES128-CCM8' },
  { name: 'gcm', peer: 'openssl', suite: 0x00a8, cipher: 'PSK-AES128-GCM-SHA256' },
  { name: 'cbc', peer: 'openssl', suite: 0x00ae, cipher: 'PSK-AES128-CBC-SHA256' },
  { name: 'ecdhe-cbc', peer: 'openssl', suite: 0xc037, cipher: 'ECDHE-PSK-AES128-CBC-SHA256' },
  { name: 'fragments', peer: 'openssl', suite: 0xc037, cipher: 'ECDHE-PSK-AES128-CBC-SHA256', fragments: true },
  { name: 'resumption-by-id', peer: 'openssl', suite: 0xc0a8, cipher: 'PSK-AES128-CCM8', tickets: false, sessions: 2 },
  { name: 'resumption-by-ticket', peer: 'openssl', suite: 0xc0a8, cipher: 'PSK-AES128-CCM8', sessions: 2 },
  { name: 'ccm8', peer: 'gnutls', suite: 0xc0a8, cipher: 'AES-128-CCM-8' },
  { name: 'ccm', peer: 'gnutls', suite: 0xc0a4, cipher: 'AES-128-CCM' },
  { name: 'cbc', peer: 'gnutls', suite: 0x00ae, cipher: 'AES-128-CBC' },
  // Its client crashes when it prints what ECDHE-PSK led to.
  {
    name: 'ecdhe-cbc',
    peer: 'gnutls',
    suite: 0xc037,
    cipher: 'AES-128-CBC',
    keyExchange: 'ECDHE-PSK',
    roles: ['client'],
  },
  { name: 'resumption-by-id', peer: 'gnutls', suite: 0x00a8, cipher: 'AES-128-GCM', tickets: false, sessions: 2 },
  { name: 'resumption-by-ticket', peer: 'gnutls', suite: 0x00a8, cipher: 'AES-128-GCM', sessions: 2 },
]

/** UDP that writes down all datagrams by their remote address. */
class RecordedPaths implements Network {
  readonly paths: GrowingPath[] = []

  async connect(remote: Address): Promise<Connection> {
    return capturedConnection(await udpNetwork.connect(remote), this.#begin(remote))
  }

  listen(local: Address, accept: (connection: Connection) => void): Promise<Listener> {
    return udpNetwork.listen(local, connection => {
      const { remote } = connection
      // A listener that has let go of an address meets it again.
      const path = this.paths.find(({ remote: { port } }) => port === remote.port) ?? this.#begin(remote)
      accept(capturedConnection(connection, path))
    })
  }

  #begin(remote: Address): GrowingPath {
    const path: GrowingPath = { remote, datagrams: [] }
    this.paths.push(path)
    return path
  }
}

/** Longer than what is left of the smallest datagram that OpenSSL can be made to send. */
const longName = 'sensor'.repeat(40)

const answer = '21.5 degrees\n'

/** The engine is the client; the peer answers each request. */
async function recordClient(recording: Recording, network: Network, setup: CaptureSetup): Promise<CaptureOutcome> {
  const { peer, cipher, keyExchange = 'PSK', tickets = true } = recording
  if (peer === 'gnutls') {
    const server = await startGnutlsServer({ cipher, keyExchange, tickets })
    try {
      return await playClient(network, { host: '127.0.0.1', port: server.port }, clock, setup)
    } finally {
      await server.stop()
    }
  }
  const { mtuBytes } = setup
  const hint = recording.fragments === true ? longName : 'sensors'
  const server = await startOpensslServer({ suites: cipher, tickets, mtuBytes, hint })
  try {
    const client = playClient(network, { host: '127.0.0.1', port: server.port }, clock, setup)
    for (let count = 0; count < setup.sessions; count++) {
      await server.process.prints(Buffer.from(request))
      server.process.write(Buffer.from(answer))
    }
    return await client
  } finally {
    await server.process.stop()
  }
}

/** The engine is the server; the peer sends a request in each session, or in the last. */
async function recordServer(recording: Recording, network: Network, setup: CaptureSetup): Promise<CaptureOutcome> {
  const { peer, cipher, tickets = true } = recording
  const { mtuBytes } = setup
  const port = await freePort()
  const server = playServer(network, { host: '127.0.0.1', port }, clock, setup)
  if (peer === 'gnutls') {
    const client = startGnutlsClient(port, { cipher, tickets, resumes: setup.sessions > 1 })
    client.write(Buffer.from(request))
    await client.prints(Buffer.from(request))
    await client.finish()
    return server
  }
  const file = await sessionFile()
  try {
    for (let count = 0; count < setup.sessions; count++) {
      const client = startOpensslClient(port, {
        suites: cipher,
        tickets,
        mtuBytes,
        psk: { identity: setup.identity, key: psk.key },
        ...(count === 0 ? { keep: file.path } : { resume: file.path }),
      })
      client.write(Buffer.from(request))
      await client.prints(Buffer.from(request))
      await client.finish()
    }
    return await server
  } finally {
    await file.remove()
  }
}

async function record(recording: Recording, role: Role, seed: number): Promise<void> {
  const { name, peer, suite, tickets = true, sessions = 1, fragments = false } = recording
  const setup: CaptureSetup = {
    role,
    identity: fragments ? longName : psk.identity,
    key: psk.key.toString('hex'),
    seed,
    nowMs,
    suite,
    tickets,
    mtuBytes: fragments ? 256 : 1_200,
    sessions,
  }
  const network = new RecordedPaths()
  const outcome = await (role === 'client' ? recordClient : recordServer)(recording, network, setup)
  const capture: Capture = { peer: versions[peer], ...setup, ...outcome, paths: network.paths }
  const file = `${peer}-${role === 'client' ? 'server' : 'client'}-${name}.json`
  await writeFile(join(folder, file), `${JSON.stringify(capture, null, 2)}\n`)
  console.log(file, network.paths.map(({ datagrams }) => datagrams.length).join(' + '))
}

const wanted = process.argv.slice(2)
for (const [index, recording] of recordings.entries()) {
  if (wanted.length > 0 && !wanted.includes(recording.name)) continue
  for (const role of recording.roles ?? (['client', 'server'] as const)) await record(recording, role, index + 1)
}
// The sockets of the servers are still there.
process.exit()
