/** Why an end of a session gives up, as it tells the other (RFC 5246 §7.2, RFC 6066 §9, RFC 4279 §6). */
export const AlertDescription = {
  closeNotify: 0,
  unexpectedMessage: 10,
  badRecordMac: 20,
  recordOverflow: 22,
  handshakeFailure: 40,
  badCertificate: 42,
  unsupportedCertificate: 43,
  certificateRevoked: 44,
  certificateExpired: 45,
  certificateUnknown: 46,
  illegalParameter: 47,
  unknownCa: 48,
  accessDenied: 49,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  insufficientSecurity: 71,
  internalError: 80,
  userCanceled: 90,
  noRenegotiation: 100,
  unsupportedExtension: 110,
  unrecognizedName: 112,
  badCertificateStatusResponse: 113,
  unknownPskIdentity: 115,
  /** Of TLS 1.3 (RFC 8446 §6.2). */
  certificateRequired: 116,
  noApplicationProtocol: 120,
} as const

export type AlertCode = (typeof AlertDescription)[keyof typeof AlertDescription]

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(AlertDescription).map(([key, code]) => [
    code,
    key.replaceAll(/[A-Z]/g, letter => `_${letter}`).toLowerCase(),
  ]),
)

/** The name of an alert as the specification writes it, `bad_record_mac`; `alert 99` for one that it does not know. */
export function alertName(code: number): string {
  return names.get(code) ?? `alert ${code}`
}

/** What the peer did wrong. `alert` is what it is to be told; the message never holds a secret. */
export class DtlsError extends Error {
  override readonly name = 'DtlsError'
  readonly code = 'DTLS'
  readonly alert: AlertCode

  constructor(alert: AlertCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.alert = alert
  }
}

export interface Alert {
  /** Whether the sender ended the session with it; a warning otherwise. */
  readonly fatal: boolean
  /** 0–255: an {@link AlertDescription}, or one that this end does not know. */
  readonly description: number
}

const warning = 1
const fatalLevel = 2

/** The content of an alert record. */
export function encodeAlert(fatal: boolean, description: AlertCode): Buffer {
  return Buffer.from([fatal ? fatalLevel : warning, description])
}

/** Throws {@link DtlsError} `decodeError` or `illegalParameter` for what is no alert. */
export function decodeAlert(bytes: Uint8Array): Alert {
  const [level, description] = bytes
  if (bytes.length !== 2 || level === undefined || description === undefined) {
    throw new DtlsError(AlertDescription.decodeError, 'an alert has two bytes')
  }
  if (level !== warning && level !== fatalLevel) {
    throw new DtlsError(AlertDescription.illegalParameter, `an alert has no level ${level}`)
  }
  return { fatal: level === fatalLevel, description }
}
