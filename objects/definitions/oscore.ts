import { defineObject } from '../definition.ts'

/** LwM2M OSCORE, version 1.0 (LwM2M Core 1.1.1 §E.9). */
export const oscore = defineObject({
  id: 21,
  name: 'LWM2M OSCORE',
  multiple: true,
  resources: {
    oscoreMasterSecret: { id: 0, type: 'string', operations: '', mandatory: true },
    oscoreSenderId: { id: 1, type: 'string', operations: '', mandatory: true },
    oscoreRecipientId: { id: 2, type: 'string', operations: '', mandatory: true },
    oscoreAeadAlgorithm: { id: 3, type: 'integer', operations: '' },
    oscoreHmacAlgorithm: { id: 4, type: 'integer', operations: '' },
    oscoreMasterSalt: { id: 5, type: 'string', operations: '' },
  },
})

/** LwM2M OSCORE, version 1.1 (LwM2M Core 1.2.2 §E.9). */
export const oscore11 = defineObject({
  ...oscore,
  version: '1.1',
  resources: {
    ...oscore.resources,
    oscoreIdContext: { id: 6, type: 'string', operations: '' },
  },
})

/** LwM2M OSCORE, version 2.0, of the OMA registry: the secrets as bytes. */
export const oscore20 = defineObject({
  ...oscore11,
  version: '2.0',
  resources: {
    ...oscore11.resources,
    oscoreMasterSecret: { id: 0, type: 'opaque', operations: '', mandatory: true },
    oscoreSenderId: { id: 1, type: 'opaque', operations: '', mandatory: true },
    oscoreRecipientId: { id: 2, type: 'opaque', operations: '', mandatory: true },
    oscoreMasterSalt: { id: 5, type: 'opaque', operations: '' },
    oscoreIdContext: { id: 6, type: 'opaque', operations: '' },
  },
})
