export type { ClientEvent } from '../machines/events.ts'
export { Lwm2mClient } from './client.ts'
export { type ClientOptions, OptionsError, type ServerOptions } from './options.ts'
