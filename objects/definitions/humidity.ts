import { defineObject } from '../definition.ts'
import { measurementQuality, sensor, timestamps } from './ipso.ts'

/** IPSO Humidity, version 1.1. */
export const humidity = defineObject({
  id: 3304,
  name: 'Humidity',
  version: '1.1',
  multiple: true,
  resources: {
    ...sensor,
    ...timestamps,
    ...measurementQuality,
  },
})
