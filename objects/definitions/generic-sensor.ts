import { defineObject } from '../definition.ts'
import { measurementQuality, sensor, timestamps } from './ipso.ts'

/** IPSO Generic Sensor, version 1.1. */
export const genericSensor = defineObject({
  id: 3300,
  name: 'Generic Sensor',
  version: '1.1',
  multiple: true,
  resources: {
    ...sensor,
    sensorType: { id: 5751, type: 'string', operations: 'R' },
    ...timestamps,
    ...measurementQuality,
  },
})
