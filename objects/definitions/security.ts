import { defineObject } from '../definition.ts'

/**
 * LwM2M Security, version 1.1: how each server is reached and trusted. Only bootstrap reads or writes it; to every
 * other server it is closed (LwM2M Core 1.2.2 §E.1).
 */
export const security = defineObject({
  id: 0,
  name: 'LWM2M Security',
  version: '1.1',
  multiple: true,
  resources: {
    lwm2mServerUri: { id: 0, type: 'string', operations: '', mandatory: true, range: [0, 255] },
    bootstrapServer: { id: 1, type: 'boolean', operations: '', mandatory: true },
    securityMode: { id: 2, type: 'integer', operations: '', mandatory: true, range: [0, 4] },
    publicKeyOrIdentity: { id: 3, type: 'opaque', operations: '', mandatory: true },
    serverPublicKey: { id: 4, type: 'opaque', operations: '', mandatory: true },
    secretKey: { id: 5, type: 'opaque', operations: '', mandatory: true },
    smsSecurityMode: { id: 6, type: 'integer', operations: '', range: [0, 255] },
    smsBindingKeyParameters: { id: 7, type: 'opaque', operations: '', range: [6, 6] },
    smsBindingSecretKeys: { id: 8, type: 'opaque', operations: '', range: [16, 48] },
    lwm2mServerSmsNumber: { id: 9, type: 'string', operations: '' },
    shortServerId: { id: 10, type: 'integer', operations: '', range: [1, 65534] },
    clientHoldOffTime: { id: 11, type: 'integer', operations: '', units: 's' },
    bootstrapServerAccountTimeout: { id: 12, type: 'integer', operations: '', units: 's' },
    matchingType: { id: 13, type: 'unsigned', operations: '', units: 's', range: [0, 3] },
    sni: { id: 14, type: 'string', operations: '' },
    certificateUsage: { id: 15, type: 'unsigned', operations: '', units: 's', range: [0, 3] },
    dtlsTlsCiphersuite: { id: 16, type: 'unsigned', operations: '', multiple: true },
    oscoreSecurityMode: { id: 17, type: 'objectLink', operations: '' },
  },
})
