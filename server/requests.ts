import { OperationError } from '../objects/errors.ts'
import { parseLinks } from '../objects/formats/link-format.ts'
import { type CoapMessage, Code } from '../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../transport/coap/options.ts'
import type { PeerConnection } from '../transport/coap/peer-connection.ts'
import {
  decodeDeregister,
  decodeRegister,
  decodeUpdate,
  encodeRegistered,
  type UpdateParameters,
} from '../transport/lwm2m/uplink.ts'
import { checkEndpoint, failure, success } from './answers.ts'
import type { Registrations } from './registrations.ts'

/** What a registration may take: a list of some 5,000 instances. */
const maximumLinksBytes = 65_536

/**
 * Answers a request of the Registration interface (LwM2M Transport 1.2.2 §6.4.3): Register, Update and De-register.
 * Never throws for what a client sent.
 */
export function answerRegistration(
  registrations: Registrations,
  request: CoapMessage,
  connection: PeerConnection,
): CoapMessage {
  try {
    return (
      register(registrations, request, connection) ??
      update(registrations, request, connection) ??
      deregister(registrations, request, connection)
    )
  } catch (error) {
    return failure(error)
  }
}

function register(
  registrations: Registrations,
  request: CoapMessage,
  connection: PeerConnection,
): CoapMessage | undefined {
  const parameters = decodeRegister(request)
  if (parameters === undefined) return undefined
  const endpoint = checkEndpoint(parameters.endpoint)
  refuseProfiles(parameters)
  const contentFormats = readLinks(parameters.objectLinks)
  return encodeRegistered(registrations.register(endpoint, { ...parameters, contentFormats }, connection).location)
}

function update(
  registrations: Registrations,
  request: CoapMessage,
  connection: PeerConnection,
): CoapMessage | undefined {
  const decoded = decodeUpdate(request)
  if (decoded === undefined) return undefined
  const { location, parameters } = decoded
  refuseProfiles(parameters)
  const { objectLinks } = parameters
  const announced = objectLinks === undefined ? {} : { contentFormats: readLinks(objectLinks) }
  registrations.update(location, { ...parameters, ...announced }, connection)
  return success(Code.changed)
}

function deregister(registrations: Registrations, request: CoapMessage, connection: PeerConnection): CoapMessage {
  const location = decodeDeregister(request)
  if (location === undefined) throw notServed(request)
  registrations.deregister(location, connection)
  return success(Code.deleted)
}

/** No profile is known here, so the client has to list its objects instead (LwM2M Core 1.2.2 §6.2.1). */
function refuseProfiles({ profileIds }: UpdateParameters): void {
  if (profileIds !== undefined) throw new OperationError('CONFLICT', 'this Profile ID is not known')
}

/** Checks the list of objects and returns the Content-Formats of its root. Throws OperationError, FormatError. */
function readLinks(objectLinks: string): number[] {
  if (objectLinks.length > maximumLinksBytes) {
    throw new OperationError('REQUEST_ENTITY_TOO_LARGE', 'the list of objects is too long')
  }
  const root = parseLinks(objectLinks).find(({ target }) => target === '/')
  const contentFormats = root?.attributes['ct']
  return typeof contentFormats === 'string' ? contentFormats.split(' ').map(Number).filter(Number.isInteger) : []
}

/** The resources of Registration and Send exist but have other methods; there is nothing else here. */
function notServed(request: CoapMessage): OperationError {
  const path = findStrings(request, OptionNumber.uriPath)
  const [root] = path
  return (root === 'rd' && path.length <= 2) || (root === 'dp' && path.length === 1)
    ? new OperationError('METHOD_NOT_ALLOWED', 'there is no such operation')
    : new OperationError('NOT_FOUND', 'only Registration and Send are served here')
}
