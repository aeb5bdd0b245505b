import { defineObject } from '../definition.ts'

/** IPSO Temperature, version 1.1. */
export const temperature = defineObject({
  id: 3303,
  name: 'Temperature',
  version: '1.1',
  multiple: true,
  resources: {
    timestamp: { id: 5518, type: 'time', operations: 'R' },
    minMeasuredValue: { id: 5601, type: 'float', operations: 'R' },
    maxMeasuredValue: { id: 5602, type: 'float', operations: 'R' },
    minRangeValue: { id: 5603, type: 'float', operations: 'R' },
    maxRangeValue: { id: 5604, type: 'float', operations: 'R' },
    resetMinAndMaxMeasuredValues: { id: 5605, type: 'none', operations: 'E' },
    sensorValue: { id: 5700, type: 'float', operations: 'R', mandatory: true },
    sensorUnits: { id: 5701, type: 'string', operations: 'R' },
    applicationType: { id: 5750, type: 'string', operations: 'RW' },
    measurementQualityIndicator: { id: 6042, type: 'integer', operations: 'R', range: [0, 23] },
    measurementQualityLevel: { id: 6049, type: 'integer', operations: 'R', range: [0, 100] },
    fractionalTimestamp: { id: 6050, type: 'float', operations: 'R', units: 's', range: [0, 1] },
  },
})
