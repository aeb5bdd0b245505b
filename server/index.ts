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
export { BootstrapConfigError, RequestError, type RequestErrorCode } from './errors.ts'
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
