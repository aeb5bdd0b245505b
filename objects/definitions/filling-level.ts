import { defineObject } from '../definition.ts'
import { measurementQuality, timestamps } from './ipso.ts'

/** uCIFI Filling level, version 2.0. */
export const fillingLevel = defineObject({
  id: 3435,
  name: 'Filling level',
  version: '2.0',
  multiple: true,
  resources: {
    containerHeight: { id: 1, type: 'integer', operations: 'RW', units: 'cm' },
    actualFillingPercentage: { id: 2, type: 'float', operations: 'R', mandatory: true, units: '/100' },
    actualFillingLevel: { id: 3, type: 'integer', operations: 'R', units: 'cm' },
    highThreshold: { id: 4, type: 'float', operations: 'RW', units: '/100' },
    containerFull: { id: 5, type: 'boolean', operations: 'R', mandatory: true },
    lowThreshold: { id: 6, type: 'float', operations: 'RW', units: '/100' },
    containerEmpty: { id: 7, type: 'boolean', operations: 'R', mandatory: true },
    averageFillingSpeed: { id: 8, type: 'float', operations: 'R', units: '/100' },
    averageFillingSpeedReset: { id: 9, type: 'none', operations: 'E' },
    forecastFullDate: { id: 10, type: 'time', operations: 'R' },
    forecastEmptyDate: { id: 11, type: 'time', operations: 'R' },
    containerOutOfLocation: { id: 12, type: 'boolean', operations: 'R' },
    containerOutOfPosition: { id: 13, type: 'boolean', operations: 'R' },
    containerWidth: { id: 14, type: 'integer', operations: 'RW', units: 'cm' },
    containerInstallationType: { id: 15, type: 'string', operations: 'RW', units: 'cm' },
    containerVolumeMax: { id: 16, type: 'float', operations: 'RW', units: 'm3' },
    fillingSensorPosition: { id: 17, type: 'string', operations: 'RW' },
    typeOfMaterials: { id: 18, type: 'string', operations: 'RW' },
    fillingOperationsCounter: { id: 19, type: 'integer', operations: 'R' },
    resetFillingOperationsCounter: { id: 20, type: 'none', operations: 'E' },
    coverOpen: { id: 21, type: 'boolean', operations: 'R' },
    temperatureAlarm: { id: 22, type: 'boolean', operations: 'R' },
    waterInfiltrationAlarm: { id: 23, type: 'boolean', operations: 'R' },
    ...timestamps,
    ...measurementQuality,
  },
})
