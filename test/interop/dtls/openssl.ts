import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import type { Party } from './certificates.ts'
import { type OurClient, payload } from './ends.ts'
import { PeerProcess } from './peer-process.ts'
import { type Psk, psk } from './psk.ts'

export const opensslPrograms = ['openssl'] as const
export const opensslInstall = 'apt-get install openssl'

interface OpensslCertificates {
  readonly own?: Party
  /** A file in PEM; a peer that it does not certify is refused, and a server demands a certificate. Without one any will do. */
  readonly root?: string
}

interface OpensslOptions {
  /** A suite by OpenSSL's name, `PSK-AES128-CCM8`, or several with colons. */
  readonly suites: string
  readonly psk?: Psk
  /** Instead of a key: what the peer is verified by, and what it shows of itself, if anything. */
  readonly x509?: OpensslCertificates
  /** Whether tickets are used besides session IDs. Default true. */
  readonly tickets?: boolean
  /** The longest datagram of a handshake, at least 256. */
  readonly mtuBytes?: number
}

export interface OpensslServerOptions extends OpensslOptions {
  readonly hint?: string
}

export interface OpensslServer {
  readonly port: number
  /** It prints what it receives, and sends what it is written; one session at a time. */
  readonly process: PeerProcess
}

/** `openssl s_server` on a free port. */
export async function startOpensslServer(options: OpensslServerOptions): Promise<OpensslServer> {
  const port = await freePort()
  const args = ['s_server', ...commonArgs(options), '-accept', `127.0.0.1:${port}`]
  if (options.x509 === undefined) args.push('-nocert')
  if (options.x509?.root !== undefined) args.push('-Verify', '3')
  if (options.hint !== undefined) args.push('-psk_hint', options.hint)
  const process = new PeerProcess('openssl', args)
  await process.says(/ACCEPT/)
  return { port, process }
}

/** There and back, compared at each end. */
export async function exchange(client: OurClient, { process }: OpensslServer, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const bytes = payload(size)
    client.send(bytes)
    await process.prints(bytes)
    process.write(bytes)
    await client.receives(bytes)
  }
}

export interface OpensslClientOptions extends OpensslOptions {
  readonly serverName?: string
  /** A file that holds a session to resume. */
  readonly resume?: string
  /** A file for the session to be resumed. */
  readonly keep?: string
}

/** `openssl s_client`; what it is written it sends, what it receives it prints. */
export function startOpensslClient(port: number, options: OpensslClientOptions): PeerProcess {
  const args = ['s_client', ...commonArgs(options), '-connect', `127.0.0.1:${port}`, '-nocommands']
  if (options.x509 === undefined) args.push('-psk_identity', (options.psk ?? psk).identity)
  if (options.serverName !== undefined) args.push('-servername', options.serverName)
  if (options.resume !== undefined) args.push('-sess_in', options.resume)
  if (options.keep !== undefined) args.push('-sess_out', options.keep)
  return new PeerProcess('openssl', args)
}

/** A file for a session, in a folder of its own. */
export async function sessionFile(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'openssl-'))
  return { path: join(folder, 'session'), remove: () => rm(folder, { recursive: true, force: true }) }
}

function commonArgs({ suites, x509, psk: { key } = psk, tickets = true, mtuBytes }: OpensslOptions): string[] {
  // With -timeout it retransmits.
  const args = ['-dtls1_2', '-timeout', '-cipher', `${suites}:@SECLEVEL=0`]
  if (x509 === undefined) args.push('-psk', key.toString('hex'))
  else args.push(...certificateArgs(x509))
  if (!tickets) args.push('-no_ticket')
  if (mtuBytes !== undefined) args.push('-mtu', String(mtuBytes))
  return args
}

function certificateArgs({ own, root }: OpensslCertificates): string[] {
  const args: string[] = []
  if (own !== undefined) args.push('-cert', own.file('own'), '-key', own.file('key'))
  if (own !== undefined && own.chain.length > 1) args.push('-cert_chain', own.file('intermediates'))
  if (root !== undefined) args.push('-CAfile', root, '-verify_return_error')
  return args
}
