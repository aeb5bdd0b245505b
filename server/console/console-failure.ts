import { getSystemErrorMap } from 'node:util'
import { TransportError } from '../../transport/errors.ts'
import { ConsoleError } from './console-error.ts'

/** What there is to say where nothing is open. */
export function notConnected(): ConsoleError {
  return new ConsoleError('not connected to any remote host')
}

/**
 * An error of the network or a file, or of a field with no place on the wire, for whoever typed: in the words of the operating
 * system where it has some, `[Errno 111] Connection refused`. Throws any other error.
 */
export function consoleFailure(error: unknown, signal?: AbortSignal): ConsoleError {
  if (signal?.aborted === true) return new ConsoleError('interrupted', { cause: error })
  if (error instanceof ConsoleError) return error
  const text = systemText(error)
  if (text !== undefined) return new ConsoleError(text, { cause: error })
  if (!(error instanceof TransportError || error instanceof RangeError)) throw error
  return new ConsoleError(systemText(error.cause) ?? error.message, { cause: error })
}

/** From here on errors have numbers of libuv alone. */
const firstForeignNumber = 3_000

/** The words that test scripts know; undefined for what is no error of the operating system. */
export function systemText(error: unknown): string | undefined {
  if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) return undefined
  if (-error.errno >= firstForeignNumber) return undefined
  const [, words] = getSystemErrorMap().get(error.errno) ?? []
  return words && `[Errno ${-error.errno}] ${words.replace(/^./, first => first.toUpperCase())}`
}
