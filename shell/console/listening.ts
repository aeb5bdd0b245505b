import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describeSystemError } from '../../client/file-system.ts'
import { ConsoleError } from '../../server/console/console-error.ts'
import type { ConsoleListenOptions } from '../../server/console/session-opening.ts'
import type { ServerSecurity } from '../../server/security.ts'
import { Certificate } from '../../transport/dtls/certificate/certificate.ts'
import { CertificateError } from '../../transport/dtls/certificate/certificate-error.ts'
import { readCertificates, readPrivateKey } from '../../transport/dtls/certificate/pem.ts'
import { x509 } from '../../transport/dtls/key-pair.ts'
import { identityFault, keyFault } from '../../transport/dtls/psk-bounds.ts'
import { DocumentError, readDocument } from '../document.ts'

/** How `listen` listens unless told otherwise. */
export interface ListenDefaults {
  readonly ipv6: boolean
  readonly tcp: boolean
  readonly pskIdentity?: string | undefined
  readonly pskKey?: string | undefined
  readonly debug: boolean
}

/** What a command was told about whom to speak with, and how. */
export interface SecurityRequest {
  readonly psk_identity?: string | undefined
  readonly psk_key?: string | undefined
  /** A folder of certificates of authorities. */
  readonly ca_path?: string | undefined
  /** Files, PEM or DER. */
  readonly ca_file?: string | undefined
  readonly crt_file?: string | undefined
  readonly key_file?: string | undefined
}

export interface ListenRequest extends SecurityRequest {
  readonly port?: number | undefined
  readonly ipv6?: boolean | undefined
  readonly tcp?: boolean | undefined
  readonly debug?: boolean | undefined
  /** Its length is that of the Connection IDs. */
  readonly connection_id?: string
}

/** Rejects with ConsoleError for what contradicts itself, and for files that cannot be read. */
export async function listenOptions(request: ListenRequest, defaults: ListenDefaults): Promise<ConsoleListenOptions> {
  const { port, ipv6 = defaults.ipv6, tcp = defaults.tcp, connection_id: connectionId = '' } = request
  const security = await requestedSecurity(usesCertificates(request) ? request : withDefaults(request, defaults))
  if (connectionId !== '' && security === undefined) {
    throw new ConsoleError('Cannot use connection_id in NoSec mode')
  }
  const connectionIdLength = Buffer.byteLength(connectionId)
  if (connectionIdLength > longestConnectionId) {
    throw new ConsoleError(`connection_id has at most ${longestConnectionId} bytes, not ${connectionIdLength}`)
  }
  return {
    port: port === undefined ? undefined : checkPort('port', port),
    host: anyHost(ipv6),
    transport: tcp ? 'tcp' : 'udp',
    security: security && { ...security, ...(connectionIdLength > 0 && { connectionIdLength }) },
  }
}

/** Where `listen` listens without a port. */
export function defaultPort({ pskIdentity }: ListenDefaults): number {
  return pskIdentity === undefined ? 5683 : 5684
}

/** Every address of the machine. */
export function anyHost(ipv6: boolean): string {
  return ipv6 ? '::' : '0.0.0.0'
}

/** Throws ConsoleError for what is no port; 0 is any free one. */
export function checkPort(argument: string, port: number): number {
  if (port >= 0 && port <= 65_535) return port
  throw new ConsoleError(`${argument} is 0–65535, not ${port}`)
}

/** Undefined: none. Rejects with ConsoleError. */
export async function requestedSecurity(request: SecurityRequest): Promise<ServerSecurity | undefined> {
  const { psk_identity: identity, psk_key: key } = request
  const hasKey = identity !== undefined || key !== undefined
  if (hasKey && usesCertificates(request)) throw new ConsoleError('Cannot use PSK and Certificates at the same time')
  if (usesCertificates(request)) return certificateSecurity(request)
  if (!hasKey) return undefined
  if (!identity || !key) throw new ConsoleError('psk_identity and psk_key go together, and neither is empty')
  checkLength('psk_identity', identityFault(Buffer.from(identity)))
  checkLength('psk_key', keyFault(Buffer.from(key)))
  return { psk: { [identity]: Buffer.from(key) } }
}

/** As long as DTLS servers need them. */
const longestConnectionId = 20

/** The authorities that a browser knows, and more. */
const longestFile = 1_000_000

/** Files in a folder of authorities that are read. */
const mostAuthorities = 1_000

function usesCertificates({ ca_path: caPath, ca_file: caFile, crt_file: crtFile, key_file: keyFile }: SecurityRequest) {
  return [caPath, caFile, crtFile, keyFile].some(name => name !== undefined)
}

function checkLength(argument: string, fault: string | undefined): void {
  if (fault !== undefined) throw new ConsoleError(`${argument} ${fault}`)
}

function withDefaults(request: SecurityRequest, { pskIdentity, pskKey }: ListenDefaults): SecurityRequest {
  const { psk_identity: identity = pskIdentity, psk_key: key = pskKey } = request
  return { ...request, psk_identity: identity, psk_key: key }
}

async function certificateSecurity(request: SecurityRequest): Promise<ServerSecurity> {
  const { crt_file: certificateFile, key_file: keyFile, ca_path: caPath, ca_file: caFile } = request
  if (certificateFile === undefined || keyFile === undefined)
    throw new ConsoleError('certificates need crt_file and key_file')
  const certificate = await readFile('crt_file', certificateFile)
  const key = await readFile('key_file', keyFile)
  usable('crt_file', certificateFile, place =>
    readCertificates(certificate, place).map(der => Certificate.parse(der, place)),
  )
  usable('key_file', keyFile, place => readPrivateKey(key, place))
  usable('key_file', keyFile, () => x509({ chain: certificate, key }))
  const authorities = [
    ...(caFile === undefined ? [] : [await readAuthorities('ca_file', caFile)]),
    ...(caPath === undefined ? [] : await readFolder(caPath)),
  ]
  const certificates = [{ certificate, key }]
  // As test scripts expect it: without authorities anybody is let in.
  return authorities.length === 0
    ? { certificates, clientCertificates: 'none' }
    : { certificates, trustStore: authorities.flat() }
}

/** Throws ConsoleError that names the argument. */
function usable<T>(argument: string, file: string, read: (place: string) => T): T {
  const place = `${argument}: ${file}`
  try {
    return read(place)
  } catch (cause) {
    if (cause instanceof CertificateError) throw new ConsoleError(cause.message, { cause })
    if (cause instanceof RangeError) throw new ConsoleError(`${place}: ${cause.message}`, { cause })
    throw cause
  }
}

async function readAuthorities(argument: string, file: string): Promise<Buffer[]> {
  const bytes = await readFile(argument, file)
  return usable(argument, file, place => readCertificates(bytes, place))
}

async function readFolder(folder: string): Promise<Buffer[][]> {
  let names: string[]
  try {
    names = (await readdir(folder)).filter(name => /\.(?:pem|crt|cer|der)$/i.test(name)).sort()
  } catch (cause) {
    throw new ConsoleError(`ca_path: ${folder}: ${describeSystemError(cause)}`, { cause })
  }
  if (names.length > mostAuthorities) throw new ConsoleError(`ca_path: ${folder}: there are too many certificates`)
  const files: Buffer[][] = []
  for (const name of names) files.push(await readAuthorities('ca_path', join(folder, name)))
  return files
}

async function readFile(argument: string, file: string): Promise<Buffer> {
  try {
    return await readDocument(file, longestFile)
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause
    throw new ConsoleError(`${argument}: ${file}: ${cause.message}`, { cause })
  }
}
