import { defineObject } from '../definition.ts'
import { measurementQuality, timestamps } from './ipso.ts'

/** uCIFI Battery, version 1.1. */
export const battery = defineObject({
  id: 3411,
  name: 'Battery',
  version: '1.1',
  multiple: true,
  resources: {
    batteryLevel: { id: 1, type: 'integer', operations: 'R', mandatory: true, units: '/100' },
    batteryCapacity: { id: 2, type: 'float', operations: 'R', units: 'Ah' },
    batteryVoltage: { id: 3, type: 'float', operations: 'R', units: 'V' },
    typeOfBattery: { id: 4, type: 'string', operations: 'RW' },
    lowBatteryThreshold: { id: 5, type: 'integer', operations: 'RW', units: '/100' },
    batteryLevelTooLow: { id: 6, type: 'boolean', operations: 'R' },
    batteryShutdown: { id: 7, type: 'boolean', operations: 'RW' },
    numberOfCycles: { id: 8, type: 'integer', operations: 'R' },
    supplyLoss: { id: 9, type: 'boolean', operations: 'R' },
    supplyLossCounter: { id: 10, type: 'integer', operations: 'R' },
    supplyLossCounterReset: { id: 11, type: 'none', operations: 'E' },
    supplyLossReason: { id: 12, type: 'string', operations: 'R' },
    ...timestamps,
    ...measurementQuality,
  },
})
