import { constants, createReadStream, existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What the file store needs of a disk. Failures are those of `node:fs`, with its codes. */
export interface FileSystem {
  read(path: string): Uint8Array
  exists(path: string): boolean
  /** `rename` at once. */
  move(from: string, to: string): void
  /** Opens a file that must not be there yet, for its owner alone. */
  create(path: string): Promise<NewFile>
  /** Replaces what is at `to` in one step. */
  rename(from: string, to: string): Promise<void>
  /** A file that is not there is no error. */
  remove(path: string): Promise<void>
  /** Resolves when what became of the names in a directory is on the disk. */
  syncDirectory(path: string): Promise<void>
}

interface NewFile {
  writeFile(bytes: Uint8Array): Promise<void>
  /** Resolves when the bytes are on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** What the package store needs beyond that. */
export interface PackageFileSystem extends FileSystem {
  /** The length of a file in bytes; 0 when there is none. */
  size(path: string): number
  /** Makes a directory, for its owner alone, and those above it, where there is none. */
  makeDirectory(path: string): Promise<void>
  /** Opens a file for its owner alone, a new one where there is none. */
  openFile(path: string): Promise<OpenFile>
  /** What a file holds, piece by piece. */
  stream(path: string): AsyncIterable<Uint8Array>
}

export interface OpenFile {
  /** Writes all of the bytes at a place of the file. */
  write(bytes: Uint8Array, position: number): Promise<void>
  /** Resolves when the bytes are on the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

/** Some systems know no directories that are synchronised; there a rename is durable as soon as they like. */
const unsupported = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM'])

export const nodeFileSystem: FileSystem = {
  read: path => readFileSync(path),
  exists: path => existsSync(path),
  move: (from, to) => renameSync(from, to),
  create: path => open(path, 'wx', 0o600),
  rename: (from, to) => rename(from, to),
  remove: path => rm(path, { force: true }),
  syncDirectory: async path => {
    try {
      const directory = await open(path, 'r')
      await directory.sync().finally(() => directory.close())
    } catch (error) {
      if (!unsupported.has(errorCode(error))) throw error
    }
  },
}

export const nodePackageFileSystem: PackageFileSystem = {
  ...nodeFileSystem,
  size: path => statSync(path, { throwIfNoEntry: false })?.size ?? 0,
  makeDirectory: async path => {
    const made = await mkdir(path, { recursive: true, mode: 0o700 })
    if (made !== undefined) await nodeFileSystem.syncDirectory(dirname(made))
  },
  openFile: async path => {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    return {
      write: async (bytes, position) => {
        // A disk that is nearly full takes a part.
        for (let written = 0; written < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
          written += bytesWritten
        }
      },
      sync: () => file.sync(),
      close: () => file.close(),
    }
  },
  stream: path => createReadStream(path),
}

/** What an error of `node:fs` says, without its code and the call: "ENOENT: no such file or directory, stat 'x'". */
export function describeSystemError(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return errorCode(error) === '' ? message : message.replace(/^[A-Z]+: |, \w+(?: '.*)?$/gs, '')
}

/** The code of an error of `node:fs`, such as `ENOENT`; empty for another one. */
export function errorCode(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}
