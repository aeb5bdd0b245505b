import { DtlsError } from '../transport/dtls/alert.ts'
import { OptionsError } from './options-error.ts'

/** What is wrong with certificates or keys, in one line. Throws anything else that was thrown. */
export function credentialFault(error: unknown): string {
  if (error instanceof DtlsError || error instanceof RangeError) return error.message
  throw error
}

/** Makes credentials of options; `subject` is the option. Throws OptionsError for those that are none. */
export function checked<T>(subject: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    throw new OptionsError(`${subject}: ${credentialFault(error)}`, { cause: error })
  }
}
