import { defineObject } from '../definition.ts'
import { measurementQuality, sensor, timestamps } from './ipso.ts'

/** IPSO Voltage, version 1.1. */
export const voltage = defineObject({
  id: 3316,
  name: 'Voltage',
  version: '1.1',
  multiple: true,
  resources: {
    ...sensor,
    currentCalibration: { id: 5821, type: 'float', operations: 'RW' },
    ...timestamps,
    ...measurementQuality,
  },
})
