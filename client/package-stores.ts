import { memoryPackageStore, type PackageStoreOptions } from './memory-package-store.ts'
import type { PackageStore } from './package-store.ts'

/** Where the packages of several instances are kept, one beside the other. */
export interface PackageStores {
  /** The instances of which an earlier run has left something. Called once, first. */
  list(): readonly number[]
  /** The place of one instance; called once for each. */
  open(instanceId: number): PackageStore
}

/** Keeps packages in memory, for a device that is made anew with the same stores: for tests, and for small packages. */
export function memoryPackageStores(options: PackageStoreOptions = {}): PackageStores {
  const stores = new Map<number, PackageStore>()
  return {
    list: () => [...stores.keys()],
    open: instanceId => {
      const store = stores.get(instanceId) ?? memoryPackageStore(options)
      stores.set(instanceId, store)
      return store
    },
  }
}
