import { defineObject } from '../definition.ts'
import { applicationType } from './ipso.ts'

/** IPSO Timer, version 1.0. */
export const timer = defineObject({
  id: 3340,
  name: 'Timer',
  multiple: true,
  resources: {
    delayDuration: { id: 5521, type: 'float', operations: 'RW', mandatory: true, units: 's' },
    remainingTime: { id: 5538, type: 'float', operations: 'R', units: 's' },
    minimumOffTime: { id: 5525, type: 'float', operations: 'RW', units: 's' },
    trigger: { id: 5523, type: 'none', operations: 'E' },
    onOff: { id: 5850, type: 'boolean', operations: 'RW' },
    digitalInputCounter: { id: 5501, type: 'integer', operations: 'R' },
    cumulativeTime: { id: 5544, type: 'float', operations: 'RW', units: 's' },
    digitalState: { id: 5543, type: 'boolean', operations: 'R' },
    counter: { id: 5534, type: 'integer', operations: 'RW' },
    timerMode: { id: 5526, type: 'integer', operations: 'RW', range: [0, 4] },
    applicationType,
  },
})
