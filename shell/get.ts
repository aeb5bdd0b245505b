import { once } from 'node:events'
import { basename } from 'node:path'
import { type DownloadBegin, type DownloadSettings, downloadTo } from '../client/download.ts'
import { DownloadError } from '../client/download-error.ts'
import { describeSystemError, errorCode } from '../client/file-system.ts'
import { OptionsError } from '../client/options-error.ts'
import { readCertificates } from '../transport/dtls/certificate/pem.ts'
import { deviceSecurity } from './client-security.ts'
import { readChecked } from './credentials.ts'
import { shownName } from './document.ts'
import type { Environment } from './environment.ts'
import { visible } from './line/visible.ts'
import { PartFile } from './part-file.ts'
import { type RecordingArguments, startRecording } from './recording.ts'
import { type ClientSecurityArguments, connectionIdOption } from './security.ts'
import { type Progress, ProgressBar, silence } from './terminal/progress.ts'

export interface GetArguments extends ClientSecurityArguments, RecordingArguments {
  readonly uri: string
  /** File to write; absent: the standard output. */
  readonly output?: string
  /** Whether to go on with what an earlier download has left. */
  readonly continue?: true
  /** Of a transfer that breaks, in a row. */
  readonly attempts?: number
}

/** Where the content goes. */
interface Target {
  readonly from?: PartFile['from']
  /** How much of it a later download can go on with. */
  readonly keptBytes?: number
  begin(begin: DownloadBegin): void | Promise<void>
  write(bytes: Uint8Array): void | Promise<void>
  finish(): Promise<void>
  close(): Promise<void>
}

/**
 * `lwm2m get`: downloads what is at a URI into a file, or to the standard output, where nothing else is written then. Resolves with
 * the exit code, 1 where not all of it is there. Rejects with OptionsError.
 */
export async function runGet(args: GetArguments, environment: Environment): Promise<number> {
  const { uri, output: name } = args
  if (args.continue === true && name === undefined) throw new OptionsError('--continue needs --output')
  const settings = await securitySettings(args)
  const recording = startRecording(args, environment)
  const { keyLog, network } = recording
  const { clock, random, printError, interrupted } = environment
  const controller = new AbortController()
  void interrupted.then(() => controller.abort())
  const progress = name === undefined ? silence : progressBar(name, environment)
  let target: Target | undefined
  try {
    const opened = await openTarget(args, environment)
    target = opened
    await downloadTo(uri, bytes => opened.write(bytes), {
      ...settings,
      dtls: { ...settings.dtls, ...(keyLog && { keyLog }) },
      network,
      clock,
      random,
      signal: controller.signal,
      ...(args.attempts !== undefined && { attempts: args.attempts }),
      onRetry: ({ error, delaySeconds }) => {
        progress.end()
        printError(`warning: ${error.message}; the next attempt is in ${Math.ceil(delaySeconds)} s`)
      },
      onBegin: begin => opened.begin(begin),
      onProgress: ({ bytes, totalBytes = 0 }) => progress.update(bytes, totalBytes),
      ...(opened.from && { from: opened.from }),
    })
    await opened.finish()
    return 0
  } catch (error) {
    const fault = faultOf(error, name)
    progress.end()
    const kept = target?.keptBytes ?? 0
    printError(`error: ${fault}${kept === 0 ? '' : `; --continue goes on after ${kept} bytes`}`)
    return 1
  } finally {
    progress.end()
    await target?.close().catch(() => {})
    recording.close()
  }
}

/** Throws what is no failure of a download or of a file. */
function faultOf(error: unknown, name = 'the standard output'): string {
  if (error instanceof DownloadError) return error.message
  if (errorCode(error) === '' || error instanceof OptionsError) throw error
  return `${shownName(name)}: ${describeSystemError(error)}`
}

/** Throws OptionsError. */
async function securitySettings(args: GetArguments): Promise<Pick<DownloadSettings, 'security' | 'dtls'>> {
  const scheme = /^([^:]*):/.exec(args.uri)?.[1]?.toLowerCase()
  if (scheme === 'https') return httpsSettings(args)
  const secured = await deviceSecurity(args)
  const isSecure = scheme === 'coaps' || scheme === 'coaps+tcp'
  if (secured === undefined) {
    if (isSecure) throw new OptionsError(`${scheme}:// needs --psk-identity, --cert or --rpk-key`)
    return {}
  }
  if (!isSecure) throw new OptionsError('credentials need a URI of coaps:// or coaps+tcp://')
  const { security, trustStore } = secured
  return { security, dtls: { trustStore, ...connectionIdOption(args) } }
}

/** Of a server of HTTP the certificate is verified, and nothing is shown to it. */
async function httpsSettings({ ca, ...others }: GetArguments): Promise<Pick<DownloadSettings, 'dtls'>> {
  if ((await deviceSecurity(others)) !== undefined) throw new OptionsError('https:// takes --ca only')
  if (ca === undefined) return {}
  const [bytes] = await readChecked(ca, content => readCertificates(content, ca))
  return { dtls: { trustStore: [bytes] } }
}

async function openTarget(
  { uri, output: name, continue: isContinued }: GetArguments,
  environment: Environment,
): Promise<Target> {
  if (name !== undefined) return PartFile.open(name, uri, isContinued === true)
  return standardOutput(environment)
}

/** Bytes as they are; on a terminal, which they must not command, text. */
function standardOutput({ output }: Environment): Target {
  const decoder = output.isTTY === true ? new TextDecoder() : undefined
  let last: string | Uint8Array = ''
  return {
    begin() {
      if (last !== '')
        throw new DownloadError('CHANGED', 'another version took its place; with --output it starts over')
    },
    async write(bytes) {
      last = decoder === undefined ? bytes : harmless(decoder.decode(bytes, { stream: true }))
      if (!output.write(last)) await once(output, 'drain')
    },
    async finish() {
      if (typeof last === 'string' && !last.endsWith('\n')) output.write('\n')
    },
    close: async () => {},
  }
}

function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, character => (/[\n\t]/.test(character) ? character : visible(character)))
}

const usualColumns = 80

function progressBar(name: string, { output }: Environment): Progress {
  if (output.isTTY !== true) return silence
  const draw = (line = '') => void output.write(`\r\u001b[K${line}`)
  return new ProgressBar(basename(name), () => output.columns || usualColumns, draw)
}
