export { type Axes, accelerometer, type MagneticField, magnetometer } from './axes-sensors.ts'
export { type BatteryOptions, battery } from './battery.ts'
export {
  type AppData,
  type BinaryAppDataContainer,
  type BinaryAppDataOptions,
  binaryAppDataContainer,
  type DataPriority,
} from './binary-app-data.ts'
export { type Buzzer, buzzer } from './buzzer.ts'
export { type Cell, type Connectivity, connectivityMonitoring } from './connectivity-monitoring.ts'
export {
  type ConnectivityStatistics,
  type ConnectivityStatisticsOptions,
  connectivityStatistics,
} from './connectivity-statistics.ts'
export { type Device, type DeviceOptions, device, type InternalBattery, type PowerSource } from './device.ts'
export { type EventLog, type EventLogOptions, eventLog, type LogClass } from './event-log.ts'
export { fillingLevel } from './filling-level.ts'
export { type Light, type LightControl, lightControl } from './light-control.ts'
export type { Behaviour, BehaviourOptions } from './living-instance.ts'
export { location, type Position } from './location.ts'
export { type LpwanLink, type LpwanOptions, lpwan } from './lpwan.ts'
export type { MeasurementOptions, Measuring } from './measured.ts'
export { onOffSwitch } from './on-off-switch.ts'
export { type AuthenticationRequest, type PortfolioOptions, portfolio } from './portfolio.ts'
export { pushButton } from './push-button.ts'
export {
  currentSensor,
  genericSensor,
  humiditySensor,
  pressureSensor,
  type Sensor,
  sensorOf,
  temperatureSensor,
  voltageSensor,
} from './sensors.ts'
export { type Time, time } from './time.ts'
export { type Timer, timer } from './timer.ts'
export type { Velocity } from './velocity.ts'
