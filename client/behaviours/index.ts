export {
  type AppData,
  type BinaryAppDataContainer,
  type BinaryAppDataOptions,
  binaryAppDataContainer,
  type DataPriority,
} from './binary-app-data.ts'
export { type Cell, type Connectivity, connectivityMonitoring } from './connectivity-monitoring.ts'
export {
  type ConnectivityStatistics,
  type ConnectivityStatisticsOptions,
  connectivityStatistics,
} from './connectivity-statistics.ts'
export { type Device, type DeviceOptions, device, type InternalBattery, type PowerSource } from './device.ts'
export { type EventLog, type EventLogOptions, eventLog, type LogClass } from './event-log.ts'
export { location, type Position } from './location.ts'
export { type AuthenticationRequest, type PortfolioOptions, portfolio } from './portfolio.ts'
export type { Velocity } from './velocity.ts'
