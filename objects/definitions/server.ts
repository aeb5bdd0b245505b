import { defineObject } from '../definition.ts'

/** LwM2M Server, version 1.0 (LwM2M 1.0.2 §E.2). */
export const server10 = defineObject({
  id: 1,
  name: 'LwM2M Server',
  multiple: true,
  mandatory: true,
  resources: {
    shortServerId: { id: 0, type: 'integer', operations: 'R', mandatory: true, range: [1, 65535] },
    lifetime: { id: 1, type: 'integer', operations: 'RW', mandatory: true, units: 's' },
    defaultMinimumPeriod: { id: 2, type: 'integer', operations: 'RW', units: 's' },
    defaultMaximumPeriod: { id: 3, type: 'integer', operations: 'RW', units: 's' },
    disable: { id: 4, type: 'none', operations: 'E' },
    disableTimeout: { id: 5, type: 'integer', operations: 'RW', units: 's' },
    notificationStoringWhenDisabledOrOffline: { id: 6, type: 'boolean', operations: 'RW', mandatory: true },
    binding: { id: 7, type: 'string', operations: 'RW', mandatory: true },
    registrationUpdateTrigger: { id: 8, type: 'none', operations: 'E', mandatory: true },
  },
})

/** LwM2M Server, version 1.1 (LwM2M Core 1.1.1 §E.2): one instance for each server the client registers with. */
export const server = defineObject({
  ...server10,
  version: '1.1',
  resources: {
    ...server10.resources,
    shortServerId: { id: 0, type: 'integer', operations: 'R', mandatory: true, range: [1, 65534] },
    bootstrapRequestTrigger: { id: 9, type: 'none', operations: 'E' },
    apnLink: { id: 10, type: 'objectLink', operations: 'RW' },
    tlsDtlsAlertCode: { id: 11, type: 'unsigned', operations: 'R', range: [0, 255] },
    lastBootstrapped: { id: 12, type: 'time', operations: 'R' },
    registrationPriorityOrder: { id: 13, type: 'unsigned', operations: '' },
    initialRegistrationDelayTimer: { id: 14, type: 'unsigned', operations: '', units: 's' },
    registrationFailureBlock: { id: 15, type: 'boolean', operations: '' },
    bootstrapOnRegistrationFailure: { id: 16, type: 'boolean', operations: '' },
    communicationRetryCount: { id: 17, type: 'unsigned', operations: '' },
    communicationRetryTimer: { id: 18, type: 'unsigned', operations: '', units: 's' },
    communicationSequenceDelayTimer: { id: 19, type: 'unsigned', operations: '' },
    communicationSequenceRetryCount: { id: 20, type: 'unsigned', operations: '' },
    trigger: { id: 21, type: 'boolean', operations: 'RW' },
    preferredTransport: { id: 22, type: 'string', operations: 'RW' },
    muteSend: { id: 23, type: 'boolean', operations: 'RW' },
  },
})

/** LwM2M Server, version 1.2 (LwM2M Core 1.2.2 §E.2). */
export const server12 = defineObject({
  ...server,
  version: '1.2',
  resources: {
    ...server.resources,
    registrationPriorityOrder: { id: 13, type: 'unsigned', operations: 'R' },
    initialRegistrationDelayTimer: { id: 14, type: 'unsigned', operations: 'RW', units: 's' },
    registrationFailureBlock: { id: 15, type: 'boolean', operations: 'R' },
    bootstrapOnRegistrationFailure: { id: 16, type: 'boolean', operations: 'R' },
    communicationRetryCount: { id: 17, type: 'unsigned', operations: 'RW' },
    communicationRetryTimer: { id: 18, type: 'unsigned', operations: 'RW', units: 's' },
    communicationSequenceDelayTimer: { id: 19, type: 'unsigned', operations: 'RW', units: 's' },
    communicationSequenceRetryCount: { id: 20, type: 'unsigned', operations: 'RW' },
    alternateApnLinks: { id: 24, type: 'objectLink', operations: 'RW', multiple: true },
    supportedServerVersions: { id: 25, type: 'string', operations: 'RW', multiple: true },
    defaultNotificationMode: { id: 26, type: 'integer', operations: 'RW', range: [0, 1] },
    profileIdHashAlgorithm: { id: 27, type: 'unsigned', operations: 'RW', range: [0, 255] },
  },
})
