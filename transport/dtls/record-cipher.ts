import type { AuthenticatedHeader } from './additional-data.ts'

/** Encrypts and authenticates the fragments of one direction of one epoch; knows nothing of what is in them. */
export interface RecordCipher {
  /** How many bytes of a fragment come before its content. */
  readonly leadingBytes: number
  /** How many bytes of a fragment come after `contentBytes` bytes of content. */
  trailingBytes(contentBytes: number): number
  /** Encrypts a fragment in its place, where its content is already; writes what comes before and after it. */
  encrypt(fragment: Buffer, contentBytes: number, header: AuthenticatedHeader): void
  /** The content of a fragment; undefined when it is not authentic. Leaves the fragment as it is. */
  decrypt(fragment: Buffer, header: AuthenticatedHeader): Buffer | undefined
  /** Overwrites the keys with zeros. */
  wipe(): void
}
