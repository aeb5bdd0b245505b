import { dirname } from 'node:path'
import type { FileSystem } from './file-system.ts'

/**
 * Gives a file another content in one step: the new bytes are on the disk before they get the name, so that a crash leaves
 * the old file or the new one. `PATH.tmp` is used meanwhile.
 */
export async function replaceFile(files: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  // One may have been left behind by a process that was killed.
  await files.remove(temporary)
  try {
    const file = await files.create(temporary)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await files.rename(temporary, path)
  } catch (error) {
    await files.remove(temporary).catch(() => undefined)
    throw error
  }
  await files.syncDirectory(dirname(path))
}
