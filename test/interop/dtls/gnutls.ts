import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import type { Party } from './certificates.ts'
import { PeerProcess } from './peer-process.ts'
import { type Psk, psk } from './psk.ts'

export const gnutlsPrograms = ['gnutls-serv', 'gnutls-cli'] as const
export const gnutlsInstall = 'apt-get install gnutls-bin'

/** What a program of GnuTLS shows of itself, if anything, and trusts. */
type GnutlsCredentials =
  | {
      readonly kind: 'x509'
      readonly own?: Party
      /** A file in PEM; a peer that it does not certify is refused, and a server demands a certificate. Without one any will do. */
      readonly root?: string
    }
  /** It trusts every raw public key. */
  | { readonly kind: 'rpk'; readonly own: Party }

export interface GnutlsOptions {
  /** By GnuTLS's name: `AES-128-CCM-8`. */
  readonly cipher: string
  /** `PSK` by default. With `ECDHE-PSK` the client crashes when it prints the parameters. */
  readonly keyExchange?: string
  readonly psk?: Psk
  /** Instead of a key. */
  readonly credentials?: GnutlsCredentials
  /** Whether tickets are used besides session IDs. Default true. */
  readonly tickets?: boolean
  /** The longest datagram, which limits a record, too. Default 17,000. */
  readonly mtuBytes?: number
}

export interface GnutlsServer {
  readonly port: number
  /** It sends back what it receives, line by line, so in several records; one session at a time. */
  readonly process: PeerProcess
  stop(): Promise<void>
}

/** `gnutls-serv` on a free port. */
export async function startGnutlsServer(options: GnutlsOptions): Promise<GnutlsServer> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'gnutls-'))
  const args = ['--port', String(port), '--echo', '--quiet']
  if (options.credentials === undefined) {
    const passwords = join(folder, 'passwords')
    const { identity, key } = options.psk ?? psk
    // A colon would end the identity; as hexadecimal it needs a mark.
    await writeFile(passwords, `#${Buffer.from(identity).toString('hex')}:${key.toString('hex')}\n`)
    args.push('--pskpasswd', passwords)
  } else if (options.credentials.kind === 'rpk') {
    args.push('--require-client-cert')
  } else if (options.credentials.root !== undefined) {
    args.push('--require-client-cert', '--verify-client-cert')
  } else {
    args.push('--disable-client-cert')
  }
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
  /** The name that the certificate of the server has to be for. */
  readonly serverName?: string
}

/** `gnutls-cli`; what it is written it sends, 4,096 bytes a record, and what it receives it prints. */
export function startGnutlsClient(port: number, options: GnutlsClientOptions): PeerProcess {
  const { psk: { identity, key } = psk, credentials, serverName } = options
  const args = ['--port', String(port)]
  if (credentials?.kind !== 'x509' || credentials.root === undefined) args.push('--no-ca-verification')
  if (credentials === undefined) args.push('--pskusername', identity, '--pskkey', key.toString('hex'))
  if (serverName === undefined) args.push('--disable-sni')
  else args.push('--sni-hostname', serverName, '--verify-hostname', serverName)
  if (options.resumes === true) args.push('--resume')
  return new PeerProcess('gnutls-cli', [...commonArgs(options), ...args, '127.0.0.1'])
}

function commonArgs(options: GnutlsOptions): string[] {
  const { cipher, credentials, keyExchange = 'PSK', tickets = true, mtuBytes = 17_000 } = options
  const suite = `-KX-ALL:+${keyExchange}:-CIPHER-ALL:+${cipher}:-VERS-ALL:+VERS-DTLS1.2:-MAC-ALL:+AEAD:+SHA256`
  const types = credentials?.kind === 'rpk' ? ':-CTYPE-ALL:+CTYPE-SRV-RAWPK:+CTYPE-CLI-RAWPK' : ''
  const args = ['--udp', '--mtu', String(mtuBytes), '--priority', `NORMAL:${suite}${types}`]
  if (!tickets) args.push('--noticket')
  if (credentials !== undefined) args.push(...credentialArgs(credentials))
  return args
}

function credentialArgs(credentials: GnutlsCredentials): string[] {
  const { kind, own } = credentials
  if (kind === 'rpk') return ['--rawpkfile', own.file('publicKey'), '--rawpkkeyfile', own.file('key')]
  const args = own === undefined ? [] : ['--x509certfile', own.file('chain'), '--x509keyfile', own.file('key')]
  if (credentials.root !== undefined) args.push('--x509cafile', credentials.root)
  return args
}
