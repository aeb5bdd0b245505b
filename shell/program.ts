import { Command, CommanderError, Option } from 'commander'
import { OptionsError } from '../client/options-error.ts'
import { TransportError } from '../transport/errors.ts'
import {
  checkServerUri,
  parseAttempts,
  parseDeviceCount,
  parseLifetimeSeconds,
  parseListen,
  parseRestartSeconds,
  parseSeconds,
  parseShard,
  parseShortServerId,
  parseVersions,
} from './arguments.ts'
import { runBootstrapServer } from './bootstrap.ts'
import { runCerts } from './certs.ts'
import { type ClientArguments, runClient } from './client.ts'
import { addShellOptions, runShell, type ShellArguments } from './console/shell-command.ts'
import { runDdf } from './ddf.ts'
import type { Environment } from './environment.ts'
import { type FleetArguments, runFleet } from './fleet.ts'
import { type GetArguments, runGet } from './get.ts'
import { addRecordingOptions } from './recording.ts'
import { addClientSecurityOptions, addConnectionIdOption, addMasterKeyOptions, addSecurityOptions } from './security.ts'
import { runServer, type ServerArguments } from './server.ts'
import { runStatecharts, type StatechartsArguments } from './statecharts.ts'
import { packageVersion } from './version.ts'

/** Runs the `lwm2m` command line, without the names of program and script. Resolves with the exit code. */
export async function run(args: readonly string[], environment: Environment): Promise<number> {
  let exitCode = 0
  const program = new Command('lwm2m')
    .description('LwM2M devices and servers on the command line')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: text => environment.print(text.trimEnd()),
      // What may have been meant stands on a line of its own.
      writeErr: text => environment.printError(text.trimEnd().replace('\n(', ' (')),
    })
  // Last, so that the help begins with what a command is about.
  const withNetwork = (command: Command) => addRecordingOptions(addSecurityOptions(command))
  const clientCommand = program
    .command('client')
    .description(
      'run a simulated device, with a shell on a terminal or for commands from a pipe; Ctrl-D or Ctrl-C de-registers it',
    )
    .option(
      '--server <uri>',
      'server to register with, coap://HOST[:PORT], coaps://, coap+tcp:// or coaps+tcp://',
      checkServerUri,
    )
    .option(
      '--bootstrap <uri>',
      'bootstrap server that knows the server, with a URI like that of --server',
      checkServerUri,
    )
    .option('--endpoint <name>', 'endpoint client name, for example urn:dev:os:1')
    .option('--objects <file>', 'objects, values and how they change, JSON as docs/device-file.md has it')
    .option(
      '--lifetime <seconds>',
      'lifetime to register with at --server, 0 is for ever (default: 300)',
      parseLifetimeSeconds,
    )
    .option('--short-server-id <id>', 'Short Server ID of --server (default: 1)', parseShortServerId)
    .option('--lwm2m <versions>', 'versions to register as, in this order (default: 1.2,1.1,1.0)', parseVersions)
    .option('--queue-mode', 'sleep between exchanges')
    .option('--state <file>', 'keep the registration and what servers have set over a restart')
    .option('--restart-after <seconds>', 'start again after giving up (default: exit with 1)', parseRestartSeconds)
    .option('--once', 'exit with 1 after the first attempt that fails')
    .option('--json', 'print one JSON object for each event and each answer')
    .option('--inspect [url]', 'show the statecharts in the Stately inspector, by default at ws://localhost:8080')
  addClientSecurityOptions(withNetwork(clientCommand))
    .addHelpText('after', clientExamples)
    .action(async (options: ClientArguments) => {
      exitCode = await runClient(options, environment)
    })
  const serverCommand = program
    .command('server')
    .description('register clients and log what happens until Ctrl-C')
    .option(
      '--listen <port|uri>',
      'UDP port, 0 for any free one; or coap://HOST[:PORT], coaps://, coap+tcp:// or coaps+tcp://; twice for UDP and TCP (default: 5683, with keys 5684)',
      parseListen,
    )
    .option('--host <address>', 'address to listen on with a port (default: 0.0.0.0)')
    .addOption(
      new Option('--max-clients <count>', 'clients registered at once, more are refused (default: 10000)')
        .argParser(parseDeviceCount)
        .conflicts('bootstrap'),
    )
    .option('--bootstrap <file>', 'be a bootstrap server instead, which gives clients what this JSON file says')
  addMasterKeyOptions(withNetwork(serverCommand))
    .addHelpText('after', serverExamples)
    .action(async ({ bootstrap: file, ...options }: ServerArguments & { readonly bootstrap?: string }) => {
      exitCode = await (file === undefined
        ? runServer(options, environment)
        : runBootstrapServer({ ...options, file }, environment))
    })
  const fleetCommand = program
    .command('fleet')
    .description('run many simulated devices, and tell what happened to them; Ctrl-C de-registers all')
    .requiredOption(
      '--server <uri>',
      'server to register with, coap://HOST[:PORT], coaps://, coap+tcp:// or coaps+tcp://',
      checkServerUri,
    )
    .requiredOption('--count <devices>', 'devices, over all processes that share the fleet', parseDeviceCount)
    .option('--shard <i/n>', 'run the I-th of N shares of the fleet, the others in other processes', parseShard)
    .option('--endpoint-prefix <text>', 'endpoint client names without the index', 'urn:dev:os:fleet-')
    .option('--objects <file>', 'objects, values and how they change, JSON as docs/device-file.md has it')
    .option(
      '--start-over <seconds>',
      'start one after another over this time (default: 200 devices a second)',
      parseSeconds,
    )
    .option('--duration <seconds>', 'end after this time; exit with 1 unless all are registered then', parseSeconds)
    .option('--lifetime <seconds>', 'lifetime to register with, 0 is for ever (default: 300)', parseLifetimeSeconds)
    .option('--lwm2m <versions>', 'versions to register as, in this order (default: 1.2,1.1,1.0)', parseVersions)
    .option('--queue-mode', 'sleep between exchanges')
    .option('--json', 'print one JSON object for each line')
  addConnectionIdOption(addMasterKeyOptions(fleetCommand))
    .addHelpText('after', fleetExamples)
    .action(async (options: FleetArguments) => {
      exitCode = await runFleet(options, environment)
    })
  addShellOptions(program.command('shell')).action(async (options: ShellArguments) => {
    exitCode = await runShell(options, environment)
  })
  const getCommand = program
    .command('get')
    .description('download what is at a URI, to the standard output or into a file')
    .argument('<uri>', 'coap://HOST[:PORT]/PATH, coaps://, coap+tcp://, coaps+tcp://, http:// or https://')
    .option('--output <file>', 'file to write; until all of it is there it is called FILE.part')
    .option('--attempts <count>', 'how often in a row to try again when it breaks (default: 5)', parseAttempts)
    .option('--continue', 'go on with the FILE.part that an earlier download has left')
  addClientSecurityOptions(withNetwork(getCommand))
    .addHelpText('after', getExamples)
    .action(async (uri: string, options: Omit<GetArguments, 'uri'>) => {
      exitCode = await runGet({ uri, ...options }, environment)
    })
  program
    .command('ddf')
    .description('print the objects of an OMA definition file as TypeScript')
    .argument('<file>', 'object definition file, XML')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExample:\n  lwm2m ddf 3303.xml > temperature.ts')
    .action(async (file: string, options: { readonly json?: true }) => {
      exitCode = await runDdf({ file, ...options }, environment)
    })
  program
    .command('certs')
    .description('make certificates and raw keys for tests: of a CA, of a server and of devices')
    .argument('<directory>', 'where to write them; no file there is overwritten')
    .option('--endpoint <names...>', 'endpoint client names of the devices', ['urn:dev:os:1'])
    .addHelpText('after', '\nExample:\n  lwm2m certs certs --endpoint urn:dev:os:1 urn:dev:os:2')
    .action(async (directory: string, { endpoint }: { readonly endpoint: readonly string[] }) => {
      exitCode = await runCerts({ directory, endpoint }, environment)
    })
  program
    .command('statecharts')
    .description('list the statecharts of the client, or print one')
    .argument('[name]', 'statechart to print')
    .addOption(new Option('--json', 'print it as JSON, for example for the editor of Stately').conflicts('mermaid'))
    .option('--mermaid', 'print it as a Mermaid diagram; the default')
    .addHelpText('after', '\nExample:\n  lwm2m statecharts account')
    .action((name: string | undefined, options: Omit<StatechartsArguments, 'name'>) => {
      exitCode = runStatecharts({ name, ...options }, environment)
    })
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    // Commander has written its line, or the help, already.
    if (error instanceof CommanderError) return error.exitCode
    if (!(error instanceof TransportError || error instanceof OptionsError)) throw error
    environment.printError(`error: ${error.message}`)
    return 1
  }
  return exitCode
}

const clientExamples = `
With --server, or --bootstrap, and --endpoint the device starts at once, otherwise with the command "start"; "help" lists the
commands. Without input, as in "< /dev/null", it runs until it is interrupted.

Examples:
  lwm2m client --server coap://127.0.0.1 --endpoint urn:dev:os:1
  lwm2m client --server coap://127.0.0.1 --endpoint urn:dev:os:1 --objects device.json < /dev/null &
  echo 'wait registered; send /3303/0' | tr ';' '\\n' | lwm2m client --server coap://127.0.0.1 --endpoint urn:dev:os:1`

const getExamples = `
Examples:
  lwm2m get coap://127.0.0.1:5685/firmware.bin
  lwm2m get coap+tcp://127.0.0.1:5685/firmware.bin --output firmware.bin --continue
  lwm2m get https://localhost/firmware.bin --ca ca.pem --output firmware.bin`
const fleetExamples = `
Endpoint names, keys and values derive from the index of a device alone: N processes, on one machine or on several, need no
more than --shard. The key of a device derives from the master key by its endpoint name, which is its identity.

Examples:
  lwm2m fleet --server coap://127.0.0.1 --count 1000
  lwm2m fleet --server coap://10.0.0.2 --count 20000 --shard 1/4 --start-over 120 --duration 3600
  lwm2m fleet --server coaps://127.0.0.1 --count 100 --psk-master-key-file master.hex`

const serverExamples = `
Examples:
  lwm2m server --listen 5683
  lwm2m server --listen coap+tcp://127.0.0.1:5683
  lwm2m server --listen coap://0.0.0.0 --listen coap+tcp://0.0.0.0
  lwm2m server --listen coaps+tcp://0.0.0.0:5684 --psk-identity me --psk-key-file key.hex
  lwm2m server --listen coaps://0.0.0.0 --psk-master-key-file master.hex`
