export { type SecurityMode, type ServerAccount, serverAccounts } from './account.ts'
export {
  type AttributeName,
  type AttributePatch,
  type Attributes,
  parseAttributes,
} from './attributes/attributes.ts'
export { AttributeTree, type SavedAttributes } from './attributes/tree.ts'
export type { Content } from './content.ts'
export {
  defineObject,
  type ExecutableName,
  type InstanceValues,
  type ObjectDefinition,
  type Operations,
  type ResourceContent,
  type ResourceDefinition,
} from './definition.ts'
export { device } from './definitions/device.ts'
export { security } from './definitions/security.ts'
export { server } from './definitions/server.ts'
export { temperature } from './definitions/temperature.ts'
export {
  FormatError,
  OperationError,
  type OperationErrorCode,
  PathError,
  ResponseCode,
  ValueError,
} from './errors.ts'
export { ContentFormat, type DataFormat, type Schema } from './formats/format.ts'
export { formatOf } from './formats/formats.ts'
export { type Link, type LinkAttributes, parseLinks } from './formats/link-format.ts'
export type { ExecuteArguments, ResourceHandlers } from './handlers.ts'
export { ObjectInstanceHandle } from './instance.ts'
export { registrationLinks } from './links.ts'
export { ObjectsApi, type WriteHandlers } from './objects.ts'
export type { Operation, OperationContext, OperationKind, OperationOf, Outcome } from './operations/operation.ts'
export { perform } from './operations/perform.ts'
export { readValues } from './operations/read.ts'
export { formatPath, type Path, parsePath } from './path.ts'
export type { PathValue } from './path-value.ts'
export { type Change, ObjectStore, type Origin } from './store.ts'
export type { ObjectLink, ResourceType, Value, ValueOf } from './value.ts'
