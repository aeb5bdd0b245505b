import { defineObject } from '../definition.ts'
import { measurementQuality, sensor, timestamps } from './ipso.ts'

/** IPSO Current, version 1.1. */
export const current = defineObject({
  id: 3317,
  name: 'Current',
  version: '1.1',
  multiple: true,
  resources: {
    ...sensor,
    currentCalibration: { id: 5821, type: 'float', operations: 'RW' },
    ...timestamps,
    ...measurementQuality,
  },
})
