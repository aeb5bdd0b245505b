import * as fc from 'fast-check'
import type { Extensions } from '../../transport/dtls/extensions.ts'
import { buffers, uint16s } from './dtls-decoders.ts'

const numbers = fc.array(uint16s, { minLength: 1, maxLength: 6 })
const pointFormats = fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 3 }).map(list => [0, ...list])
const certificateTypes = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength })

const either = {
  groups: numbers,
  pointFormats,
  encryptThenMac: fc.constant(true as const),
  extendedMasterSecret: fc.constant(true as const),
  connectionId: buffers(0, 20),
  renegotiationInfo: buffers(0, 24),
}

/** Any of the extensions in the form in which clients send them. */
export const clientExtensions: fc.Arbitrary<Extensions> = fc.record(
  {
    ...either,
    serverName: fc.stringMatching(/^[a-z0-9.-]{1,20}$/),
    signatureAlgorithms: numbers,
    clientCertificateTypes: certificateTypes(3),
    serverCertificateTypes: certificateTypes(3),
    sessionTicket: buffers(0, 40),
  },
  { requiredKeys: [], noNullPrototype: true },
)

/** Any of the extensions in the form in which servers send them. */
export const serverExtensions: fc.Arbitrary<Extensions> = fc.record(
  {
    ...either,
    serverName: fc.constant(''),
    sessionTicket: fc.constant(Buffer.alloc(0)),
    clientCertificateTypes: certificateTypes(1),
    serverCertificateTypes: certificateTypes(1),
  },
  { requiredKeys: [], noNullPrototype: true },
)
