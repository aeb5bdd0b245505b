import { PackageError, type PackageErrorCode } from './package-error.ts'

/** What the application or its store threw, as an error with a code; one that has none gets this. */
export function asPackageError(error: unknown, code: PackageErrorCode): PackageError {
  if (error instanceof PackageError) return error
  // Its message is the application's: it may hold what is not to be told.
  return new PackageError(code, messages[code], { cause: error })
}

const messages: Readonly<Record<PackageErrorCode, string>> = {
  NOT_ENOUGH_STORAGE: 'the package cannot be stored',
  OUT_OF_MEMORY: 'there is not enough memory',
  CONNECTION_LOST: 'the transfer of the package broke off',
  INTEGRITY_FAILED: 'the package is not what it should be',
  UNSUPPORTED_PACKAGE: 'it is no package for this device',
  INVALID_URI: 'the URI leads to no package',
  UNSUPPORTED_PROTOCOL: 'the URI is of another protocol',
  UPDATE_FAILED: 'the package could not be applied',
  CANCELLED: 'it was cancelled',
  DEFERRED: 'it was put off',
}
