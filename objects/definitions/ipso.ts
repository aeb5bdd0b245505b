import type { ResourceDefinition } from '../definition.ts'

/** Reusable resources of the OMA registry, as the IPSO and uCIFI objects group them. */
type Resources = { readonly [name: string]: ResourceDefinition }

export const applicationType = { id: 5750, type: 'string', operations: 'RW' } as const satisfies ResourceDefinition

export const sensorUnits = { id: 5701, type: 'string', operations: 'R' } as const satisfies ResourceDefinition

/** What the sensor is able to measure. */
export const measurementRange = {
  minRangeValue: { id: 5603, type: 'float', operations: 'R' },
  maxRangeValue: { id: 5604, type: 'float', operations: 'R' },
} as const satisfies Resources

/** A sensor of one value. */
export const sensor = {
  minMeasuredValue: { id: 5601, type: 'float', operations: 'R' },
  maxMeasuredValue: { id: 5602, type: 'float', operations: 'R' },
  ...measurementRange,
  resetMinAndMaxMeasuredValues: { id: 5605, type: 'none', operations: 'E' },
  sensorValue: { id: 5700, type: 'float', operations: 'R', mandatory: true },
  sensorUnits,
  applicationType,
} as const satisfies Resources

/** A sensor of up to three axes. */
export const axes = {
  xValue: { id: 5702, type: 'float', operations: 'R', mandatory: true },
  yValue: { id: 5703, type: 'float', operations: 'R' },
  zValue: { id: 5704, type: 'float', operations: 'R' },
} as const satisfies Resources

export const digitalInput = {
  digitalInputState: { id: 5500, type: 'boolean', operations: 'R', mandatory: true },
  digitalInputCounter: { id: 5501, type: 'integer', operations: 'R' },
} as const satisfies Resources

/** When the value was measured. */
export const timestamps = {
  timestamp: { id: 5518, type: 'time', operations: 'R' },
  fractionalTimestamp: { id: 6050, type: 'float', operations: 'R', units: 's', range: [0, 1] },
} as const satisfies Resources

export const measurementQuality = {
  measurementQualityIndicator: { id: 6042, type: 'integer', operations: 'R', range: [0, 23] },
  measurementQualityLevel: { id: 6049, type: 'integer', operations: 'R', range: [0, 100] },
} as const satisfies Resources
