import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { PeerProcess } from './peer-process.ts'
import { type Psk, psk } from './psk.ts'

export const opensslPrograms = ['openssl'] as const
export const opensslInstall = 'apt-get install openssl'

interface OpensslOptions {
  /** A suite by OpenSSL's name, `PSK-AES128-CCM8`, or several with colons. */
  readonly suites: string
  readonly psk?: Psk
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
  const args = ['s_server', ...commonArgs(options), '-accept', `127.0.0.1:${port}`, '-nocert']
  if (options.hint !== undefined) args.push('-psk_hint', options.hint)
  const process = new PeerProcess('openssl', args)
  await process.says(/ACCEPT/)
  return { port, process }
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
  args.push('-psk_identity', (options.psk ?? psk).identity)
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

function commonArgs({ suites, psk: { key } = psk, tickets = true, mtuBytes }: OpensslOptions): string[] {
  // With -timeout it retransmits.
  const args = ['-dtls1_2', '-timeout', '-psk', key.toString('hex'), '-cipher', `${suites}:@SECLEVEL=0`]
  if (!tickets) args.push('-no_ticket')
  if (mtuBytes !== undefined) args.push('-mtu', String(mtuBytes))
  return args
}
