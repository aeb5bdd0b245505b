import { closeSync, openSync, writeSync } from 'node:fs'
import type { Command } from 'commander'
import { describeSystemError } from '../client/file-system.ts'
import { OptionsError } from '../client/options-error.ts'
import type { Network } from '../transport/connection.ts'
import { recordedNetwork } from '../transport/pcap.ts'
import { shownName } from './document.ts'
import type { Environment } from './environment.ts'

/** Files for Wireshark. */
export interface RecordingArguments {
  /** Of the secrets of DTLS sessions, an NSS key log. */
  readonly keylog?: string
  /** Of all datagrams. */
  readonly pcap?: string
}

/** What a command uses while it records. */
export interface Recording {
  readonly network: Network
  readonly keyLog?: (line: string) => void
  /** No more is written. */
  close(): void
}

/** Adds the options of {@link RecordingArguments}. */
export function addRecordingOptions(command: Command): Command {
  return command
    .option(
      '--keylog <file>',
      'append the secrets of each DTLS or TLS session, for Wireshark; whoever has them can read it',
    )
    .option('--pcap <file>', 'write all that is sent and received to a file for Wireshark, TLS as plain text')
}

/** Begins to record what was asked for, and warns of it. Throws OptionsError for a file that cannot be written. */
export function startRecording({ keylog, pcap }: RecordingArguments, environment: Environment): Recording {
  const { network, clock, printError } = environment
  const files: SecretFile[] = []
  const open = (path: string, flag: 'a' | 'w') => {
    const file = new SecretFile(path, flag, printError)
    files.push(file)
    return file
  }
  const keys = keylog === undefined ? undefined : open(keylog, 'a')
  const datagrams = pcap === undefined ? undefined : open(pcap, 'w')
  if (keylog !== undefined) printError(`warning: --keylog writes the secrets of each DTLS session to ${keylog}`)
  if (pcap !== undefined) printError(`warning: --pcap writes all that is sent and received to ${pcap}`)
  return {
    network: datagrams === undefined ? network : recordedNetwork(network, bytes => datagrams.write(bytes), clock),
    ...(keys && { keyLog: (line: string) => keys.write(Buffer.from(`${line}\n`)) }),
    close: () => {
      for (const file of files) file.close()
    },
  }
}

/** A file that only its owner may read. A disk that is full ends the recording, and not the command. */
class SecretFile {
  readonly #path: string
  readonly #printError: (line: string) => void
  #descriptor: number | undefined

  constructor(path: string, flag: 'a' | 'w', printError: (line: string) => void) {
    this.#path = path
    this.#printError = printError
    try {
      this.#descriptor = openSync(path, flag, 0o600)
    } catch (error) {
      throw new OptionsError(`${shownName(path)} cannot be written: ${describeSystemError(error)}`)
    }
  }

  write(bytes: Uint8Array): void {
    if (this.#descriptor === undefined) return
    try {
      writeSync(this.#descriptor, bytes)
    } catch (error) {
      this.#printError(`error: ${this.#path} is not written any more: ${describeSystemError(error)}`)
      this.close()
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
