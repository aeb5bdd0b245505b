import { defineObject } from '../definition.ts'
import { applicationType, sensorUnits } from './ipso.ts'

/** IPSO Light Control, version 1.0. */
export const lightControl = defineObject({
  id: 3311,
  name: 'Light Control',
  multiple: true,
  resources: {
    onOff: { id: 5850, type: 'boolean', operations: 'RW', mandatory: true },
    dimmer: { id: 5851, type: 'integer', operations: 'RW', units: '/100', range: [0, 100] },
    onTime: { id: 5852, type: 'integer', operations: 'RW', units: 's' },
    cumulativeActivePower: { id: 5805, type: 'float', operations: 'R', units: 'Wh' },
    powerFactor: { id: 5820, type: 'float', operations: 'R' },
    colour: { id: 5706, type: 'string', operations: 'RW' },
    sensorUnits,
    applicationType,
  },
})
