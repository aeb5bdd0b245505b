import { defineObject } from '../definition.ts'

/** BinaryAppDataContainer, version 1.0 (OMA-TS-LWM2M_BinaryAppDataContainer 1.0.1). */
export const binaryAppDataContainer = defineObject({
  id: 19,
  name: 'BinaryAppDataContainer',
  multiple: true,
  resources: {
    data: { id: 0, type: 'opaque', operations: 'RW', multiple: true, mandatory: true },
    dataPriority: { id: 1, type: 'integer', operations: 'RW' },
    dataCreationTime: { id: 2, type: 'time', operations: 'RW' },
    dataDescription: { id: 3, type: 'string', operations: 'RW' },
    dataFormat: { id: 4, type: 'string', operations: 'RW' },
    appId: { id: 5, type: 'integer', operations: 'RW' },
  },
})
