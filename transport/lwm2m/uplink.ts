import type { EnablerVersion } from '../../objects/enabler.ts'
import { OperationError } from '../../objects/errors.ts'
import { ContentFormat } from '../../objects/formats/format.ts'
import { type CoapMessage, type CoapOption, Code, noPayload } from '../coap/message.ts'
import { findStrings, findUint, OptionNumber, pathOptions, stringOption, uintOption } from '../coap/options.ts'
import { readEndpoint, readQuery } from './query.ts'

/** What a Register request says (LwM2M Core 1.2.2 §6.2.1). */
export interface RegisterParameters {
  /** Endpoint Client Name; a server may know it from the security layer instead. */
  readonly endpoint?: string
  readonly version: EnablerVersion
  readonly lifetimeSeconds: number
  /** Binding modes such as `U`; absent means `U`. */
  readonly binding?: string
  /** Whether the client uses queue mode (1.1 and later). */
  readonly queueMode?: boolean
  readonly smsNumber?: string
  /** Lists of objects by reference (LwM2M 1.2), for example `oma:1` or the hash `6:1234abcd`; at least one. */
  readonly profileIds?: readonly string[]
  /** Objects and instances in link format. */
  readonly objectLinks: string
}

/** What an Update request changes (LwM2M Core 1.2.2 §6.2.2); what is absent stays. */
export interface UpdateParameters {
  readonly lifetimeSeconds?: number
  readonly binding?: string
  /** Whether the client uses queue mode; an Update can only say that it does (LwM2M Transport 1.2.2 §6.4.3). */
  readonly queueMode?: boolean
  readonly smsNumber?: string
  readonly profileIds?: readonly string[]
  readonly objectLinks?: string
}

/** The registration's path at the server, for example `['rd', '5a3f']`. */
export type RegistrationLocation = readonly string[]

const registrationPath = 'rd'

/** Lifetime of a registration that names none (LwM2M Core 1.2.2 §6.2.1). */
const defaultLifetimeSeconds = 86_400

export function encodeRegister(parameters: RegisterParameters): CoapMessage {
  const { endpoint, version, objectLinks } = parameters
  const query = [`lwm2m=${version}`]
  if (endpoint !== undefined) query.push(`ep=${endpoint}`)
  query.push(...updateQuery(parameters, 'U'))
  return linksMessage(Code.post, [registrationPath], query, objectLinks)
}

export function isRegister(request: CoapMessage): boolean {
  const path = findStrings(request, OptionNumber.uriPath)
  return request.code === Code.post && path.length === 1 && path[0] === registrationPath
}

/**
 * Reads a Register request; undefined when the request is none. Throws OperationError BAD_REQUEST,
 * UNSUPPORTED_CONTENT_FORMAT, or PRECONDITION_FAILED for a version of LwM2M that is not supported.
 */
export function decodeRegister(request: CoapMessage): RegisterParameters | undefined {
  if (!isRegister(request)) return undefined
  const query = readQuery(request, 'pid')
  const endpoint = readEndpoint(query)
  const version = query.get('lwm2m')
  if (version === undefined) throw new OperationError('BAD_REQUEST', 'the lwm2m parameter is missing')
  if (version !== '1.0' && version !== '1.1' && version !== '1.2') {
    throw new OperationError('PRECONDITION_FAILED', 'this LwM2M version is not supported')
  }
  return {
    lifetimeSeconds: defaultLifetimeSeconds,
    ...readUpdate(query),
    version,
    objectLinks: readLinks(request) ?? '',
    ...(endpoint === undefined ? {} : { endpoint }),
  }
}

export function encodeUpdate(location: RegistrationLocation, parameters: UpdateParameters): CoapMessage {
  return linksMessage(Code.post, location, updateQuery(parameters), parameters.objectLinks)
}

/**
 * Reads an Update request; undefined when the request is none. Throws OperationError BAD_REQUEST or
 * UNSUPPORTED_CONTENT_FORMAT.
 */
export function decodeUpdate(request: CoapMessage): { location: string; parameters: UpdateParameters } | undefined {
  const location = readLocation(request)
  if (request.code !== Code.post || location === undefined) return undefined
  const query = readQuery(request, 'pid')
  const objectLinks = readLinks(request)
  return {
    location,
    parameters: { ...readUpdate(query), ...(objectLinks === undefined ? {} : { objectLinks }) },
  }
}

export function encodeDeregister(location: RegistrationLocation): CoapMessage {
  return { code: Code.delete, options: pathOptions(OptionNumber.uriPath, location), payload: noPayload }
}

/** Reads a De-register request: the last segment of its location; undefined when the request is none. */
export function decodeDeregister(request: CoapMessage): string | undefined {
  return request.code === Code.delete ? readLocation(request) : undefined
}

/** The answer to a Register request (LwM2M Transport 1.2.2 §6.4.3). */
export function encodeRegistered(location: string): CoapMessage {
  return {
    code: Code.created,
    options: pathOptions(OptionNumber.locationPath, [registrationPath, location]),
    payload: noPayload,
  }
}

/** Where the server keeps the registration; undefined when its answer does not say. */
export function decodeRegistered(response: CoapMessage): RegistrationLocation | undefined {
  const location = findStrings(response, OptionNumber.locationPath)
  return location.length === 0 ? undefined : location
}

/** What a Send carries. */
export interface SendPayload {
  readonly contentFormat: number
  readonly payload: Uint8Array
}

const sendPath = 'dp'

/** The request of a Send (LwM2M Core 1.2.2 §6.4.6, Transport 1.2.2 §6.4.5). */
export function encodeSend({ contentFormat, payload }: SendPayload): CoapMessage {
  const options = [
    ...pathOptions(OptionNumber.uriPath, [sendPath]),
    uintOption(OptionNumber.contentFormat, contentFormat),
  ]
  return { code: Code.post, options, payload }
}

/**
 * Reads a Send; undefined when the request is none. Which formats may come is for the receiver to say. Throws
 * OperationError UNSUPPORTED_CONTENT_FORMAT for one that names no format.
 */
export function decodeSend(request: CoapMessage): SendPayload | undefined {
  const path = findStrings(request, OptionNumber.uriPath)
  if (request.code !== Code.post || path.length !== 1 || path[0] !== sendPath) return undefined
  const contentFormat = findUint(request, OptionNumber.contentFormat)
  if (contentFormat === undefined) throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', 'Content-Format missing')
  return { contentFormat, payload: request.payload }
}

/** The parameters that Register and Update share, in the order that servers know. */
function updateQuery(parameters: UpdateParameters, defaultBinding?: string): string[] {
  const { lifetimeSeconds, smsNumber, binding, queueMode, profileIds } = parameters
  const query: string[] = []
  if (lifetimeSeconds !== undefined) query.push(`lt=${lifetimeSeconds}`)
  if (smsNumber !== undefined) query.push(`sms=${smsNumber}`)
  if (binding !== undefined && binding !== defaultBinding) query.push(`b=${binding}`)
  if (queueMode === true) query.push('Q')
  if (profileIds !== undefined) query.push(`pid=${formatProfileIds(profileIds)}`)
  return query
}

function linksMessage(code: number, path: readonly string[], query: string[], links: string | undefined): CoapMessage {
  const options: CoapOption[] = pathOptions(OptionNumber.uriPath, path)
  if (links !== undefined) options.push(uintOption(OptionNumber.contentFormat, ContentFormat.link))
  for (const parameter of query) options.push(stringOption(OptionNumber.uriQuery, parameter))
  return { code, options, payload: links === undefined ? noPayload : Buffer.from(links, 'utf8') }
}

function readUpdate(query: ReadonlyMap<string, string>): UpdateParameters {
  const lifetimeSeconds = readLifetime(query)
  const binding = query.get('b')
  const smsNumber = query.get('sms')
  const profileIds = readProfileIds(query)
  return {
    ...(lifetimeSeconds === undefined ? {} : { lifetimeSeconds }),
    ...(binding === undefined ? {} : { binding }),
    ...(query.has('Q') ? { queueMode: true } : {}),
    ...(smsNumber === undefined ? {} : { smsNumber }),
    ...(profileIds === undefined ? {} : { profileIds }),
  }
}

/** One as it is, several in quotes (LwM2M Core 1.2.2 §6.2.1). */
function formatProfileIds(profileIds: readonly string[]): string {
  return profileIds.length === 1 ? (profileIds[0] as string) : `"${profileIds.join(',')}"`
}

/** Whether a text is a Profile ID (LwM2M Core 1.2.2 §6.2.1). */
export function isProfileId(text: string): boolean {
  return profileId.test(text)
}

const profileId = /^(?:\d+:[0-9a-f]+|(?:oma|v):[A-Za-z0-9-]+)$/

function readProfileIds(query: ReadonlyMap<string, string>): readonly string[] | undefined {
  const profileIds = query
    .get('pid')
    ?.replace(/"([^"]*)"/g, '$1')
    .split(',')
  if (profileIds === undefined) return undefined
  if (!profileIds.every(isProfileId)) throw new OperationError('BAD_REQUEST', 'pid is no Profile ID')
  return profileIds
}

function readLifetime(query: ReadonlyMap<string, string>): number | undefined {
  const text = query.get('lt')
  if (text === undefined) return undefined
  if (!/^\d{1,10}$/.test(text)) throw new OperationError('BAD_REQUEST', 'lt is no number of seconds')
  return Number(text)
}

function readLinks(request: CoapMessage): string | undefined {
  const contentFormat = findUint(request, OptionNumber.contentFormat)
  if (request.payload.length === 0) return undefined
  if (contentFormat !== undefined && contentFormat !== ContentFormat.link) {
    throw new OperationError('UNSUPPORTED_CONTENT_FORMAT', 'objects are listed in link format')
  }
  return Buffer.from(request.payload).toString('utf8')
}

function readLocation(request: CoapMessage): string | undefined {
  const path = findStrings(request, OptionNumber.uriPath)
  return path.length === 2 && path[0] === registrationPath ? path[1] : undefined
}
