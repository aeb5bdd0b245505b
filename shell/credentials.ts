import { OptionsError } from '../client/options-error.ts'
import { psk } from '../client/psk.ts'
import { DtlsError } from '../transport/dtls/alert.ts'
import { Certificate } from '../transport/dtls/certificate/certificate.ts'
import { readCertificates, readPrivateKey } from '../transport/dtls/certificate/pem.ts'
import { readExpectedKey } from '../transport/dtls/certificate/raw-key.ts'
import type { PskCredentials } from '../transport/dtls/credentials.ts'
import { x509 } from '../transport/dtls/key-pair.ts'
import { DocumentError, readDocument, shownName } from './document.ts'
import {
  type MasterKeyArguments,
  type SecurityArguments,
  type ServerSecurityArguments,
  securityKind,
} from './security.ts'

/** A certificate and its key, as they are in their files, and the authorities that vouch for the other end. */
export interface CertificateFiles {
  readonly kind: 'x509'
  readonly certificate: Buffer
  readonly key: Buffer
  readonly ca: Buffer | undefined
}

/** A private key, as it is in its file, and the public keys of the other end in DER. */
export interface RawKeyFiles {
  readonly kind: 'rpk'
  readonly key: Buffer
  readonly peers: readonly Uint8Array[]
}

/** The key from which those of all devices derive. */
interface MasterKey {
  readonly kind: 'master'
  readonly key: Buffer
}

export type CommandCredentials = PskCredentials | CertificateFiles | RawKeyFiles

export type ServerCredentials = CommandCredentials | MasterKey

/** As {@link readCredentials}, of a server. */
export async function readServerCredentials(args: ServerSecurityArguments): Promise<ServerCredentials | undefined> {
  const key = await readMasterKey(args)
  return key === undefined ? readCredentials(args) : { kind: 'master', key }
}

/** Undefined: none was given. Rejects with OptionsError, which shows no key. */
export async function readMasterKey({
  pskMasterKey,
  pskMasterKeyFile,
}: MasterKeyArguments): Promise<Buffer | undefined> {
  if (pskMasterKey !== undefined) return parseKey(pskMasterKey, '--psk-master-key')
  return pskMasterKeyFile === undefined ? undefined : readKeyFile(pskMasterKeyFile)
}

/** The credentials that a command was given; undefined: none. Rejects with OptionsError, which shows no key. */
export async function readCredentials(args: SecurityArguments): Promise<CommandCredentials | undefined> {
  switch (securityKind(args)) {
    case 'psk':
      return readPsk(args)
    case 'x509':
      return readCertificate(args)
    case 'rpk':
      return readRawKeys(args)
    default:
      return undefined
  }
}

async function readPsk({ pskIdentity = '', pskKey, pskKeyFile }: SecurityArguments): Promise<PskCredentials> {
  if (pskKey !== undefined) return psk(pskIdentity, parseKey(pskKey, '--psk-key'))
  if (pskKeyFile === undefined) throw new OptionsError('--psk-identity needs --psk-key or --psk-key-file')
  return psk(pskIdentity, await readKeyFile(pskKeyFile))
}

async function readKeyFile(file: string): Promise<Buffer> {
  const text = (await readFile(file, longestHexFile)).toString('latin1')
  return parseKey(text.trim(), file)
}

async function readCertificate({ cert = '', key, ca }: SecurityArguments): Promise<CertificateFiles> {
  if (key === undefined) throw new OptionsError('--cert needs --key')
  const [certificate, chain] = await readChecked(cert, bytes => readChain(bytes, cert))
  const [keyBytes, privateKey] = await readChecked(key, bytes => readPrivateKey(bytes, key))
  try {
    x509({ chain, key: privateKey })
  } catch (error) {
    if (error instanceof RangeError) throw new OptionsError(`${key} and ${cert} do not go together: ${error.message}`)
    throw error
  }
  const authorities = ca === undefined ? undefined : await readChecked(ca, bytes => readChain(bytes, ca))
  return { kind: 'x509', certificate, key: keyBytes, ca: authorities?.[0] }
}

async function readRawKeys({ rpkKey = '', rpkPeer = [] }: SecurityArguments): Promise<RawKeyFiles> {
  if (rpkPeer.length === 0) throw new OptionsError('--rpk-key needs --rpk-peer')
  const [key] = await readChecked(rpkKey, bytes => readPrivateKey(bytes, rpkKey))
  const peers: Uint8Array[] = []
  for (const file of rpkPeer) peers.push((await readChecked(file, bytes => readExpectedKey(bytes, 0, file)))[1])
  return { kind: 'rpk', key, peers }
}

function readChain(bytes: Buffer, file: string): Buffer[] {
  const chain = readCertificates(bytes, file)
  for (const der of chain) Certificate.parse(der, file)
  return chain
}

/** A key of 64 bytes and what a text editor may add. */
const longestHexFile = 1_000
/** The authorities that a browser knows, and more. */
const longestPemFile = 1_000_000

/** A file, and what `read` makes of it. Rejects with OptionsError for what is not to be used. */
export async function readChecked<T>(file: string, read: (bytes: Buffer) => T): Promise<[bytes: Buffer, content: T]> {
  const bytes = await readFile(file, longestPemFile)
  try {
    return [bytes, read(bytes)]
  } catch (error) {
    throw error instanceof DtlsError ? new OptionsError(error.message) : error
  }
}

async function readFile(file: string, longestBytes: number): Promise<Buffer> {
  try {
    return await readDocument(file, longestBytes)
  } catch (error) {
    throw error instanceof DocumentError ? new OptionsError(`${shownName(file)}: ${error.message}`) : error
  }
}

function parseKey(hex: string, source: string): Buffer {
  if (/^(?:[0-9a-fA-F]{2}){1,64}$/.test(hex)) return Buffer.from(hex, 'hex')
  throw new OptionsError(`${source} is no key: write 1 to 64 bytes as hexadecimal digits, two each`)
}
