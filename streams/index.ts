export type { NotificationAttributes } from '../objects/attributes/evaluate.ts'
export { type ChangeSource, changes$ } from './changes.ts'
export {
  type NotificationCause,
  type NotifyAttributesOptions,
  notifyAttributes,
  type ReportingState,
} from './notify-attributes.ts'
export { type ObservationOptions, observation } from './observation.ts'
export { PathRouter } from './route.ts'
export { clockScheduler } from './scheduler.ts'
export { type Sender, type SendResult, sendTo } from './send.ts'
export { type SinkOptions, sink } from './sink.ts'
export { type ValueOptions, type ValueSource, value$ } from './value.ts'
