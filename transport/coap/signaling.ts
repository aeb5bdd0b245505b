import { printable } from '../printable.ts'
import { type CoapFrame, type CoapOption, Code, describeCode, noPayload } from './message.ts'
import { decodeUint, uintOption } from './options.ts'

/** What an end of a connection over a stream can do, told by its Capabilities and Settings Message (RFC 8323 §5.3). */
export interface Settings {
  /** Max-Message-Size: the largest message it accepts, from the first byte to the last. */
  readonly maximumMessageBytes: number
  /** Block-Wise-Transfer: whether it speaks RFC 7959; with messages larger than 1,152 bytes, BERT too (RFC 8323 §6). */
  readonly isBlockwise: boolean
}

/** What holds until the other end tells its settings (RFC 8323 §5.3.1, §5.3.2). */
export const baseSettings: Settings = { maximumMessageBytes: 1_152, isBlockwise: false }

/** Each signal has option numbers of its own (RFC 8323 §5.2). */
const SignalOption = {
  maxMessageSize: 2,
  blockWiseTransfer: 4,
  custody: 2,
  alternativeAddress: 2,
  holdOff: 4,
  badCsmOption: 2,
} as const

/** A message about the connection itself (RFC 8323 §5). */
export type Signal =
  /** The settings that it names; the others stay as they are. */
  | { readonly kind: 'csm'; readonly settings: Partial<Settings> }
  /** With `custody`, the Pong is to come once all before it was processed. */
  | { readonly kind: 'ping'; readonly token: Uint8Array; readonly custody: boolean }
  | { readonly kind: 'pong'; readonly token: Uint8Array; readonly custody: boolean }
  /** The peer wants to end; to come back somewhere else, or not before some time. */
  | { readonly kind: 'release'; readonly alternativeAddress?: string; readonly holdOffSeconds?: number }
  /** The peer ends at once. `text`: printable, at most 200 characters and `…` where it was longer. */
  | { readonly kind: 'abort'; readonly text: string; readonly badCsmOption?: number }
  | { readonly kind: 'unknown'; readonly code: number }

/** A signal with a critical option that cannot be processed: the connection is to be aborted (RFC 8323 §5.2). */
export class SignalError extends Error {
  override readonly name = 'SignalError'
  readonly code = 'SIGNAL_OPTION'
  /** The code of the message. */
  readonly signal: number
  /** The number of the option. */
  readonly option: number

  constructor(code: number, option: number) {
    super(`the critical option ${option} of ${describeCode(code)} cannot be processed`)
    this.signal = code
    this.option = option
  }
}

const noToken: Uint8Array = new Uint8Array(0)
const noValue: Uint8Array = new Uint8Array(0)
const longestText = 200

/** A Capabilities and Settings Message (RFC 8323 §5.3). */
export function encodeCsm({ maximumMessageBytes, isBlockwise }: Settings): CoapFrame {
  const options = [uintOption(SignalOption.maxMessageSize, maximumMessageBytes)]
  if (isBlockwise) options.push({ number: SignalOption.blockWiseTransfer, value: noValue })
  return signal(Code.csm, noToken, options)
}

/** A Ping; its Pong has the same token (RFC 8323 §5.4). */
export function encodePing(token: Uint8Array, custody = false): CoapFrame {
  return signal(Code.ping, token, custodyOptions(custody))
}

export function encodePong(token: Uint8Array, custody = false): CoapFrame {
  return signal(Code.pong, token, custodyOptions(custody))
}

/** RFC 8323 §5.5. */
export function encodeRelease(): CoapFrame {
  return signal(Code.release, noToken, [])
}

/** An Abort with a diagnostic text, and the option of a CSM that was the reason (RFC 8323 §5.6). */
export function encodeAbort(text: string, badCsmOption?: number): CoapFrame {
  const options = badCsmOption === undefined ? [] : [uintOption(SignalOption.badCsmOption, badCsmOption)]
  return signal(Code.abort, noToken, options, Buffer.from(text, 'utf8'))
}

function signal(
  code: number,
  token: Uint8Array,
  options: readonly CoapOption[],
  payload: Uint8Array = noPayload,
): CoapFrame {
  return { code, token, options, payload }
}

function custodyOptions(custody: boolean): readonly CoapOption[] {
  return custody ? [{ number: SignalOption.custody, value: noValue }] : []
}

/**
 * Reads a message of class 7. Elective options that are unknown, repeated or of a wrong length count as absent (RFC 7252
 * §5.4.1, §5.4.3, §5.4.5). Throws {@link SignalError}.
 */
export function decodeSignal(frame: CoapFrame): Signal {
  const { code, token, options } = frame
  // Every option of RFC 8323 is elective: one that is critical is always unknown.
  const critical = options.find(({ number }) => (number & 1) === 1)
  if (critical !== undefined) throw new SignalError(code, critical.number)
  switch (code) {
    case Code.csm:
      return { kind: 'csm', settings: settingsOf(options) }
    case Code.ping:
      return { kind: 'ping', token, custody: hasEmpty(options, SignalOption.custody) }
    case Code.pong:
      return { kind: 'pong', token, custody: hasEmpty(options, SignalOption.custody) }
    case Code.release:
      return releaseOf(options)
    case Code.abort:
      return abortOf(frame)
    default:
      return { kind: 'unknown', code }
  }
}

function settingsOf(options: readonly CoapOption[]): Partial<Settings> {
  const size = findUint(options, SignalOption.maxMessageSize, 4)
  return {
    // The base value is what every end accepts before it says anything: a lower one is no capability, and counts as unsaid.
    ...(size !== undefined && size >= baseSettings.maximumMessageBytes && { maximumMessageBytes: size }),
    ...(hasEmpty(options, SignalOption.blockWiseTransfer) && { isBlockwise: true }),
  }
}

function releaseOf(options: readonly CoapOption[]): Signal {
  const address = findValue(options, SignalOption.alternativeAddress, 1, 255)
  const holdOffSeconds = findUint(options, SignalOption.holdOff, 3)
  return {
    kind: 'release',
    ...(address !== undefined && { alternativeAddress: textOf(address) }),
    ...(holdOffSeconds !== undefined && { holdOffSeconds }),
  }
}

function abortOf({ options, payload }: CoapFrame): Signal {
  const badCsmOption = findUint(options, SignalOption.badCsmOption, 2)
  return { kind: 'abort', text: textOf(payload), ...(badCsmOption !== undefined && { badCsmOption }) }
}

function hasEmpty(options: readonly CoapOption[], number: number): boolean {
  return findValue(options, number, 0, 0) !== undefined
}

function findUint(options: readonly CoapOption[], number: number, maxBytes: number): number | undefined {
  const value = findValue(options, number, 0, maxBytes)
  return value === undefined ? undefined : decodeUint(value)
}

function findValue(
  options: readonly CoapOption[],
  number: number,
  minBytes: number,
  maxBytes: number,
): Uint8Array | undefined {
  const value = options.find(option => option.number === number)?.value
  return value !== undefined && value.length >= minBytes && value.length <= maxBytes ? value : undefined
}

function textOf(bytes: Uint8Array): string {
  return printable(Buffer.from(bytes.subarray(0, 4 * longestText)).toString('utf8'), longestText)
}
