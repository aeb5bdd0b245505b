import { accessSync, constants, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
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
    if (stats.size > maximumBytes) throw new DocumentError(`the document is longer than ${describeSize(maximumBytes)}`)
    return await readFile(file)
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError(describeSystemError(error), { cause: error })
  }
}

/** Throws DocumentError where no file can be kept, as far as that shows before one is written. */
export function checkPlace(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK)
    const isDirectory = file === '' || statSync(file, { throwIfNoEntry: false })?.isDirectory()
    if (isDirectory === true) throw new DocumentError('is a directory')
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError(describeSystemError(error), { cause: error })
  }
}

/** The name of a file as a line shows it: also one that a variable of the shell left empty. */
export function shownName(file: string): string {
  return file === '' ? '""' : file
}

function describeSize(bytes: number): string {
  return bytes < 1_000_000 ? `${bytes} bytes` : `${Math.floor(bytes / 1_000_000)} MB`
}
