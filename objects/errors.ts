/**
 * The response codes of the LwM2M interfaces as CoAP code bytes: class in the upper three bits, detail in the lower
 * five (RFC 7252 §12.1.2). `0x84` is 4.04.
 */
export const ResponseCode = {
  created: 0x41,
  deleted: 0x42,
  changed: 0x44,
  content: 0x45,
  badRequest: 0x80,
  unauthorized: 0x81,
  badOption: 0x82,
  forbidden: 0x83,
  notFound: 0x84,
  methodNotAllowed: 0x85,
  notAcceptable: 0x86,
  requestEntityIncomplete: 0x88,
  conflict: 0x89,
  preconditionFailed: 0x8c,
  requestEntityTooLarge: 0x8d,
  unsupportedContentFormat: 0x8f,
  internalServerError: 0xa0,
  notImplemented: 0xa1,
  serviceUnavailable: 0xa3,
} as const

export type ResponseCode = (typeof ResponseCode)[keyof typeof ResponseCode]

const operationErrorCodes = {
  BAD_REQUEST: ResponseCode.badRequest,
  UNAUTHORIZED: ResponseCode.unauthorized,
  BAD_OPTION: ResponseCode.badOption,
  FORBIDDEN: ResponseCode.forbidden,
  NOT_FOUND: ResponseCode.notFound,
  METHOD_NOT_ALLOWED: ResponseCode.methodNotAllowed,
  NOT_ACCEPTABLE: ResponseCode.notAcceptable,
  CONFLICT: ResponseCode.conflict,
  PRECONDITION_FAILED: ResponseCode.preconditionFailed,
  REQUEST_ENTITY_TOO_LARGE: ResponseCode.requestEntityTooLarge,
  UNSUPPORTED_CONTENT_FORMAT: ResponseCode.unsupportedContentFormat,
  INTERNAL_SERVER_ERROR: ResponseCode.internalServerError,
  NOT_IMPLEMENTED: ResponseCode.notImplemented,
  SERVICE_UNAVAILABLE: ResponseCode.serviceUnavailable,
} as const satisfies Record<string, ResponseCode>

export type OperationErrorCode = keyof typeof operationErrorCodes

/**
 * A LwM2M operation that cannot be performed. `code` is stable and meant for programs, `responseCode` is what goes on
 * the wire, `message` names the cause for people and never holds a resource value.
 */
export class OperationError extends Error {
  override readonly name = 'OperationError'
  readonly code: OperationErrorCode
  readonly responseCode: ResponseCode

  constructor(code: OperationErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.responseCode = operationErrorCodes[code]
  }
}

/** A payload that is not a valid document of its Content-Format. Answered with 4.00 by the operations. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
  readonly code = 'MALFORMED_PAYLOAD'
}

/** A text that is no LwM2M path, or an identifier out of its range (LwM2M Core 1.2.2 §7.2.2: 0–65534). */
export class PathError extends Error {
  override readonly name = 'PathError'
  readonly code = 'INVALID_PATH'
}

/** A value that the type or range of its resource does not allow. */
export class ValueError extends Error {
  override readonly name = 'ValueError'
  readonly code = 'INVALID_VALUE'
}

/** A document that is no acceptable object definition in XML. The message names the line and the cause. */
export class DdfError extends Error {
  override readonly name = 'DdfError'
  readonly code = 'INVALID_DDF'
}
