export { accessOf, may } from './access.ts'
export { type BootstrapAccount, type SecurityMode, type ServerAccount, serverAccounts } from './account.ts'
export {
  type AttributeName,
  type AttributePatch,
  type Attributes,
  parseAttributes,
} from './attributes/attributes.ts'
export { AttributeTree, type SavedAttributes } from './attributes/tree.ts'
export type { Content } from './content.ts'
export type { ContentSink } from './content-sink.ts'
export { type SecurityCredentials, securityCredentials } from './credentials.ts'
export { parseDdf } from './ddf.ts'
export {
  defineObject,
  type ExecutableName,
  type InstanceValues,
  type ObjectDefinition,
  type Operations,
  type ResourceContent,
  type ResourceDefinition,
} from './definition.ts'
export { accelerometer } from './definitions/accelerometer.ts'
export { accessControl, accessControl11 } from './definitions/access-control.ts'
export { battery } from './definitions/battery.ts'
export { binaryAppDataContainer } from './definitions/binary-app-data-container.ts'
export { builtInObject, builtInObjects } from './definitions/built-in.ts'
export { buzzer } from './definitions/buzzer.ts'
export {
  connectivityMonitoring,
  connectivityMonitoring10,
  connectivityMonitoring11,
  connectivityMonitoring13,
} from './definitions/connectivity-monitoring.ts'
export { connectivityStatistics } from './definitions/connectivity-statistics.ts'
export { current } from './definitions/current.ts'
export { device, device10, device12 } from './definitions/device.ts'
export { eventLog, eventLog20, eventLog21 } from './definitions/event-log.ts'
export { fillingLevel } from './definitions/filling-level.ts'
export { firmwareUpdate, firmwareUpdate11 } from './definitions/firmware-update.ts'
export { gateway } from './definitions/gateway.ts'
export { genericSensor } from './definitions/generic-sensor.ts'
export { humidity } from './definitions/humidity.ts'
export { lightControl } from './definitions/light-control.ts'
export { location } from './definitions/location.ts'
export { lpwanCommunication } from './definitions/lpwan-communication.ts'
export { magnetometer } from './definitions/magnetometer.ts'
export { onOffSwitch } from './definitions/on-off-switch.ts'
export { oscore, oscore11, oscore20 } from './definitions/oscore.ts'
export { portfolio } from './definitions/portfolio.ts'
export { pressure } from './definitions/pressure.ts'
export { pushButton } from './definitions/push-button.ts'
export { security, security10, security12 } from './definitions/security.ts'
export { server, server10, server12 } from './definitions/server.ts'
export { softwareManagement } from './definitions/software-management.ts'
export { temperature } from './definitions/temperature.ts'
export { testObject } from './definitions/test-object.ts'
export { time } from './definitions/time.ts'
export { timer } from './definitions/timer.ts'
export { voltage } from './definitions/voltage.ts'
export { defaultObjectVersion, type EnablerVersion } from './enabler.ts'
export {
  DdfError,
  FormatError,
  OperationError,
  type OperationErrorCode,
  PathError,
  ResponseCode,
  ValueError,
} from './errors.ts'
export { formatDefinition } from './format-definition.ts'
export { ContentFormat, type DataFormat, type Schema } from './formats/format.ts'
export { formatOf } from './formats/formats.ts'
export { type Link, type LinkAttributes, parseLinks } from './formats/link-format.ts'
export { decodePaths, encodePaths } from './formats/path-list.ts'
export type { ExecuteArguments, ObjectHandlers, ResourceHandlers } from './handlers.ts'
export { ObjectInstanceHandle } from './instance.ts'
export { registrationLinks } from './links.ts'
export { ObjectsApi, type WriteHandlers } from './objects.ts'
export { performBootstrap } from './operations/bootstrap.ts'
export type {
  BootstrapContext,
  BootstrapOperation,
  Operation,
  OperationContext,
  OperationKind,
  OperationOf,
  Outcome,
} from './operations/operation.ts'
export { perform } from './operations/perform.ts'
export { readValues } from './operations/read.ts'
export { formatPath, MAX_ID, type Path, parsePath } from './path.ts'
export type { PathValue } from './path-value.ts'
export { type Change, ObjectStore, type Origin } from './store.ts'
export type { TimeSeries, TimeSeriesEntry, TimeSeriesHandle, TimeSeriesOptions } from './time-series.ts'
export type { ObjectLink, ResourceType, Value, ValueOf } from './value.ts'
