import { defineObject } from '../definition.ts'

/** LwM2M Software Management, version 1.0 (OMA-TS-LwM2M_SwMgmt 1.0). */
export const softwareManagement = defineObject({
  id: 9,
  name: 'LwM2M Software Management',
  multiple: true,
  resources: {
    packageName: { id: 0, type: 'string', operations: 'R', mandatory: true, range: [0, 255] },
    packageVersion: { id: 1, type: 'string', operations: 'R', mandatory: true, range: [0, 255] },
    package: { id: 2, type: 'opaque', operations: 'W' },
    packageUri: { id: 3, type: 'string', operations: 'W', range: [0, 255] },
    install: { id: 4, type: 'none', operations: 'E', mandatory: true },
    checkpoint: { id: 5, type: 'objectLink', operations: 'R' },
    uninstall: { id: 6, type: 'none', operations: 'E', mandatory: true },
    updateState: { id: 7, type: 'integer', operations: 'R', mandatory: true, range: [0, 4] },
    updateSupportedObjects: { id: 8, type: 'boolean', operations: 'RW' },
    updateResult: { id: 9, type: 'integer', operations: 'R', mandatory: true, range: [0, 200] },
    activate: { id: 10, type: 'none', operations: 'E', mandatory: true },
    deactivate: { id: 11, type: 'none', operations: 'E', mandatory: true },
    activationState: { id: 12, type: 'boolean', operations: 'R', mandatory: true },
    packageSettings: { id: 13, type: 'objectLink', operations: 'RW' },
    userName: { id: 14, type: 'string', operations: 'W', range: [0, 255] },
    password: { id: 15, type: 'string', operations: 'W', range: [0, 255] },
    statusReason: { id: 16, type: 'string', operations: 'R' },
    softwareComponentLink: { id: 17, type: 'objectLink', operations: 'R', multiple: true },
    softwareComponentTreeLength: { id: 18, type: 'integer', operations: 'R', range: [0, 255] },
  },
})
