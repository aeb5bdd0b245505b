import { defineObject } from '../definition.ts'
import { measurementQuality, sensor, timestamps } from './ipso.ts'

/** IPSO Pressure, version 1.1. */
export const pressure = defineObject({
  id: 3323,
  name: 'Pressure',
  version: '1.1',
  multiple: true,
  resources: {
    ...sensor,
    currentCalibration: { id: 5821, type: 'float', operations: 'RW' },
    ...timestamps,
    ...measurementQuality,
  },
})
