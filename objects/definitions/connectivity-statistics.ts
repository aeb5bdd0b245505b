import { defineObject } from '../definition.ts'

/** Connectivity Statistics, version 1.0 (LwM2M Core 1.2.2 §E.8). */
export const connectivityStatistics = defineObject({
  id: 7,
  name: 'Connectivity Statistics',
  resources: {
    smsTxCounter: { id: 0, type: 'integer', operations: 'R' },
    smsRxCounter: { id: 1, type: 'integer', operations: 'R' },
    txData: { id: 2, type: 'integer', operations: 'R' },
    rxData: { id: 3, type: 'integer', operations: 'R' },
    maxMessageSize: { id: 4, type: 'integer', operations: 'R', units: 'B' },
    averageMessageSize: { id: 5, type: 'integer', operations: 'R', units: 'B' },
    start: { id: 6, type: 'none', operations: 'E', mandatory: true },
    stop: { id: 7, type: 'none', operations: 'E', mandatory: true },
    collectionPeriod: { id: 8, type: 'integer', operations: 'RW', units: 's' },
  },
})
