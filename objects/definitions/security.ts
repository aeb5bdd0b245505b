import { defineObject } from '../definition.ts'

/** LwM2M Security, version 1.0 (LwM2M 1.0.2 §E.1). */
export const security10 = defineObject({
  id: 0,
  name: 'LWM2M Security',
  multiple: true,
  mandatory: true,
  resources: {
    lwm2mServerUri: { id: 0, type: 'string', operations: '', mandatory: true, range: [0, 255] },
    bootstrapServer: { id: 1, type: 'boolean', operations: '', mandatory: true },
    securityMode: { id: 2, type: 'integer', operations: '', mandatory: true, range: [0, 4] },
    publicKeyOrIdentity: { id: 3, type: 'opaque', operations: '', mandatory: true },
    serverPublicKey: { id: 4, type: 'opaque', operations: '', mandatory: true },
    secretKey: { id: 5, type: 'opaque', operations: '', mandatory: true },
    smsSecurityMode: { id: 6, type: 'integer', operations: '', range: [0, 255] },
    smsBindingKeyParameters: { id: 7, type: 'opaque', operations: '' },
    smsBindingSecretKeys: { id: 8, type: 'opaque', operations: '' },
    lwm2mServerSmsNumber: { id: 9, type: 'string', operations: '' },
    shortServerId: { id: 10, type: 'integer', operations: '', range: [1, 65534] },
    clientHoldOffTime: { id: 11, type: 'integer', operations: '', units: 's' },
    bootstrapServerAccountTimeout: { id: 12, type: 'integer', operations: '', units: 's' },
  },
})

/** LwM2M Security, version 1.1 (LwM2M Core 1.1.1 §E.1). */
export const security = defineObject({
  ...security10,
  version: '1.1',
  resources: {
    ...security10.resources,
    matchingType: { id: 13, type: 'unsigned', operations: '', units: 's', range: [0, 3] },
    sni: { id: 14, type: 'string', operations: '' },
    certificateUsage: { id: 15, type: 'unsigned', operations: '', units: 's', range: [0, 3] },
    dtlsTlsCiphersuite: { id: 16, type: 'unsigned', operations: '', multiple: true },
    oscoreSecurityMode: { id: 17, type: 'objectLink', operations: '' },
  },
})

/** LwM2M Security, version 1.2 (LwM2M Core 1.2.2 §E.1). */
export const security12 = defineObject({
  ...security,
  version: '1.2',
  resources: {
    ...security.resources,
    matchingType: { id: 13, type: 'unsigned', operations: '', range: [0, 3] },
    certificateUsage: { id: 15, type: 'unsigned', operations: '', range: [0, 3] },
    groupsToUseByClient: { id: 18, type: 'unsigned', operations: '', multiple: true, range: [0, 65535] },
    signatureAlgorithmsSupportedByServer: {
      id: 19,
      type: 'unsigned',
      operations: '',
      multiple: true,
      range: [0, 65535],
    },
    signatureAlgorithmsToUseByClient: { id: 20, type: 'unsigned', operations: '', multiple: true, range: [0, 65535] },
    signatureAlgorithmCertsSupportedByServer: {
      id: 21,
      type: 'unsigned',
      operations: '',
      multiple: true,
      range: [0, 65535],
    },
    tls13FeaturesToUseByClient: { id: 22, type: 'unsigned', operations: '', range: [0, 65535] },
    tlsExtensionsSupportedByServer: { id: 23, type: 'unsigned', operations: '', range: [0, 65535] },
    tlsExtensionsToUseByClient: { id: 24, type: 'unsigned', operations: '', range: [0, 65535] },
    secondaryLwm2mServerUri: { id: 25, type: 'string', operations: '', multiple: true, range: [0, 255] },
    mqttServer: { id: 26, type: 'objectLink', operations: '' },
    lwm2mCoseSecurity: { id: 27, type: 'objectLink', operations: '', multiple: true },
    rdsDestinationPort: { id: 28, type: 'integer', operations: '', range: [0, 15] },
    rdsSourcePort: { id: 29, type: 'integer', operations: '', range: [0, 15] },
    rdsApplicationId: { id: 30, type: 'string', operations: '' },
  },
})
