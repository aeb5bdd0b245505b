import { readFile, stat } from 'node:fs/promises'
import { describeSystemError } from '../client/file-system.ts'

/** A file that a command cannot use; `message` says why, without the name. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly code = 'UNREADABLE_DOCUMENT'
}

/** Reads a regular file of at most `maximumBytes`. Rejects with DocumentError. */
export async function readDocument(file: string, maximumBytes: number): Promise<Buffer> {
  try {
    const stats = await stat(file)
    if (stats.isDirectory()) throw new DocumentError('is a directory')
    // A pipe or a device may never end.
    if (!stats.isFile()) throw new DocumentError('is no regular file')
    if (stats.size > maximumBytes)
      throw new DocumentError(`the document is longer than ${inMegabytes(maximumBytes)} MB`)
    return await readFile(file)
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError(describeSystemError(error), { cause: error })
  }
}

function inMegabytes(bytes: number): number {
  return Math.floor(bytes / 1_000_000)
}
