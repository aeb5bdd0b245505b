export type { BootstrapAccount } from './bootstrap-account.ts'
export {
  type BootstrapConfig,
  type BootstrapWrite,
  type ClientBootstrap,
  parseBootstrapConfig,
} from './bootstrap-config.ts'
export { type BootstrapEvent, Lwm2mBootstrapServer } from './bootstrap-server.ts'
export type { PerformedOperation } from './bootstrap-session.ts'
export type { ClientTrust, RawKeyLookup } from './client-verification.ts'
export { AutomaticReplies, type ReplyFlags } from './console/automatic-replies.ts'
export {
  type BootstrapAccount as ConsoleBootstrapAccount,
  bootstrapMessages,
  bootstrapPack,
} from './console/bootstrap-messages.ts'
export * as consoleClientRequests from './console/client-requests.ts'
export { ServerConsole } from './console/console.ts'
export { ConsoleError } from './console/console-error.ts'
export type {
  ConsoleListener,
  ConsoleOptions,
  ConsoleSendOptions,
  ConsoleWaitOptions,
} from './console/console-options.ts'
export { details } from './console/details.ts'
export { type Expected, parseExpected } from './console/message-expression.ts'
export { type HistoryEntry, MessageHistory } from './console/message-history.ts'
export { type MessageKind, messageKind } from './console/message-kind.ts'
export * as consoleObservationRequests from './console/observation-requests.ts'
export { PayloadBuffer } from './console/payload-buffer.ts'
export * as consoleRequests from './console/requests.ts'
export * as consoleResponses from './console/responses.ts'
export type { ConsoleListenOptions } from './console/session-opening.ts'
export { summarize } from './console/summary.ts'
export { ANY, type Any, type MessageTemplate } from './console/template.ts'
export type { FileWrite, FileWriteProgress, FileWriteResult } from './console/write-file.ts'
export { BootstrapConfigError, RequestError, type RequestErrorCode } from './errors.ts'
export { type FileProgress, FileServer, type FileServerListener, type FileServerOptions } from './file-server.ts'
export type { CancelMode } from './observations.ts'
export type {
  BootstrapListenOptions,
  CompositeOptions,
  DiscoverOptions,
  EndpointOptions,
  ListenOptions,
  ObserveOptions,
  PayloadOptions,
  ReadOptions,
  WriteOptions,
} from './options.ts'
export type { Place, Transport } from './place.ts'
export type { Refusal } from './refusal.ts'
export type { Registration, RegistrationEvent } from './registrations.ts'
export type { DiscoverResult, OperationResult, ReadResult } from './results.ts'
export type { ServerCertificate, ServerKeyPair, ServerSecurity } from './security.ts'
export type { ReceivedSend } from './sends.ts'
export { Lwm2mServer } from './server.ts'
