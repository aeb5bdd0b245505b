import { defineObject } from '../definition.ts'
import { applicationType, axes, measurementQuality, sensorUnits, timestamps } from './ipso.ts'

/** IPSO Magnetometer, version 1.1. */
export const magnetometer = defineObject({
  id: 3314,
  name: 'Magnetometer',
  version: '1.1',
  multiple: true,
  resources: {
    ...axes,
    compassDirection: { id: 5705, type: 'float', operations: 'R', units: 'deg', range: [0, 360] },
    sensorUnits,
    applicationType,
    ...timestamps,
    ...measurementQuality,
  },
})
