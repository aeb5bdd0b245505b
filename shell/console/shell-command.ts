import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Command } from 'commander'
import { parsePort } from '../arguments.ts'
import { DocumentError, readDocument, shownName } from '../document.ts'
import type { Environment } from '../environment.ts'
import { maximumScriptLength } from '../line/script.ts'
import type { LineReader } from '../terminal/line-reader.ts'
import { openLineReader } from '../terminal/open-line-reader.ts'
import { PlainReader } from '../terminal/plain-reader.ts'
import { readLines } from '../terminal/read-lines.ts'
import { packageVersion } from '../version.ts'
import { JsonOutput, TextOutput } from './output.ts'
import { type ShellStart, TestingShell } from './testing-shell.ts'

export interface ShellArguments {
  /** Port to listen on before anything is read; `true`: the usual one. */
  readonly listen?: number | true
  readonly ipv6?: true
  readonly tcp?: true
  /** Text, not hexadecimal, as the key. */
  readonly pskIdentity?: string
  readonly pskKey?: string
  readonly debug?: true
  /** File of command lines to run in place of those that are typed. */
  readonly script?: string
  /** Whether the exit code tells of failures also without a script. */
  readonly strict?: true
  readonly json?: true
}

/** Adds the options of {@link ShellArguments}. */
export function addShellOptions(command: Command): Command {
  return command
    .description('type the messages of a server by hand, or run a script of them')
    .option('-l, --listen [port]', 'wait for a client first, on this port (default: 5683, with a key 5684)', parsePort)
    .option('-6, --ipv6', 'listen on IPv6')
    .option('-t, --tcp', 'listen on TCP')
    .option('-i, --psk-identity <identity>', 'identity of the pre-shared key of clients, as text')
    .option('-k, --psk-key <key>', 'the key, as text; other users of the machine may see it')
    .option('--debug', 'tell of failures, such as those of handshakes, what has caused them')
    .option(
      '--script <file>',
      'run the commands in a file; exit with 1 where one failed, or a message was not as expected',
    )
    .option('--strict', 'the same exit code for commands from a pipe')
    .option('--json', 'print an object of JSON for each event')
    .addHelpText('after', examples)
}

const examples = `
Examples:
  lwm2m shell --listen 5683
  lwm2m shell --listen --psk-identity user --psk-key password
  lwm2m shell --listen 5683 --script test.nsh
  lwm2m shell --listen 5683 --strict --json < test.nsh`

/**
 * `lwm2m shell`: runs commands until somebody leaves or the input ends. Resolves with the exit code: 1 for a script that
 * cannot be read, and where a script, or a strict run, had a command that failed or a message that was not as expected.
 */
export async function runShell(args: ShellArguments, environment: Environment): Promise<number> {
  const { script, json = false } = args
  let content: Buffer | undefined
  try {
    content = script === undefined ? undefined : await readDocument(script, maximumScriptLength)
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error
    environment.printError(`error: ${shownName(script ?? '')}: ${error.message}`)
    return 1
  }
  const reader: LineReader =
    content === undefined
      ? openReader(environment, () => shell)
      : new PlainReader(readLines(Readable.from([content])), environment.output)
  const print = (line: string) => reader.print(line)
  const output = json ? new JsonOutput(print) : new TextOutput(print, environment.colors)
  const shell = new TestingShell({
    world: environment,
    reader,
    output,
    defaults: {
      ipv6: args.ipv6 ?? false,
      tcp: args.tcp ?? false,
      pskIdentity: args.pskIdentity,
      pskKey: args.pskKey,
      debug: args.debug ?? false,
    },
    prompts: !json,
    echoes: content !== undefined && !json,
  })
  // A script was written for a world in which its commands are not interrupted; whoever feeds a pipe knows what it does.
  if (content === undefined) environment.onInterrupt(() => reader.interrupt())
  void environment.interrupted.then(() => reader.close())
  if (reader.isInteractive && !json) print(`lwm2m-engine ${packageVersion()}: "help" lists the commands, "exit" leaves`)
  const isOk = await shell.run(startOf(args))
  const exitCode = !isOk && (args.strict === true || content !== undefined) ? 1 : 0
  output.ended(exitCode)
  reader.close()
  return exitCode
}

function startOf({ listen }: ShellArguments): ShellStart {
  return listen === undefined ? { listens: false } : { listens: true, port: listen === true ? undefined : listen }
}

/** The shell is made after its reader; nobody completes a line before. */
function openReader(environment: Environment, shell: () => TestingShell): LineReader {
  const { input, output, colors, clock, historyFolder } = environment
  return openLineReader({
    input,
    output,
    colors,
    clock,
    ...(historyFolder !== undefined && { historyFile: join(historyFolder, '.lwm2m_shell_history') }),
    complete: (line, cursor) => shell().complete(line, cursor),
    holdsSecret: line => shell().holdsSecret(line),
  })
}
