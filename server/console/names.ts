import { formatCode, type MessageType } from '../../transport/coap/message.ts'
import { ConsoleError } from './console-error.ts'

/** Content-Formats by the names test scripts use for them. */
export const contentFormats: ReadonlyMap<string, number> = new Map([
  ['TEXT_PLAIN', 0],
  ['APPLICATION_LINK', 40],
  ['APPLICATION_OCTET_STREAM', 42],
  ['APPLICATION_CBOR', 60],
  ['APPLICATION_LWM2M_SENML_JSON', 110],
  ['APPLICATION_LWM2M_SENML_CBOR', 112],
  ['APPLICATION_PKCS7_CERTS_ONLY', 281],
  ['APPLICATION_PKCS10', 286],
  ['APPLICATION_PKIX_CERT', 287],
  ['APPLICATION_LWM2M_SENML_ETCH_JSON', 320],
  ['APPLICATION_LWM2M_SENML_ETCH_CBOR', 322],
  ['APPLICATION_LWM2M_TEXT_LEGACY', 1541],
  ['APPLICATION_LWM2M_TLV_LEGACY', 1542],
  ['APPLICATION_LWM2M_JSON_LEGACY', 1543],
  ['APPLICATION_LWM2M_OPAQUE_LEGACY', 1544],
  ['APPLICATION_LWM2M_TLV', 11542],
  ['APPLICATION_LWM2M_JSON', 11543],
  ['APPLICATION_LWM2M_CBOR', 11544],
])

/** Codes, as the byte on the wire, by name (RFC 7252 §12.1, RFC 7959 §6, RFC 8132 §6, RFC 8323 §11.1). */
export const codes: ReadonlyMap<string, number> = new Map([
  ['EMPTY', 0x00],
  ['REQ_GET', 0x01],
  ['REQ_POST', 0x02],
  ['REQ_PUT', 0x03],
  ['REQ_DELETE', 0x04],
  ['REQ_FETCH', 0x05],
  ['REQ_PATCH', 0x06],
  ['REQ_IPATCH', 0x07],
  ['RES_CREATED', 0x41],
  ['RES_DELETED', 0x42],
  ['RES_VALID', 0x43],
  ['RES_CHANGED', 0x44],
  ['RES_CONTENT', 0x45],
  ['RES_CONTINUE', 0x5f],
  ['RES_BAD_REQUEST', 0x80],
  ['RES_UNAUTHORIZED', 0x81],
  ['RES_BAD_OPTION', 0x82],
  ['RES_FORBIDDEN', 0x83],
  ['RES_NOT_FOUND', 0x84],
  ['RES_METHOD_NOT_ALLOWED', 0x85],
  ['RES_NOT_ACCEPTABLE', 0x86],
  ['RES_REQUEST_ENTITY_INCOMPLETE', 0x88],
  ['RES_CONFLICT', 0x89],
  ['RES_PRECONDITION_FAILED', 0x8c],
  ['RES_REQUEST_ENTITY_TOO_LARGE', 0x8d],
  ['RES_UNSUPPORTED_CONTENT_FORMAT', 0x8f],
  ['RES_UNPROCESSABLE_ENTITY', 0x96],
  ['RES_INTERNAL_SERVER_ERROR', 0xa0],
  ['RES_NOT_IMPLEMENTED', 0xa1],
  ['RES_BAD_GATEWAY', 0xa2],
  ['RES_SERVICE_UNAVAILABLE', 0xa3],
  ['RES_GATEWAY_TIMEOUT', 0xa4],
  ['RES_PROXYING_NOT_SUPPORTED', 0xa5],
  ['SIGNALING_CSM', 0xe1],
  ['SIGNALING_PING', 0xe2],
  ['SIGNALING_PONG', 0xe3],
  ['SIGNALING_RELEASE', 0xe4],
  ['SIGNALING_ABORT', 0xe5],
])

/** Option numbers by name (RFC 7252 §12.2, RFC 7641, RFC 7959, RFC 8613, RFC 8768, RFC 7967, RFC 9175). */
export const optionNumbers: ReadonlyMap<string, number> = new Map([
  ['IF_MATCH', 1],
  ['URI_HOST', 3],
  ['ETAG', 4],
  ['IF_NONE_MATCH', 5],
  ['OBSERVE', 6],
  ['URI_PORT', 7],
  ['LOCATION_PATH', 8],
  ['OSCORE', 9],
  ['URI_PATH', 11],
  ['CONTENT_FORMAT', 12],
  ['MAX_AGE', 14],
  ['URI_QUERY', 15],
  ['HOP_LIMIT', 16],
  ['ACCEPT', 17],
  ['LOCATION_QUERY', 20],
  ['BLOCK2', 23],
  ['BLOCK1', 27],
  ['SIZE2', 28],
  ['PROXY_URI', 35],
  ['PROXY_SCHEME', 39],
  ['SIZE1', 60],
  ['ECHO', 252],
  ['NO_RESPONSE', 258],
  ['REQUEST_TAG', 292],
])

/** By {@link MessageType}. */
export const typeNames = ['CONFIRMABLE', 'NON_CONFIRMABLE', 'ACKNOWLEDGEMENT', 'RESET'] as const

export const messageTypes: ReadonlyMap<string, MessageType> = new Map([
  ['CONFIRMABLE', 0],
  ['NON_CONFIRMABLE', 1],
  ['ACKNOWLEDGEMENT', 2],
  ['RESET', 3],
])

/** Values of the resource Security Mode by name (LwM2M Core E.1, /0/x/2). */
export const securityModes: ReadonlyMap<string, number> = new Map([
  ['PreSharedKey', 0],
  ['RawPublicKey', 1],
  ['Certificate', 2],
  ['NoSec', 3],
  ['CertificateWithEst', 4],
])

const contentFormatNames = inverted(contentFormats)
const codeNames = inverted(codes)
const optionNames = inverted(optionNumbers)

/** `APPLICATION_LWM2M_TLV` for 11542; its number where a Content-Format has no name. */
export function contentFormatName(contentFormat: number): string {
  return contentFormatNames.get(contentFormat) ?? String(contentFormat)
}

/** `11542 (APPLICATION_LWM2M_TLV)`; its number alone where a Content-Format has no name. */
export function numberedContentFormat(contentFormat: number): string {
  const name = contentFormatNames.get(contentFormat)
  return name === undefined ? String(contentFormat) : `${contentFormat} (${name})`
}

/** `2.05 (RES_CONTENT)` for 0x45; `2.06` where a code has no name. */
export function codeName(code: number): string {
  const name = codeNames.get(code)
  return name === undefined ? formatCode(code) : `${formatCode(code)} (${name})`
}

/** `URI_PATH` for 11; `unknown` where an option has no name. */
export function optionName(number: number): string {
  return optionNames.get(number) ?? 'unknown'
}

/** The code written as `4.04` or `RES_NOT_FOUND`. Throws ConsoleError. */
export function parseCode(text: string): number {
  const named = codes.get(text)
  if (named !== undefined) return named
  const [, codeClass, detail] = /^([0-7])\.([0-2]\d|3[01])$/.exec(text) ?? []
  if (codeClass === undefined) throw new ConsoleError(`not a CoAP code: ${text} (expected 4.04 or RES_NOT_FOUND)`)
  return (Number(codeClass) << 5) | Number(detail)
}

function inverted(numbers: ReadonlyMap<string, number>): ReadonlyMap<number, string> {
  return new Map(Array.from(numbers, ([name, number]) => [number, name]))
}
