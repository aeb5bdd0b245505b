import { defineObject } from '../definition.ts'
import { measurementQuality, sensor, timestamps } from './ipso.ts'

/** IPSO Temperature, version 1.1. */
export const temperature = defineObject({
  id: 3303,
  name: 'Temperature',
  version: '1.1',
  multiple: true,
  resources: {
    ...sensor,
    ...timestamps,
    ...measurementQuality,
  },
})
