import { defineObject } from '../definition.ts'

/** Device, version 1.0 (LwM2M 1.0.2 §E.4). */
export const device10 = defineObject({
  id: 3,
  name: 'Device',
  mandatory: true,
  resources: {
    manufacturer: { id: 0, type: 'string', operations: 'R' },
    modelNumber: { id: 1, type: 'string', operations: 'R' },
    serialNumber: { id: 2, type: 'string', operations: 'R' },
    firmwareVersion: { id: 3, type: 'string', operations: 'R' },
    reboot: { id: 4, type: 'none', operations: 'E', mandatory: true },
    factoryReset: { id: 5, type: 'none', operations: 'E' },
    availablePowerSources: { id: 6, type: 'integer', operations: 'R', multiple: true, range: [0, 7] },
    powerSourceVoltage: { id: 7, type: 'integer', operations: 'R', multiple: true, units: 'mV' },
    powerSourceCurrent: { id: 8, type: 'integer', operations: 'R', multiple: true, units: 'mA' },
    batteryLevel: { id: 9, type: 'integer', operations: 'R', units: '%', range: [0, 100] },
    memoryFree: { id: 10, type: 'integer', operations: 'R', units: 'KB' },
    errorCode: { id: 11, type: 'integer', operations: 'R', multiple: true, mandatory: true, range: [0, 8] },
    resetErrorCode: { id: 12, type: 'none', operations: 'E' },
    currentTime: { id: 13, type: 'time', operations: 'RW' },
    utcOffset: { id: 14, type: 'string', operations: 'RW' },
    timezone: { id: 15, type: 'string', operations: 'RW' },
    supportedBindingAndModes: { id: 16, type: 'string', operations: 'R', mandatory: true },
    deviceType: { id: 17, type: 'string', operations: 'R' },
    hardwareVersion: { id: 18, type: 'string', operations: 'R' },
    softwareVersion: { id: 19, type: 'string', operations: 'R' },
    batteryStatus: { id: 20, type: 'integer', operations: 'R', range: [0, 6] },
    memoryTotal: { id: 21, type: 'integer', operations: 'R' },
    extDevInfo: { id: 22, type: 'objectLink', operations: 'R', multiple: true },
  },
})

/** Device, version 1.1 (LwM2M Core 1.1.1 §E.4). */
export const device = defineObject({
  ...device10,
  version: '1.1',
  resources: {
    ...device10.resources,
    powerSourceVoltage: { id: 7, type: 'integer', operations: 'R', multiple: true },
    powerSourceCurrent: { id: 8, type: 'integer', operations: 'R', multiple: true },
    memoryFree: { id: 10, type: 'integer', operations: 'R' },
  },
})

/** Device, version 1.2 (LwM2M Core 1.2.2 §E.4). */
export const device12 = defineObject({
  ...device,
  version: '1.2',
  resources: {
    ...device.resources,
    batteryLevel: { id: 9, type: 'integer', operations: 'R', units: '/100', range: [0, 100] },
    errorCode: { id: 11, type: 'integer', operations: 'R', multiple: true, mandatory: true, range: [0, 32] },
  },
})
