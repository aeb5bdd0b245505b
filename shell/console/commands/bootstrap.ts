import { type BootstrapAccount, bootstrapMessages, bootstrapPack } from '../../../server/console/bootstrap-messages.ts'
import { ConsoleError } from '../../../server/console/console-error.ts'
import { DocumentError, readDocument } from '../../document.ts'
import { bool, bytes, int, text } from '../../line/argument-types.ts'
import { list } from '../../line/collection-types.ts'
import { securityMode } from '../../line/message-types.ts'
import { command, optional, required, type Slot } from '../define.ts'
import { messageCommand, sendMessage } from '../message-command.ts'

/** Of the account that a client is given, in the order of their places. */
const account = {
  uri: required(text),
  security_mode: optional(securityMode),
  psk_identity: optional(bytes),
  psk_key: optional(bytes),
  client_cert_path: optional(text),
  client_private_key_path: optional(text),
  server_cert_path: optional(text),
  ssid: optional(int, 1),
  is_bootstrap: optional(bool, false),
  lifetime: optional(int, 86_400),
  notification_storing: optional(bool, false),
  binding: optional(text, 'U'),
  iid: optional(int, 1),
}
const cipherSuites = { tls_ciphersuites: optional(list(int), []) }

type Given<S> = { readonly [K in keyof S]: S[K] extends Slot<infer T> ? T : never }

/** What a Bootstrap-Server does (LwM2M Core 1.2.2 §6.1). */
export const bootstrapCommands = [
  command('bootstrap', {
    help:
      'Gives the client the account of a server: writes an instance of Security and one of Server, and finishes the\n' +
      'bootstrap unless finish=0. Without a mode, coap: is for no security and coaps: for a pre-shared key.\n' +
      'Certificates and keys are files in DER.',
    example: 'bootstrap coaps://127.0.0.1:9500 psk_identity=user psk_key=password',
    parameters: { ...account, finish: optional(bool, true), ...cipherSuites },
    async run({ finish, ...given }, context) {
      const messages = bootstrapMessages(await readAccount(given), finish)
      for (const message of messages) await sendMessage(message, context)
    },
  }),
  messageCommand({
    name: 'bootstrap_finish',
    className: 'Lwm2mBootstrapFinish',
    help: 'Sends a Bootstrap-Finish: the client has all that it needs.',
    example: 'bootstrap_finish',
  }),
  command('bootstrap_pack', {
    help:
      'Answers the Bootstrap-Pack-Request that was received last with the account of a server, given as for bootstrap.\n' +
      'set auto_bspack_error=0 leaves such a request to this command.',
    example: 'bootstrap_pack coap://127.0.0.1:9500',
    parameters: { ...account, ...cipherSuites },
    async run(given, context) {
      const request = context.console.bootstrapPackRequest
      if (request === undefined) return context.print('Skipping - no BootstrapPackRequest is cached.')
      await sendMessage(bootstrapPack(await readAccount(given), request), context)
    },
  }),
]

async function readAccount(given: Given<typeof account & typeof cipherSuites>): Promise<BootstrapAccount> {
  return {
    uri: given.uri,
    securityMode: given.security_mode,
    pskIdentity: given.psk_identity,
    pskKey: given.psk_key,
    clientCertificate: await readFile('client_cert_path', given.client_cert_path),
    clientPrivateKey: await readFile('client_private_key_path', given.client_private_key_path),
    serverCertificate: await readFile('server_cert_path', given.server_cert_path),
    shortServerId: given.ssid,
    isBootstrap: given.is_bootstrap,
    lifetimeSeconds: given.lifetime,
    notificationStoring: given.notification_storing,
    binding: given.binding,
    instanceId: given.iid,
    cipherSuites: given.tls_ciphersuites,
  }
}

/** No certificate is longer, and no message could carry it. */
const longestFile = 65_536

async function readFile(argument: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined
  try {
    return await readDocument(file, longestFile)
  } catch (cause) {
    if (!(cause instanceof DocumentError)) throw cause
    throw new ConsoleError(`${argument}: ${file}: ${cause.message}`, { cause })
  }
}
