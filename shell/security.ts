import { type Command, Option } from 'commander'
import { OptionsError } from '../client/options-error.ts'
import { psk } from '../client/psk.ts'
import type { PskCredentials } from '../transport/dtls/credentials.ts'
import { parseConnectionIdLength } from './arguments.ts'
import { DocumentError, readDocument } from './document.ts'

/** How a command speaks DTLS. */
export interface SecurityArguments {
  readonly pskIdentity?: string
  /** Hexadecimal, unchecked: what checks it must not show it. */
  readonly pskKey?: string
  /** File that holds it. */
  readonly pskKeyFile?: string
  /** Bytes of the own Connection ID; `true`: the default. */
  readonly cid?: number | true
}

/** Room for any number of sessions, and for none to be guessed. */
const defaultConnectionIdLength = 8

/** The option of either end; empty where the command has none. */
export function connectionIdOption({ cid }: SecurityArguments): { connectionIdLength?: number } {
  return cid === undefined ? {} : { connectionIdLength: cid === true ? defaultConnectionIdLength : cid }
}

/** Adds the options of {@link SecurityArguments}. */
export function addSecurityOptions(command: Command): Command {
  return command
    .option('--psk-identity <id>', 'identity of the pre-shared key, for coaps://')
    .addOption(
      new Option('--psk-key <hex>', 'the key, hexadecimal; other users of the machine may see it').conflicts(
        'pskKeyFile',
      ),
    )
    .option('--psk-key-file <file>', 'file that holds the key, hexadecimal')
    .addOption(
      new Option(
        '--cid [length]',
        'have a Connection ID of so many bytes, by default 8, for changes of address',
      ).argParser(parseConnectionIdLength),
    )
}

/** A key of 64 bytes and what a text editor may add. */
const longestFileBytes = 1_000

/** The credentials that a command was given; undefined: none. Rejects with OptionsError, which shows no key. */
export async function readCredentials(args: SecurityArguments): Promise<PskCredentials | undefined> {
  const { pskIdentity, pskKey, pskKeyFile, cid } = args
  if (pskIdentity === undefined) {
    if (pskKey !== undefined || pskKeyFile !== undefined) throw new OptionsError('a key needs --psk-identity')
    if (cid !== undefined) throw new OptionsError('--cid needs --psk-identity; there is no Connection ID without DTLS')
    return undefined
  }
  if (pskKey !== undefined) return psk(pskIdentity, parseKey(pskKey, '--psk-key'))
  if (pskKeyFile === undefined) throw new OptionsError('--psk-identity needs --psk-key or --psk-key-file')
  const text = await readKeyFile(pskKeyFile)
  return psk(pskIdentity, parseKey(text.trim(), pskKeyFile))
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return (await readDocument(file, longestFileBytes)).toString('latin1')
  } catch (error) {
    throw error instanceof DocumentError ? new OptionsError(`${file}: ${error.message}`) : error
  }
}

function parseKey(hex: string, source: string): Buffer {
  if (/^(?:[0-9a-fA-F]{2}){1,64}$/.test(hex)) return Buffer.from(hex, 'hex')
  throw new OptionsError(`${source} is no key: write 1 to 64 bytes as hexadecimal digits, two each`)
}
