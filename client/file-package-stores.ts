import { readdirSync } from 'node:fs'
import { filePackageStore } from './file-package-store.ts'
import { errorCode } from './file-system.ts'
import type { PackageStoreOptions } from './memory-package-store.ts'
import type { PackageStores } from './package-stores.ts'

/**
 * Keeps each package in a directory of its own below `directory`, named by its instance, see {@link filePackageStore}. A
 * directory that cannot be read makes `list` throw, with the error of `node:fs`; one that is not there is empty.
 */
export function filePackageStores(directory: string, options: PackageStoreOptions = {}): PackageStores {
  return {
    list: () => namesIn(directory).filter(isInstanceId).map(Number),
    open: instanceId => filePackageStore(`${directory}/${instanceId}`, options),
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

function isInstanceId(name: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(name) && Number(name) < 65_535
}
