import { defineObject } from '../definition.ts'

/** uCIFI LPWAN Communication, version 1.0. */
export const lpwanCommunication = defineObject({
  id: 3412,
  name: 'LPWAN Communication',
  multiple: true,
  resources: {
    typeOfNetwork: { id: 1, type: 'string', operations: 'R' },
    ipv4Address: { id: 2, type: 'string', operations: 'RW', multiple: true },
    ipv6Address: { id: 3, type: 'string', operations: 'RW', multiple: true },
    networkAddress: { id: 4, type: 'string', operations: 'RW', multiple: true },
    secondaryNetworkAddress: { id: 5, type: 'string', operations: 'RW', multiple: true },
    macAddress: { id: 6, type: 'string', operations: 'RW', mandatory: true },
    peerAddress: { id: 7, type: 'string', operations: 'R', multiple: true },
    multicastGroupAddress: { id: 8, type: 'string', operations: 'RW', multiple: true },
    multicastGroupKey: { id: 9, type: 'string', operations: 'RW', multiple: true },
    dataRate: { id: 10, type: 'integer', operations: 'RW', units: 'B/s' },
    transmitPower: { id: 11, type: 'float', operations: 'R', units: 'dBm' },
    frequency: { id: 12, type: 'float', operations: 'RW', units: 'Hz' },
    sessionTime: { id: 13, type: 'time', operations: 'RW' },
    sessionDuration: { id: 14, type: 'time', operations: 'R', units: 's' },
    meshNode: { id: 15, type: 'boolean', operations: 'RW' },
    maximumRepeatTime: { id: 16, type: 'integer', operations: 'RW' },
    numberOfRepeats: { id: 17, type: 'integer', operations: 'R' },
    signalToNoiseRatio: { id: 18, type: 'float', operations: 'R', units: 'dB' },
    communicationFailure: { id: 19, type: 'boolean', operations: 'R' },
    receivedSignalStrengthIndication: { id: 20, type: 'float', operations: 'R', units: 'dBm' },
    imsi: { id: 21, type: 'string', operations: 'R' },
    imei: { id: 22, type: 'string', operations: 'R' },
    currentCommunicationOperator: { id: 23, type: 'string', operations: 'R' },
    integratedCircuitCardIdentifier: { id: 24, type: 'string', operations: 'R' },
  },
})
