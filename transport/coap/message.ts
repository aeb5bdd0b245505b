/** Message types of CoAP over UDP (RFC 7252 §3). Over TCP they have no meaning and stay `nonConfirmable`. */
export const MessageType = { confirmable: 0, nonConfirmable: 1, acknowledgement: 2, reset: 3 } as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** Codes as the byte on the wire: class in the upper three bits, detail in the lower five (RFC 7252 §3). */
export const Code = {
  empty: 0x00,
  get: 0x01,
  post: 0x02,
  put: 0x03,
  delete: 0x04,
  fetch: 0x05,
  iPatch: 0x07,
  created: 0x41,
  deleted: 0x42,
  valid: 0x43,
  changed: 0x44,
  content: 0x45,
  continue: 0x5f,
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
  gatewayTimeout: 0xa4,
  proxyingNotSupported: 0xa5,
  /** Signaling of connections over streams (RFC 8323 §5). */
  csm: 0xe1,
  ping: 0xe2,
  pong: 0xe3,
  release: 0xe4,
  abort: 0xe5,
} as const

export interface CoapOption {
  readonly number: number
  readonly value: Uint8Array
}

/** A request or response: what is the same over UDP and TCP. */
export interface CoapMessage {
  /** One of {@link Code}, or any other code byte a peer sent. */
  readonly code: number
  /** In ascending order of number; repeated options keep their order. */
  readonly options: readonly CoapOption[]
  readonly payload: Uint8Array
}

/** A whole message of the message layer over streams (RFC 8323 §3.2). */
export interface CoapFrame extends CoapMessage {
  /** 0–8 bytes. */
  readonly token: Uint8Array
}

/** A whole message of the UDP message layer. */
export interface CoapDatagram extends CoapMessage {
  readonly type: MessageType
  /** 0–65535. */
  readonly messageId: number
  /** 0–8 bytes. */
  readonly token: Uint8Array
}

export const noPayload: Uint8Array = new Uint8Array(0)

/** An error response with a text for people (RFC 7252 §5.5.2). */
export function diagnostic(code: number, text: string): CoapMessage {
  return { code, options: [], payload: Buffer.from(text, 'utf8') }
}

export function isRequest(code: number): boolean {
  return code !== Code.empty && code >> 5 === 0
}

export function isResponse(code: number): boolean {
  const codeClass = code >> 5
  return codeClass === 2 || codeClass === 4 || codeClass === 5
}

/** 7.xx (RFC 8323 §5.1). */
export function isSignal(code: number): boolean {
  return code >> 5 === 7
}

/** 2.xx (RFC 7252 §5.9.1). */
export function isSuccess(code: number): boolean {
  return code >> 5 === 2
}

/** `4.04` for 0x84. */
export function formatCode(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`
}

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(Code).map(([name, code]) => [code, code < 0x20 && code > 0 ? methodName(name) : phrase(name)]),
)

/** `GET`, `4.04 Not Found`; an unknown code is its number alone. */
export function describeCode(code: number): string {
  const name = names.get(code)
  if (isRequest(code)) return name ?? formatCode(code)
  return name === undefined ? formatCode(code) : `${formatCode(code)} ${name}`
}

function methodName(name: string): string {
  return name === 'iPatch' ? 'iPATCH' : name.toUpperCase()
}

/** `notFound` → `Not Found`. */
function phrase(name: string): string {
  if (name === 'csm') return 'CSM'
  return name.replace(/^./, first => first.toUpperCase()).replace(/([a-z])([A-Z])/g, '$1 $2')
}
