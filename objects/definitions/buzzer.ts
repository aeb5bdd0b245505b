import { defineObject } from '../definition.ts'
import { applicationType, timestamps } from './ipso.ts'

/** IPSO Buzzer, version 1.1. */
export const buzzer = defineObject({
  id: 3338,
  name: 'Buzzer',
  version: '1.1',
  multiple: true,
  resources: {
    onOff: { id: 5850, type: 'boolean', operations: 'RW', mandatory: true },
    level: { id: 5548, type: 'float', operations: 'RW', units: '/100', range: [0, 100] },
    delayDuration: { id: 5521, type: 'float', operations: 'RW', units: 's' },
    minimumOffTime: { id: 5525, type: 'float', operations: 'RW', mandatory: true, units: 's' },
    applicationType,
    ...timestamps,
  },
})
