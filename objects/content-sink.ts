/**
 * Takes the content of one Write as it arrives. What it throws or rejects with ends the Write and decides its response, as with
 * other handlers; `abort` is not called then.
 */
export interface ContentSink {
  /** The next bytes, which are the sink's to keep; the server is asked for more when the Promise resolves. */
  write(bytes: Uint8Array): void | Promise<void>
  /** All of it has arrived: the response leaves when the Promise resolves. */
  end(): void | Promise<void>
  /**
   * The rest will not arrive: the server has begun anew, has been silent for too long, has lost its right, or is gone. May come
   * while a `write` is under way, and never after `end`.
   */
  abort(): void
}
