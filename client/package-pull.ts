import { type DownloadSettings, downloadTo } from './download.ts'
import { DownloadError, type DownloadErrorCode } from './download-error.ts'
import { PackageError, type PackageErrorCode } from './package-error.ts'
import type { PackageStore } from './package-store.ts'

/** What is known of where a package comes from, to go on with it after a restart. */
export interface PackageSource {
  /** Tells this version of the package from others; undefined: it cannot be resumed. */
  readonly validator?: string | undefined
  /** Of the client, where the server may know by it what to go on with. */
  readonly localPort?: number | undefined
}

interface PackageBegin extends PackageSource {
  /** 0: from the beginning, the store was cleared. */
  readonly fromBytes: number
  readonly totalBytes?: number
}

export interface PackageProgress {
  readonly bytes: number
  readonly totalBytes?: number
}

export interface PackagePull {
  readonly uri: string
  readonly store: PackageStore
  /** In the store already. */
  readonly bytes: number
  /** Of those bytes. */
  readonly source: PackageSource
  readonly maximumBytes: number
  readonly settings?: DownloadSettings
  /** Before the first byte, and whenever it starts over; awaited: what is to be noted to go on after a restart. */
  readonly onBegin: (begin: PackageBegin) => void | Promise<void>
  readonly onProgress?: (progress: PackageProgress) => void
  readonly signal: AbortSignal
}

/** /5/0/8: CoAP, CoAPS, HTTP, HTTPS, CoAP over TCP, CoAP over TLS. */
export const supportedProtocols: readonly number[] = [0, 1, 2, 3, 4, 5]

/** What LwM2M calls it (LwM2M Core 1.2.2 §E.6, resource 5). */
const codes: Readonly<Record<DownloadErrorCode, PackageErrorCode>> = {
  INVALID_URI: 'INVALID_URI',
  HOST_NOT_FOUND: 'INVALID_URI',
  REFUSED: 'INVALID_URI',
  UNSUPPORTED_PROTOCOL: 'UNSUPPORTED_PROTOCOL',
  // A device without credentials for it does not speak the protocol.
  INVALID_SECURITY: 'UNSUPPORTED_PROTOCOL',
  HANDSHAKE: 'CONNECTION_LOST',
  CONNECTION_LOST: 'CONNECTION_LOST',
  SERVER_FAILED: 'CONNECTION_LOST',
  INVALID_RESPONSE: 'CONNECTION_LOST',
  CHANGED: 'INTEGRITY_FAILED',
  TOO_LARGE: 'NOT_ENOUGH_STORAGE',
  CANCELLED: 'CANCELLED',
}

/**
 * Downloads a package into its store, and goes on with what is there where `source` tells that it is the same. Rejects with
 * PackageError, and with what the store or the application threw.
 */
export async function pullPackage(pull: PackagePull): Promise<{ readonly bytes: number }> {
  const { uri, store, bytes, source, maximumBytes, settings, onProgress, signal } = pull
  const { validator, localPort } = source
  let isEmpty = bytes === 0
  try {
    const { bytes: all } = await downloadTo(uri, part => append(part), {
      ...settings,
      maximumBytes,
      signal,
      ...(onProgress && { onProgress }),
      ...(!isEmpty &&
        validator !== undefined && { from: { bytes, validator, ...(localPort !== undefined && { localPort }) } }),
      onBegin: async begin => {
        // Before it is noted what the bytes belong to: never those of one version with the validator of another.
        if (begin.fromBytes === 0 && !isEmpty) {
          await store.clear()
          isEmpty = true
        }
        await pull.onBegin(begin)
      },
    })
    return { bytes: all }
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error
    // A name that led somewhere before is no fault of the URI.
    const isLost = error.code === 'HOST_NOT_FOUND' && !isEmpty
    throw new PackageError(isLost ? 'CONNECTION_LOST' : codes[error.code], error.message, { cause: error })
  }

  async function append(part: Uint8Array): Promise<void> {
    isEmpty = false
    await store.append(part)
  }
}

/** Without whatever else stands beside it. */
export function packageSource({ validator, localPort }: PackageSource): PackageSource {
  return { validator, localPort }
}
