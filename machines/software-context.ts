/** What a Software Management instance was at when its process ended. */
export type SoftwarePhase =
  | 'initial'
  /** In INITIAL, what is in place goes. */
  | 'removing'
  | 'pushing'
  | 'pulling'
  | 'downloaded'
  | 'delivered'
  | 'installing'
  | 'inactive'
  | 'active'
  | 'uninstalling'

/** Of a package, as the application tells it: PkgName and PkgVersion (/9/x/0, /9/x/1). */
export interface SoftwareName {
  readonly name: string
  readonly version: string
}

/** What outlives the process: JSON data without secrets. */
export interface SavedSoftware extends SoftwareName {
  readonly phase: SoftwarePhase
  readonly result: number
  readonly isInPlace: boolean
  readonly isForUpdate: boolean
}

export interface SoftwareInput {
  /** Nothing may be downloaded at first. */
  readonly held: boolean
  /** What an earlier run has left. */
  readonly saved?: SavedSoftware | undefined
}

/** The memory of a Software Management instance: JSON data without secrets. */
export interface SoftwareContext extends SoftwareName {
  /** Update Result (/9/x/9). */
  readonly result: number
  /** Software is on the device: until it is uninstalled, also while a package that is to replace it comes. */
  readonly isInPlace: boolean
  /** Of an Uninstall under way: it makes room for an upgrade (argument 1). */
  readonly isForUpdate: boolean
  /** Nothing may be downloaded. */
  readonly held: boolean
  /** Where an earlier run ended, until what follows from that has an end. */
  readonly resumed: SoftwarePhase | undefined
}

/** What an instance is told. */
export type SoftwareCommand =
  /** A server begins to write the package (/9/x/2). */
  | { readonly type: 'push.begun' }
  | { readonly type: 'push.received' }
  | { readonly type: 'push.failed'; readonly result: number }
  /** A server has written where the package is (/9/x/3). */
  | { readonly type: 'uri.written' }
  /** A server has emptied the package or its URI. */
  | { readonly type: 'reset' }
  /** The network must not be used for a while. */
  | { readonly type: 'hold' }
  | { readonly type: 'release' }
  | { readonly type: 'install' }
  | { readonly type: 'activate' }
  | { readonly type: 'deactivate' }
  | { readonly type: 'uninstall'; readonly isForUpdate: boolean }

/** Update Result, by the name of what has happened (/9/x/9). */
export const softwareResult = {
  initial: 0,
  downloading: 1,
  installed: 2,
  verified: 3,
  notEnoughStorage: 50,
  outOfMemory: 51,
  connectionLost: 52,
  integrityFailed: 53,
  unsupportedPackage: 54,
  invalidUri: 56,
  deviceError: 57,
  installFailed: 58,
  uninstallFailed: 59,
} as const

export const noName: SoftwareName = { name: '', version: '' }

export function initialSoftwareContext({ held, saved }: SoftwareInput): SoftwareContext {
  return {
    name: saved?.name ?? '',
    version: saved?.version ?? '',
    result: saved?.result ?? softwareResult.initial,
    isInPlace: saved?.isInPlace ?? false,
    isForUpdate: saved?.isForUpdate ?? false,
    held,
    resumed: saved?.phase,
  }
}
