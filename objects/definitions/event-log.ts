import { defineObject } from '../definition.ts'

/** Event Log, version 1.0 (OMA-TS-LwM2M_EventLog 1.0.1). */
export const eventLog = defineObject({
  id: 20,
  name: 'Event Log',
  resources: {
    logClass: { id: 4010, type: 'integer', operations: 'RW' },
    logStart: { id: 4011, type: 'none', operations: 'E' },
    logStop: { id: 4012, type: 'none', operations: 'E' },
    logStatus: { id: 4013, type: 'integer', operations: 'R' },
    logData: { id: 4014, type: 'opaque', operations: 'R', mandatory: true },
    logDataFormat: { id: 4015, type: 'integer', operations: 'RW' },
  },
})

/** Event Log, version 2.0 (OMA-TS-LwM2M_EventLog 2.0). */
export const eventLog20 = defineObject({
  ...eventLog,
  version: '2.0',
  multiple: true,
})

/** Event Log, version 2.1 (OMA-TS-LwM2M_EventLog 2.1). */
export const eventLog21 = defineObject({
  ...eventLog20,
  version: '2.1',
  resources: {
    ...eventLog20.resources,
    logDataIncremental: { id: 4016, type: 'opaque', operations: '' },
    logDataIncrementalMinimumSendInterval: { id: 4017, type: 'unsigned', operations: 'RW' },
  },
})
