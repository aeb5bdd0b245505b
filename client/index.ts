export type { ClientEvent } from '../machines/events.ts'
export { Lwm2mClient } from './client.ts'
export type { WhileAsleep } from './connection-environment.ts'
export {
  applyDeviceFile,
  type DeviceFile,
  DeviceFileError,
  type DeviceInstance,
  parseDeviceFile,
} from './device-file.ts'
export {
  type DownloadBegin,
  type Downloaded,
  type DownloadOptions,
  type DownloadProgress,
  type DownloadRetry,
  type DownloadSettings,
  type DownloadToOptions,
  download,
  downloadTo,
} from './download.ts'
export { DownloadError, type DownloadErrorCode } from './download-error.ts'
export type { ClientDtlsOptions } from './dtls-options.ts'
export type { DurationSummary } from './durations.ts'
export { filePackageStore } from './file-package-store.ts'
export { filePackageStores } from './file-package-stores.ts'
export type { FirmwareDescription } from './firmware-note.ts'
export type { FirmwareObjectOptions, FirmwareSeverity } from './firmware-object.ts'
export type {
  FirmwareFailure,
  FirmwarePackage,
  FirmwareStatus,
  FirmwareUpdate,
  FirmwareUpdateOptions,
} from './firmware-options.ts'
export { firmwareUpdate } from './firmware-update.ts'
export { Fleet, type FleetOptions } from './fleet.ts'
export type { FleetFailure, FleetProgress, FleetSummary } from './fleet-tally.ts'
export { Gateway, type GatewayDeviceOptions } from './gateway.ts'
export type { GatewayDevice } from './gateway-device.ts'
export type { Feed } from './generator-sweep.ts'
export type { Generator, ReadFile } from './generators.ts'
export { memoryPackageStore, type PackageStoreOptions } from './memory-package-store.ts'
export type { ObservationEvent } from './observation-event.ts'
export {
  type BootstrapServerOptions,
  type ClientOptions,
  type QueueModeOptions,
  type SecurityOptions,
  type ServerOptions,
} from './options.ts'
export { OptionsError } from './options-error.ts'
export { PackageError, type PackageErrorCode } from './package-error.ts'
export type { PackageProgress } from './package-pull.ts'
export type { PackageStore } from './package-store.ts'
export { memoryPackageStores, type PackageStores } from './package-stores.ts'
export {
  fileStore,
  type LoadedState,
  type Persistence,
  PersistenceError,
  type PersistenceErrorCode,
} from './persistence.ts'
export { psk } from './psk.ts'
export type { ObservationStatus, ReportingStatus } from './reporting-status.ts'
export { type RawKeySecurity, type RawKeySecurityOptions, rpk } from './rpk.ts'
export { decodeState, encodeState, type SavedServer, type SavedState } from './saved-state.ts'
export type { Security } from './security.ts'
export type { SendOptions } from './send.ts'
export { SendError, type SendErrorCode } from './send-error.ts'
export type { ServerSendOptions } from './sends.ts'
export type { ServerStatus } from './server-status.ts'
export { softwareManagement } from './software-management.ts'
export type {
  InstalledSoftware,
  ManagedSoftware,
  Software,
  SoftwareDescription,
  SoftwareManagement,
  SoftwareManagementOptions,
  SoftwarePackage,
  SoftwareStatus,
  SoftwareWork,
} from './software-options.ts'
export { type CertificateSecurity, type CertificateSecurityOptions, x509 } from './x509.ts'
