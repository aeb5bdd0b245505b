export interface CollectedMemory {
  readonly residentBytes: number
  /** Of JavaScript objects. */
  readonly heapBytes: number
  /** Of buffers, outside of the heap. */
  readonly bufferBytes: number
}

/** What the process takes after a full garbage collection; needs `--expose-gc`. */
export function collectedMemory(): CollectedMemory {
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { residentBytes: rss, heapBytes: heapUsed, bufferBytes: arrayBuffers }
}
