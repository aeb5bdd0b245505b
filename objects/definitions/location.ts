import { defineObject } from '../definition.ts'

/** Location, version 1.0 (LwM2M Core 1.2.2 §E.7). */
export const location = defineObject({
  id: 6,
  name: 'Location',
  resources: {
    latitude: { id: 0, type: 'float', operations: 'R', mandatory: true, units: 'lat' },
    longitude: { id: 1, type: 'float', operations: 'R', mandatory: true, units: 'lon' },
    altitude: { id: 2, type: 'float', operations: 'R', units: 'm' },
    radius: { id: 3, type: 'float', operations: 'R', units: 'm' },
    velocity: { id: 4, type: 'opaque', operations: 'R' },
    timestamp: { id: 5, type: 'time', operations: 'R', mandatory: true },
    speed: { id: 6, type: 'float', operations: 'R', units: 'm/s' },
  },
})
