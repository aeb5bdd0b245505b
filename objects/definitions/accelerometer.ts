import { defineObject } from '../definition.ts'
import { applicationType, axes, measurementQuality, measurementRange, sensorUnits, timestamps } from './ipso.ts'

/** IPSO Accelerometer, version 1.1. */
export const accelerometer = defineObject({
  id: 3313,
  name: 'Accelerometer',
  version: '1.1',
  multiple: true,
  resources: {
    ...axes,
    ...measurementRange,
    sensorUnits,
    applicationType,
    ...timestamps,
    ...measurementQuality,
  },
})
