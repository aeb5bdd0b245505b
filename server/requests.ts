import { FormatError, OperationError, ResponseCode } from '../objects/errors.ts'
import { parseLinks } from '../objects/formats/link-format.ts'
import { type CoapMessage, Code, noPayload } from '../transport/coap/message.ts'
import { findStrings, OptionNumber } from '../transport/coap/options.ts'
import type { Address } from '../transport/connection.ts'
import {
  decodeDeregister,
  decodeRegister,
  decodeUpdate,
  encodeRegistered,
  type RegisterParameters,
} from '../transport/lwm2m/uplink.ts'
import type { Registrations } from './registrations.ts'

/** What a registration may take: a list of some 5,000 instances. */
const maximumLinksBytes = 65_536

const maximumEndpointLength = 200

/**
 * Answers a request of the Registration interface (LwM2M Transport 1.2.2 §6.4.2): Register, Update and De-register.
 * Never throws for what a client sent.
 */
export function answerRegistration(registrations: Registrations, request: CoapMessage, address: Address): CoapMessage {
  try {
    return (
      register(registrations, request, address) ??
      update(registrations, request, address) ??
      deregister(registrations, request)
    )
  } catch (error) {
    if (error instanceof OperationError) return failure(error.responseCode, error.message)
    if (error instanceof FormatError) return failure(ResponseCode.badRequest, error.message)
    throw error
  }
}

function register(registrations: Registrations, request: CoapMessage, address: Address): CoapMessage | undefined {
  const parameters = decodeRegister(request)
  if (parameters === undefined) return undefined
  const endpoint = checkEndpoint(parameters)
  const contentFormats = readLinks(parameters.objectLinks)
  return encodeRegistered(registrations.register(endpoint, { ...parameters, contentFormats }, address).location)
}

function update(registrations: Registrations, request: CoapMessage, address: Address): CoapMessage | undefined {
  const decoded = decodeUpdate(request)
  if (decoded === undefined) return undefined
  const { location, parameters } = decoded
  const { objectLinks } = parameters
  const announced = objectLinks === undefined ? {} : { contentFormats: readLinks(objectLinks) }
  registrations.update(location, { ...parameters, ...announced }, address)
  return success(Code.changed)
}

function deregister(registrations: Registrations, request: CoapMessage): CoapMessage {
  const location = decodeDeregister(request)
  if (location === undefined) throw notServed(request)
  registrations.deregister(location)
  return success(Code.deleted)
}

/** Without security there is nothing but `ep` to know a client by. It ends up in logs, so it must be plain text. */
function checkEndpoint({ endpoint }: RegisterParameters): string {
  if (endpoint === undefined) throw new OperationError('BAD_REQUEST', 'the ep parameter is missing')
  if (endpoint.length === 0 || endpoint.length > maximumEndpointLength || /[\p{Cc}\ufffd]/u.test(endpoint)) {
    throw new OperationError('BAD_REQUEST', 'the ep parameter is no endpoint name')
  }
  return endpoint
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

/** The registration resources exist but have other methods; there is nothing else here. */
function notServed(request: CoapMessage): OperationError {
  const [root, , ...below] = findStrings(request, OptionNumber.uriPath)
  return root === 'rd' && below.length === 0
    ? new OperationError('METHOD_NOT_ALLOWED', 'the Registration interface has no such operation')
    : new OperationError('NOT_FOUND', 'only the Registration interface is served here')
}

function success(code: number): CoapMessage {
  return { code, options: [], payload: noPayload }
}

/** RFC 7252 §5.5.2: the payload of an error is a text for people. */
function failure(code: number, message: string): CoapMessage {
  return { code, options: [], payload: Buffer.from(message) }
}
