import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { PeerProcess } from './peer-process.ts'
import { type Psk, psk } from './psk.ts'

export const gnutlsPrograms = ['gnutls-serv', 'gnutls-cli'] as const
export const gnutlsInstall = 'apt-get install gnutls-bin'

export interface GnutlsOptions {
  /** By GnuTLS's name: `AES-128-CCM-8`. */
  readonly cipher: string
  /** `PSK` by default. With `ECDHE-PSK` the client crashes when it prints the parameters. */
  readonly keyExchange?: string
  readonly psk?: Psk
  /** Whether tickets are used besides session IDs. Default true. */
  readonly tickets?: boolean
  /** The longest datagram, which limits a record, too. Default 17,000. */
  readonly mtuBytes?: number
}

export interface GnutlsServer {
  readonly port: number
  /** It sends back what it receives; one session at a time. */
  readonly process: PeerProcess
  stop(): Promise<void>
}

/** `gnutls-serv` on a free port. */
export async function startGnutlsServer(options: GnutlsOptions): Promise<GnutlsServer> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'gnutls-'))
  const passwords = join(folder, 'passwords')
  const { identity, key } = options.psk ?? psk
  // A colon would end the identity; as hexadecimal it needs a mark.
  await writeFile(passwords, `#${Buffer.from(identity).toString('hex')}:${key.toString('hex')}\n`)
  const args = ['--port', String(port), '--pskpasswd', passwords, '--echo', '--quiet']
  const process = new PeerProcess('gnutls-serv', [...commonArgs(options), ...args])
  await process.says(/listening on IPv4 .*done/)
  return {
    port,
    process,
    async stop() {
      await process.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export interface GnutlsClientOptions extends GnutlsOptions {
  /** Connects, disconnects, and connects again with the session of before. */
  readonly resumes?: boolean
}

/** `gnutls-cli`; what it is written it sends, 4,096 bytes a record, and what it receives it prints. */
export function startGnutlsClient(port: number, options: GnutlsClientOptions): PeerProcess {
  const { identity, key } = options.psk ?? psk
  const args = ['--port', String(port), '--no-ca-verification', '--disable-sni']
  args.push('--pskusername', identity, '--pskkey', key.toString('hex'))
  if (options.resumes === true) args.push('--resume')
  return new PeerProcess('gnutls-cli', [...commonArgs(options), ...args, '127.0.0.1'])
}

function commonArgs({ cipher, keyExchange = 'PSK', tickets = true, mtuBytes = 17_000 }: GnutlsOptions): string[] {
  const suite = `-KX-ALL:+${keyExchange}:-CIPHER-ALL:+${cipher}:-VERS-ALL:+VERS-DTLS1.2:-MAC-ALL:+AEAD:+SHA256`
  const args = ['--udp', '--mtu', String(mtuBytes), '--priority', `NORMAL:${suite}`]
  if (!tickets) args.push('--noticket')
  return args
}
