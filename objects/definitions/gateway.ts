import { defineObject } from '../definition.ts'

/** LwM2M Gateway, version 2.0 (OMA-TS-LWM2M_Gateway 1.1). */
export const gateway = defineObject({
  id: 25,
  name: 'LwM2M Gateway',
  version: '2.0',
  multiple: true,
  resources: {
    deviceId: { id: 0, type: 'string', operations: 'R', mandatory: true },
    prefix: { id: 1, type: 'string', operations: 'R', mandatory: true },
    iotDeviceObjects: { id: 3, type: 'coreLink', operations: 'R', mandatory: true },
  },
})
