import { mkdir, open, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeSystemError, errorCode } from '../client/file-system.ts'
import { checkEndpoint } from '../client/options.ts'
import { writePem } from '../transport/dtls/certificate/pem.ts'
import {
  type CertificateTemplate,
  exportTestKeys,
  generateTestKeys,
  issueCertificate,
  type TestCertificate,
} from '../transport/dtls/test-certificates.ts'
import { shownName } from './document.ts'
import type { Environment } from './environment.ts'

export interface CertsArguments {
  /** Made if it is not there. */
  readonly directory: string
  /** Endpoint client names of devices, at least one. */
  readonly endpoint: readonly string[]
}

/** A file to write. */
interface NewFile {
  readonly name: string
  readonly text: string
  readonly isSecret: boolean
}

const dayMs = 86_400_000

/** From a day ago, for devices with a slow clock, on for ten years. */
function validity(nowMs: number): Pick<CertificateTemplate, 'notBeforeMs' | 'notAfterMs'> {
  return { notBeforeMs: nowMs - dayMs, notAfterMs: nowMs + 3650 * dayMs }
}

/**
 * `lwm2m certs`: writes a certification authority for tests, certificates and raw keys of a server and of devices to a
 * directory, and prints the commands that use them. Resolves with the exit code, 1 where a file is there already or
 * cannot be written: then nothing is left behind. Rejects with OptionsError for what is no endpoint client name.
 */
export async function runCerts({ directory, endpoint: endpoints }: CertsArguments, environment: Environment) {
  const { print, printError } = environment
  for (const endpoint of endpoints) checkEndpoint(endpoint)
  const devices = endpoints.map(endpoint => ({ endpoint, file: fileName(endpoint) }))
  const files = await makeFiles(devices, environment)
  const failure = nameFault(files) ?? (await writeAll(directory, files))
  if (failure !== undefined) {
    printError(`error: ${failure}`)
    return 1
  }
  for (const { name } of files) print(join(directory, name))
  for (const line of commands(directory, devices)) print(line)
  return 0
}

interface Device {
  readonly endpoint: string
  readonly file: string
}

/** Names of endpoints may differ in what is left away of them. */
function nameFault(files: readonly NewFile[]): string | undefined {
  const names = files.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? undefined : `two files would have the name ${twice}`
}

/** `urn:dev:os:1` → `urn-dev-os-1`, a name on every system. */
function fileName(endpoint: string): string {
  return endpoint.replaceAll(/[^\w.-]/g, '-').replace(/^(?:[.-]|$)/, '_')
}

async function makeFiles(devices: readonly Device[], { clock, random }: Environment): Promise<NewFile[]> {
  const common = { ...validity(clock.now()), random }
  const ca = await issueCertificate({ ...common, commonName: 'lwm2m test CA', authority: {} })
  const server = await issueCertificate({
    ...common,
    commonName: 'localhost',
    issuer: ca,
    hosts: ['localhost', '127.0.0.1', '::1'],
    // Leshan wants one for both roles: it also begins handshakes.
    purposes: ['server', 'client'],
  })
  const files = [...certificateFiles('ca', ca), ...certificateFiles('server', server), ...(await rawKeyFiles('server'))]
  for (const { endpoint, file } of devices) {
    const device = await issueCertificate({ ...common, commonName: endpoint, issuer: ca, purposes: ['client'] })
    files.push(...certificateFiles(file, device), ...(await rawKeyFiles(file)))
  }
  return files
}

function certificateFiles(name: string, { der, privateKey }: TestCertificate): NewFile[] {
  return [
    { name: `${name}.pem`, text: writePem('CERTIFICATE', der), isSecret: false },
    { name: `${name}.key`, text: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), isSecret: true },
  ]
}

async function rawKeyFiles(name: string): Promise<NewFile[]> {
  const { publicKey, privateKey } = exportTestKeys(await generateTestKeys())
  return [
    { name: `${name}-rpk.pub`, text: writePem('PUBLIC KEY', publicKey), isSecret: false },
    { name: `${name}-rpk.key`, text: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), isSecret: true },
  ]
}

/** Writes all of the files or none, over no other. Resolves with why not. */
async function writeAll(directory: string, files: readonly NewFile[]): Promise<string | undefined> {
  const made: string[] = []
  const written: string[] = []
  let path = directory
  try {
    await makeDirectory(directory, made)
    for (const { name, text, isSecret } of files) {
      path = join(directory, name)
      const file = await open(path, 'wx', isSecret ? 0o600 : 0o644)
      written.push(path)
      await file.writeFile(text).finally(() => file.close())
    }
    return undefined
  } catch (error) {
    for (const file of written) await rm(file, { force: true })
    // What somebody else has put there meanwhile stays.
    for (const empty of made.reverse()) await rmdir(empty).catch(() => {})
    return `${shownName(path)}: ${describeSystemError(error)}`
  }
}

/**
 * Makes a directory and those above it, and tells `made` which. `mkdir` of Node with `recursive` never comes back from a
 * directory that lets nothing be made in it and says ENOENT: /proc, or one of an automounter.
 */
async function makeDirectory(path: string, made: string[]): Promise<void> {
  const parent = dirname(path)
  if (parent !== path) await makeDirectory(parent, made)
  if (await isDirectory(path)) return
  await mkdir(path)
  made.push(path)
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false
    throw error
  }
}

function commands(directory: string, devices: readonly Device[]): string[] {
  const at = (name: string) => quoted(join(directory, name))
  const device = ({ endpoint }: Device) => `lwm2m client --server coaps://localhost --endpoint ${quoted(endpoint)}`
  return [
    '',
    '# certificates',
    `lwm2m server --listen 5684 --cert ${at('server.pem')} --key ${at('server.key')} --ca ${at('ca.pem')}`,
    ...devices.map(
      one =>
        `${device(one)} --cert ${at(`${one.file}.pem`)} --key ${at(`${one.file}.key`)}` +
        ` --server-cert ${at('ca.pem')} --usage 2`,
    ),
    '',
    '# raw public keys',
    `lwm2m server --listen 5684 --rpk-key ${at('server-rpk.key')} ` +
      devices.map(({ file }) => `--rpk-peer ${at(`${file}-rpk.pub`)}`).join(' '),
    ...devices.map(one => `${device(one)} --rpk-key ${at(`${one.file}-rpk.key`)} --rpk-peer ${at('server-rpk.pub')}`),
  ]
}

/** As a shell reads it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}
