import { defineObject } from '../definition.ts'

/** Connectivity Monitoring, version 1.0 (LwM2M 1.0.2 §E.5). */
export const connectivityMonitoring10 = defineObject({
  id: 4,
  name: 'Connectivity Monitoring',
  resources: {
    networkBearer: { id: 0, type: 'integer', operations: 'R', mandatory: true, range: [0, 50] },
    availableNetworkBearer: {
      id: 1,
      type: 'integer',
      operations: 'R',
      multiple: true,
      mandatory: true,
      range: [0, 50],
    },
    radioSignalStrength: { id: 2, type: 'integer', operations: 'R', mandatory: true, units: 'dBm' },
    linkQuality: { id: 3, type: 'integer', operations: 'R' },
    ipAddresses: { id: 4, type: 'string', operations: 'R', multiple: true, mandatory: true },
    routerIpAddresses: { id: 5, type: 'string', operations: 'R', multiple: true },
    linkUtilization: { id: 6, type: 'integer', operations: 'R', units: '%', range: [0, 100] },
    apn: { id: 7, type: 'string', operations: 'R', multiple: true },
    cellId: { id: 8, type: 'integer', operations: 'R' },
    smnc: { id: 9, type: 'integer', operations: 'R', units: '%', range: [0, 999] },
    smcc: { id: 10, type: 'integer', operations: 'R', range: [0, 999] },
  },
})

/** Connectivity Monitoring, version 1.1 (LwM2M Core 1.1 §E.5). */
export const connectivityMonitoring11 = defineObject({
  ...connectivityMonitoring10,
  version: '1.1',
  resources: {
    ...connectivityMonitoring10.resources,
    signalSnr: { id: 11, type: 'integer', operations: 'R', units: 'dB' },
  },
})

/** Connectivity Monitoring, version 1.2 (LwM2M Core 1.1.1 §E.5). */
export const connectivityMonitoring = defineObject({
  ...connectivityMonitoring11,
  version: '1.2',
  resources: {
    ...connectivityMonitoring11.resources,
    radioSignalStrength: { id: 2, type: 'integer', operations: 'R', mandatory: true },
    smnc: { id: 9, type: 'integer', operations: 'R', range: [0, 999] },
    lac: { id: 12, type: 'integer', operations: 'R' },
  },
})

/** Connectivity Monitoring, version 1.3 (LwM2M Core 1.2.2 §E.5). */
export const connectivityMonitoring13 = defineObject({
  ...connectivityMonitoring,
  version: '1.3',
  resources: {
    ...connectivityMonitoring.resources,
    radioSignalStrength: { id: 2, type: 'integer', operations: 'R', mandatory: true, units: 'dBm' },
    linkUtilization: { id: 6, type: 'integer', operations: 'R', units: '/100', range: [0, 100] },
    coverageEnhancementLevel: { id: 13, type: 'integer', operations: 'R', range: [0, 4] },
  },
})
