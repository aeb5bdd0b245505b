import { basename } from 'node:path'
import { describeSystemError } from '../../../client/file-system.ts'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { consoleFailure } from '../../../server/console/console-failure.ts'
import {
  type FileProgress,
  FileServer,
  type FileServerListener,
  type FileServerOptions,
} from '../../../server/file-server.ts'
import { Code } from '../../../transport/coap/message.ts'
import { TransportError } from '../../../transport/errors.ts'
import { formatAddress } from '../../../transport/uri.ts'
import { bool, float, int, text } from '../../line/argument-types.ts'
import { contentFormat } from '../../line/message-types.ts'
import type { Progress } from '../../terminal/progress.ts'
import type { ShellContext } from '../context.ts'
import { command, optional, required } from '../define.ts'
import { anyHost, checkPort, requestedSecurity } from '../listening.ts'
import { aborted, interruptible, milliseconds } from '../waiting.ts'

const octetStream = 42

/** Files that go to a client, or are fetched by it. */
export const transferCommands = [
  command('file_server', {
    help:
      'Serves the files of a folder, and nothing outside of it, to whoever asks, until Ctrl-C. Port and security are as for\n' +
      'listen, the port 5683, or 5684 with security.',
    example: 'file_server . 9000',
    parameters: {
      root_directory: optional(text, '.'),
      port: optional(int),
      psk_identity: optional(text),
      psk_key: optional(text),
      ca_path: optional(text),
      ca_file: optional(text),
      crt_file: optional(text),
      key_file: optional(text),
      ipv6: optional(bool, false),
      debug: optional(bool, false),
    },
    run: (request, context) =>
      interruptible(context.signal, async () => {
        const { root_directory: folder, port, ipv6, debug } = request
        context.debug(debug)
        const security = await requestedSecurity(request)
        await serve(
          {
            folder,
            host: anyHost(ipv6),
            ...(port !== undefined && { port: checkPort('port', port) }),
            ...(security && { security }),
          },
          context,
        )
      }),
  }),
  command('write_file', {
    help:
      'Writes a file into a resource of the client, in blocks of chunksize bytes: 16, 32, 64 and so on up to 1024.\n' +
      'It goes on for as long as each block is answered within timeout_s.',
    example: 'write_file firmware.bin /5/0/0',
    parameters: {
      fname: required(text),
      path: required(text),
      format: optional(contentFormat('ContentFormatOption'), octetStream),
      chunksize: optional(int, 1024),
      timeout_s: optional(float, 3),
    },
    async run({ fname: fileName, path, format, chunksize: blockBytes, timeout_s: seconds }, context) {
      const { console, signal, fail } = context
      const progress = context.progress(basename(fileName))
      try {
        const { answer } = await console.writeFile(
          { fileName, path, contentFormat: format, blockBytes, timeoutMs: milliseconds(seconds) },
          ({ writtenBytes, totalBytes }) => progress.update(writtenBytes, totalBytes),
          signal,
        )
        if (answer?.code !== Code.changed) fail()
      } finally {
        progress.end()
      }
    },
  }),
]

async function serve(
  options: FileServerOptions,
  { world, output, signal, progress, tellFailure }: ShellContext,
): Promise<void> {
  let bar: Progress | undefined
  let barLabel = ''
  const showProgress = ({ client, path, sentBytes, totalBytes }: FileProgress) => {
    const label = `${path} to ${formatAddress(client)}`
    if (label !== barLabel) bar?.end()
    if (label !== barLabel || bar === undefined) bar = progress(label)
    barLabel = label
    bar.update(sentBytes, totalBytes)
  }
  const server = await open(
    { ...options, ...world },
    {
      received: packet => output.received({ kind: 'message', packet, bytes: Buffer.alloc(0) }, 'plain'),
      sent: packet => output.sent(packet, 'plain'),
      progress: showProgress,
      failed: error => tellFailure(error instanceof Error ? error : new ConsoleError(String(error))),
    },
  )
  try {
    output.text(`Serving directory ${server.folder} on port ${server.local?.port}...`)
    output.text('Press CTRL-C to stop')
    await aborted(signal)
  } finally {
    bar?.end()
    await server.close()
  }
}

async function open(options: FileServerOptions, listener: FileServerListener): Promise<FileServer> {
  try {
    return await FileServer.listen(options, listener)
  } catch (error) {
    if (error instanceof TransportError) throw consoleFailure(error)
    throw new ConsoleError(`root_directory: ${options.folder}: ${describeSystemError(error)}`, { cause: error })
  }
}
