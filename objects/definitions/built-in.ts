import type { ObjectDefinition } from '../definition.ts'
import { accelerometer } from './accelerometer.ts'
import { accessControl, accessControl11 } from './access-control.ts'
import { battery } from './battery.ts'
import { binaryAppDataContainer } from './binary-app-data-container.ts'
import { buzzer } from './buzzer.ts'
import {
  connectivityMonitoring,
  connectivityMonitoring10,
  connectivityMonitoring11,
  connectivityMonitoring13,
} from './connectivity-monitoring.ts'
import { connectivityStatistics } from './connectivity-statistics.ts'
import { current } from './current.ts'
import { device, device10, device12 } from './device.ts'
import { eventLog, eventLog20, eventLog21 } from './event-log.ts'
import { fillingLevel } from './filling-level.ts'
import { firmwareUpdate, firmwareUpdate11 } from './firmware-update.ts'
import { gateway } from './gateway.ts'
import { genericSensor } from './generic-sensor.ts'
import { humidity } from './humidity.ts'
import { lightControl } from './light-control.ts'
import { location } from './location.ts'
import { lpwanCommunication } from './lpwan-communication.ts'
import { magnetometer } from './magnetometer.ts'
import { onOffSwitch } from './on-off-switch.ts'
import { oscore, oscore11, oscore20 } from './oscore.ts'
import { portfolio } from './portfolio.ts'
import { pressure } from './pressure.ts'
import { pushButton } from './push-button.ts'
import { security, security10, security12 } from './security.ts'
import { server, server10, server12 } from './server.ts'
import { softwareManagement } from './software-management.ts'
import { temperature } from './temperature.ts'
import { testObject } from './test-object.ts'
import { time } from './time.ts'
import { timer } from './timer.ts'
import { voltage } from './voltage.ts'

/** The definitions of this package; of an object with several versions the usual one comes first. */
export const builtInObjects: readonly ObjectDefinition[] = [
  security,
  security10,
  security12,
  server,
  server10,
  server12,
  accessControl,
  accessControl11,
  device,
  device10,
  device12,
  connectivityMonitoring,
  connectivityMonitoring10,
  connectivityMonitoring11,
  connectivityMonitoring13,
  firmwareUpdate,
  firmwareUpdate11,
  oscore,
  oscore11,
  oscore20,
  eventLog,
  eventLog20,
  eventLog21,
  accelerometer,
  battery,
  binaryAppDataContainer,
  buzzer,
  connectivityStatistics,
  current,
  fillingLevel,
  gateway,
  genericSensor,
  humidity,
  lightControl,
  location,
  lpwanCommunication,
  magnetometer,
  onOffSwitch,
  portfolio,
  pressure,
  pushButton,
  softwareManagement,
  temperature,
  testObject,
  time,
  timer,
  voltage,
]

/** The definition of an object, in the usual version or in another one that there is. */
export function builtInObject(id: number, version?: string): ObjectDefinition | undefined {
  return builtInObjects.find(one => one.id === id && (version === undefined || (one.version ?? '1.0') === version))
}
