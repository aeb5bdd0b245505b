import { defineObject } from '../definition.ts'
import { applicationType, measurementQuality } from './ipso.ts'

/** IPSO Time, version 1.1. */
export const time = defineObject({
  id: 3333,
  name: 'Time',
  version: '1.1',
  multiple: true,
  resources: {
    currentTime: { id: 5506, type: 'time', operations: 'RW', mandatory: true },
    fractionalTime: { id: 5507, type: 'float', operations: 'RW', units: 's', range: [0, 1] },
    applicationType,
    ...measurementQuality,
  },
})
