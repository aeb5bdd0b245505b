import type { Attempt, Position, Representation } from '../../client/download/source.ts'

/** An attempt that writes down what becomes of it. */
export function recordedAttempt(from?: Position) {
  const begins: Representation[] = []
  const parts: Uint8Array[] = []
  const attempt: Attempt = {
    from,
    signal: new AbortController().signal,
    begin: async representation => void begins.push(representation),
    write: async bytes => void parts.push(bytes),
  }
  return {
    attempt,
    begins,
    get bytes() {
      return Buffer.concat(parts)
    },
  }
}
