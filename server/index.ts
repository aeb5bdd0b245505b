export { RequestError, type RequestErrorCode } from './errors.ts'
export type { CancelMode } from './observations.ts'
export type {
  CompositeOptions,
  DiscoverOptions,
  ListenOptions,
  ObserveOptions,
  PayloadOptions,
  ReadOptions,
  WriteOptions,
} from './options.ts'
export type { Registration, RegistrationEvent } from './registrations.ts'
export type { DiscoverResult, OperationResult, ReadResult } from './results.ts'
export { Lwm2mServer } from './server.ts'
