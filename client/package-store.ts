/**
 * Where one package is kept, and what is known of it, over a restart: `filePackageStore(directory)`, `memoryPackageStore()`, or a
 * place of the application such as a flash partition. Calls come one after another: each waits for the Promise of the last.
 */
export interface PackageStore {
  /** What an earlier run has left. Called once, first. `note` is what was noted last, JSON data; undefined: nothing, or nothing of use. */
  load(): { readonly note: unknown; readonly bytes: number }
  /** Keeps JSON data beside the package, in one step; resolves when it is safe. */
  note(note: unknown): Promise<void>
  /** Adds bytes to the end of the package. Rejects with PackageError NOT_ENOUGH_STORAGE. */
  append(bytes: Uint8Array): Promise<void>
  /** Forgets the package, not the note. */
  clear(): Promise<void>
  /** The package from its beginning. */
  read(): AsyncIterable<Uint8Array>
}
