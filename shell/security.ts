import { type Command, InvalidArgumentError, Option } from 'commander'
import { OptionsError } from '../client/options-error.ts'
import type { CertificateUsage } from '../transport/dtls/certificate/verify.ts'
import { parseConnectionIdLength } from './arguments.ts'

/** How a command speaks DTLS: with a pre-shared key, a certificate, or raw public keys. */
export interface SecurityArguments {
  readonly pskIdentity?: string
  /** Hexadecimal, unchecked: what checks it must not show it. */
  readonly pskKey?: string
  /** File that holds it. */
  readonly pskKeyFile?: string
  /** Files, PEM or DER: the own certificate with its chain, its private key, the authorities that vouch for the peer. */
  readonly cert?: string
  readonly key?: string
  readonly ca?: string
  /** Files, PEM or DER: the own private key, the public keys of peers. */
  readonly rpkKey?: string
  readonly rpkPeer?: readonly string[]
  /** Bytes of the own Connection ID; `true`: the default. */
  readonly cid?: number | true
}

/** A key from which those of all devices derive, see `derivedKey`; as `pskKey` and `pskKeyFile`. */
export interface MasterKeyArguments {
  readonly pskMasterKey?: string
  readonly pskMasterKeyFile?: string
}

/** What only a server is asked for. */
export interface ServerSecurityArguments extends SecurityArguments, MasterKeyArguments {}

/** What only a client is asked for. */
export interface ClientSecurityArguments extends SecurityArguments {
  /** File of what is known of the server, PEM or DER. */
  readonly serverCert?: string
  readonly usage?: CertificateUsage
}

/** Room for any number of sessions, and for none to be guessed. */
const defaultConnectionIdLength = 8

/** The option of either end; empty where the command has none. */
export function connectionIdOption({ cid }: SecurityArguments): { connectionIdLength?: number } {
  return cid === undefined ? {} : { connectionIdLength: cid === true ? defaultConnectionIdLength : cid }
}

/** Adds the options of {@link SecurityArguments}. */
export function addSecurityOptions(command: Command): Command {
  const withKeys = command
    .option('--psk-identity <id>', 'identity of the pre-shared key, for coaps:// and coaps+tcp://')
    .addOption(
      new Option('--psk-key <hex>', 'the key, hexadecimal; other users of the machine may see it').conflicts(
        'pskKeyFile',
      ),
    )
    .option('--psk-key-file <file>', 'file that holds the key, hexadecimal')
    .option('--cert <file>', 'certificate to show, with those that certify it; PEM or DER')
    .option('--key <file>', 'private key of --cert; PEM or DER')
    .option('--ca <file>', 'authorities that vouch for the certificates of the other end; PEM or DER')
    .option('--rpk-key <file>', 'private key of the raw public key to show; PEM or DER')
    .option('--rpk-peer <file>', 'public key of the other end, may be repeated for a server; PEM or DER', collected)
  return addConnectionIdOption(withKeys)
}

export function addConnectionIdOption(command: Command): Command {
  return command.addOption(
    new Option(
      '--cid [length]',
      'have a Connection ID of so many bytes, by default 8, for changes of address',
    ).argParser(parseConnectionIdLength),
  )
}

/** Adds those of {@link MasterKeyArguments} besides. */
export function addMasterKeyOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--psk-master-key <hex>',
        'key from which that of each device derives by its identity; other users of the machine may see it',
      ).conflicts('pskMasterKeyFile'),
    )
    .option('--psk-master-key-file <file>', 'file that holds that key, hexadecimal')
}

/** Adds those of {@link ClientSecurityArguments} besides. */
export function addClientSecurityOptions(command: Command): Command {
  return command
    .option('--server-cert <file>', 'certificate or public key to know the server by (/0/x/4); PEM or DER')
    .option(
      '--usage <usage>',
      'what --server-cert is: 0 its CA, 1 itself, both with --ca besides; 2 its CA, 3 itself (default: 3)',
      parseUsage,
    )
}

function collected(file: string, files: readonly string[] = []): string[] {
  return [...files, file]
}

function parseUsage(text: string): CertificateUsage {
  const usage = ([0, 1, 2, 3] as const).find(known => String(known) === text)
  if (usage === undefined) throw new InvalidArgumentError('Write 0, 1, 2 or 3.')
  return usage
}

/** Which kind of security was asked for; undefined: none. Throws OptionsError where options contradict each other. */
export function securityKind(args: ServerSecurityArguments): 'master' | 'psk' | 'x509' | 'rpk' | undefined {
  const { pskIdentity, pskKey, pskKeyFile, cert, key, ca, rpkKey, rpkPeer, cid } = args
  const [kind, other] = [
    (args.pskMasterKey ?? args.pskMasterKeyFile) !== undefined && ('master' as const),
    pskIdentity !== undefined && ('psk' as const),
    cert !== undefined && ('x509' as const),
    rpkKey !== undefined && ('rpk' as const),
  ].filter(one => one !== false)
  if (other !== undefined && kind === 'master') {
    throw new OptionsError('--psk-master-key excludes --psk-identity, --cert and --rpk-key')
  }
  if (other !== undefined) throw new OptionsError('--psk-identity, --cert and --rpk-key exclude each other')
  if (kind !== 'psk' && (pskKey !== undefined || pskKeyFile !== undefined)) {
    throw new OptionsError('a key needs --psk-identity')
  }
  if (kind !== 'x509' && (key !== undefined || ca !== undefined)) throw new OptionsError('--key and --ca need --cert')
  if (kind !== 'rpk' && rpkPeer !== undefined) throw new OptionsError('--rpk-peer needs --rpk-key')
  if (kind === undefined && cid !== undefined) {
    throw new OptionsError('--cid needs --psk-identity, --cert or --rpk-key; there is no Connection ID without DTLS')
  }
  return kind
}
