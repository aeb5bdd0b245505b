/** A part of one version of a representation, from its beginning, that is there already. */
export interface Position {
  /** At least 1. */
  readonly bytes: number
  /** Of that version. */
  readonly validator: string
}

/** What a server tells of a representation before its first byte. */
export interface Representation {
  /** Tells this version from others; undefined: it cannot be gone on with. */
  readonly validator: string | undefined
  readonly totalBytes: number | undefined
  /** Where in it the bytes begin that follow: where they were to, or 0. */
  readonly fromBytes: number
  /** Of a server that may know by it who goes on with a transfer. */
  readonly localPort?: number
}

/** One attempt to get a representation. What `begin` and `write` reject with ends it. */
export interface Attempt {
  /** Where to go on; undefined: at the beginning. */
  readonly from: Position | undefined
  /** Gives it up. */
  readonly signal: AbortSignal
  /** Called once, before the first byte. */
  begin(representation: Representation): Promise<void>
  /** The next bytes; the server is asked for more when it resolves. */
  write(bytes: Uint8Array): Promise<void>
}

/**
 * Where something is to be had. Resolves when all of it was written; rejects with DownloadError, TransportError, or
 * {@link ChangedError}.
 */
export type Source = (attempt: Attempt) => Promise<void>

/** What was written is of another version than what follows: it has to be got from its beginning. */
export class ChangedError extends Error {
  override readonly name = 'ChangedError'
}
