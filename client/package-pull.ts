import type { PackageStore } from './package-store.ts'

/** What downloads of packages have in common; filled by the downloader. */
export interface DownloadSettings {
  /** How often a transfer that breaks is taken up again. */
  readonly attempts?: number
}

export interface PackageBegin {
  /** Tells this version of the package from others; undefined: it cannot be resumed. */
  readonly validator?: string
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
  readonly validator?: string
  readonly maximumBytes: number
  readonly settings?: DownloadSettings
  /** Before the first byte; awaited: what is to be noted to go on after a restart. */
  readonly onBegin: (begin: PackageBegin) => void | Promise<void>
  readonly onProgress?: (progress: PackageProgress) => void
  readonly signal: AbortSignal
}

/** Downloads a package into its store. Rejects with PackageError. */
export function pullPackage(_pull: PackagePull): Promise<{ readonly bytes: number }> {
  throw new Error('not built yet')
}

/** /5/0/8: CoAP, CoAPS, HTTP, HTTPS, CoAP over TCP, CoAP over TLS. */
export const supportedProtocols: readonly number[] = [0, 1, 2, 3, 4, 5]
