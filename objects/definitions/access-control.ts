import { defineObject } from '../definition.ts'

/** LwM2M Access Control, version 1.0 (LwM2M Core 1.1.1 §E.3). */
export const accessControl = defineObject({
  id: 2,
  name: 'LwM2M Access Control',
  multiple: true,
  resources: {
    objectId: { id: 0, type: 'integer', operations: 'R', mandatory: true, range: [1, 65534] },
    objectInstanceId: { id: 1, type: 'integer', operations: 'R', mandatory: true, range: [0, 65535] },
    acl: { id: 2, type: 'integer', operations: 'RW', multiple: true },
    accessControlOwner: { id: 3, type: 'integer', operations: 'RW', mandatory: true, range: [0, 65535] },
  },
})

/** LwM2M Access Control, version 1.1 (LwM2M Core 1.2.2 §E.3). */
export const accessControl11 = defineObject({
  ...accessControl,
  version: '1.1',
  resources: {
    ...accessControl.resources,
    acl: { id: 2, type: 'integer', operations: 'RW', multiple: true, range: [0, 31] },
  },
})
