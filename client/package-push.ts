import type { ObjectsApi } from '../objects/objects.ts'
import type { PackageError } from './package-error.ts'
import type { PackageStore } from './package-store.ts'

/** What is told of packages that servers write. */
export interface PackagePushListener {
  /** A server begins to write a package; a throw refuses it. */
  begun(totalBytes: number | undefined): void
  /** All of it is in the store; the response waits for the Promise, whose PackageError becomes the response and is told to `failed`. */
  received(bytes: number): void | Promise<void>
  /** An empty Write, or a single NUL: the server cancels. */
  emptied(): void
  failed(error: PackageError): void
}

export interface PackagePushOptions {
  readonly maximumBytes: number
}

/** Puts what servers write to a resource into a store. Returns the function that ends this. */
export function receivePackage(
  _objects: ObjectsApi,
  _path: string,
  _store: PackageStore,
  _listener: PackagePushListener,
  _options: PackagePushOptions,
): () => void {
  throw new Error('not built yet')
}
