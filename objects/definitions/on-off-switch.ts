import { defineObject } from '../definition.ts'
import { applicationType, digitalInput, timestamps } from './ipso.ts'

/** IPSO On/Off switch, version 1.1. */
export const onOffSwitch = defineObject({
  id: 3342,
  name: 'On/Off switch',
  version: '1.1',
  multiple: true,
  resources: {
    ...digitalInput,
    onTime: { id: 5852, type: 'integer', operations: 'RW', units: 's' },
    offTime: { id: 5854, type: 'integer', operations: 'RW', units: 's' },
    applicationType,
    ...timestamps,
  },
})
