import { bool, float, int, oneOf, text } from '../../line/argument-types.ts'
import type { ShellContext } from '../context.ts'
import { command, optional, required } from '../define.ts'
import { checkPort, type ListenRequest, listenOptions } from '../listening.ts'
import { interruptible, milliseconds, sleep } from '../waiting.ts'

const anything = oneOf('event', new Map([['registered', 'registered']] as const))

/** Who is at the other end, and waiting for it. */
export const sessionCommands = [
  command('connect', {
    help: 'Talks with one address from now on, over UDP and without security; from the port bind if one is given.',
    example: 'connect 127.0.0.1 5683',
    parameters: { host: optional(text, '127.0.0.1'), port: optional(int, 5683), bind: optional(int, 0) },
    async run({ host, port, bind }, { console, print }) {
      await console.connect(host, checkPort('port', port), checkPort('bind', bind))
      print(`new remote endpoint: ${host}:${port}`)
    },
  }),
  command('listen', {
    help:
      'Waits on a port until a client talks, answers its first message, and talks with nobody else. With an identity and a\n' +
      'key it speaks DTLS with a pre-shared key, with certificates, in PEM or DER, DTLS with those; with tcp=1 it speaks TCP\n' +
      'or TLS. The Connection IDs of DTLS get as long as connection_id. What is not given is as at the start of the shell.',
    example: 'listen 5684 psk_identity=user psk_key=password',
    parameters: {
      port: optional(int),
      psk_identity: optional(text),
      psk_key: optional(text),
      ca_path: optional(text),
      ca_file: optional(text),
      crt_file: optional(text),
      key_file: optional(text),
      ipv6: optional(bool),
      tcp: optional(bool),
      debug: optional(bool),
      connection_id: optional(text, ''),
    },
    run: (request, context) => interruptible(context.signal, () => listen(request, context)),
  }),
  command('recv', {
    help: 'Waits for one message, and answers it where that is done automatically. Without a time, 15 s where it listens.',
    example: 'recv 5',
    parameters: { timeout_s: optional(float) },
    async run({ timeout_s: seconds }, { console, signal }) {
      await console.receive(seconds === undefined ? undefined : milliseconds(seconds), signal)
    },
  }),
  command('sleep', {
    help: 'Waits for so many seconds; what comes meanwhile is received later.',
    example: 'sleep 0.5',
    parameters: { timeout_s: required(float) },
    run: ({ timeout_s: seconds }, { world, signal }) => sleep(milliseconds(seconds), world.clock, signal),
  }),
  command('unconnect', {
    help: 'Lets go of the client, so that the next one that talks takes its place.',
    example: 'unconnect',
    run: (_, { console }) => console.unconnect(),
  }),
  command('wait', {
    help: 'Receives until a client is registered, or fails after so many seconds.',
    example: 'wait registered 30',
    isExtra: true,
    parameters: { event: required(anything), timeout_s: optional(float) },
    async run({ timeout_s: seconds }, { console, print, signal }) {
      const timeoutMs = seconds === undefined ? undefined : milliseconds(seconds)
      print(`registered: ${await console.waitRegistered({ timeoutMs, signal })}`)
    },
  }),
]

/** What `listen` does, with its arguments or with none at the start of the shell. */
export async function listen(
  request: ListenRequest,
  { console, debug, defaults, print, showClient, signal }: ShellContext,
): Promise<void> {
  debug(request.debug ?? defaults.debug)
  try {
    await console.listen(await listenOptions(request, defaults), signal)
    showClient()
  } catch (error) {
    // Scripts know this message with and without what the shell adds to an error.
    if (error instanceof Error && !signal.aborted) print(error.message)
    throw error
  }
}
