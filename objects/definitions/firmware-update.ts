import { defineObject } from '../definition.ts'

/** Firmware Update, version 1.0 (LwM2M 1.0.2 §E.6). */
export const firmwareUpdate = defineObject({
  id: 5,
  name: 'Firmware Update',
  resources: {
    package: { id: 0, type: 'opaque', operations: 'W', mandatory: true },
    packageUri: { id: 1, type: 'string', operations: 'RW', mandatory: true, range: [0, 255] },
    update: { id: 2, type: 'none', operations: 'E', mandatory: true },
    state: { id: 3, type: 'integer', operations: 'R', mandatory: true, range: [0, 3] },
    updateResult: { id: 5, type: 'integer', operations: 'R', mandatory: true, range: [0, 9] },
    packageName: { id: 6, type: 'string', operations: 'R', range: [0, 255] },
    packageVersion: { id: 7, type: 'string', operations: 'R', range: [0, 255] },
    protocolSupport: { id: 8, type: 'integer', operations: 'R', multiple: true, range: [0, 5] },
    deliveryMethod: { id: 9, type: 'integer', operations: 'R', mandatory: true, range: [0, 2] },
  },
})

/** Firmware Update, version 1.1 (LwM2M Core 1.2.2 §E.6). */
export const firmwareUpdate11 = defineObject({
  ...firmwareUpdate,
  version: '1.1',
  resources: {
    ...firmwareUpdate.resources,
    updateResult: { id: 5, type: 'integer', operations: 'R', mandatory: true, range: [0, 11] },
    cancel: { id: 10, type: 'none', operations: 'E' },
    severity: { id: 11, type: 'integer', operations: 'RW', range: [0, 2] },
    lastStateChangeTime: { id: 12, type: 'time', operations: 'R' },
    maximumDeferPeriod: { id: 13, type: 'unsigned', operations: 'RW', units: 's' },
  },
})
