import type { PackagePushListener } from '../../client/package-push.ts'
import type { PackageStore } from '../../client/package-store.ts'

/** A package store in memory that checks that its calls come one after another, and tells which came. */
export function keptPackage(pause?: (call: string) => Promise<void> | void) {
  const calls: string[] = []
  let chunks: Uint8Array[] = []
  let busy = false
  const perform = async (call: string, effect: () => void) => {
    if (busy) throw new Error(`${call} while another call is under way`)
    busy = true
    calls.push(call)
    try {
      await pause?.(call)
      effect()
    } finally {
      busy = false
    }
  }
  const store: PackageStore = {
    load: () => ({ note: undefined, bytes: 0 }),
    note: () => perform('note', () => undefined),
    append: bytes => perform(`append ${bytes.length}`, () => void chunks.push(bytes)),
    clear: () =>
      perform('clear', () => {
        chunks = []
      }),
    async *read() {
      yield* chunks
    },
  }
  return { store, calls, bytes: () => Buffer.concat(chunks) }
}

/** What the listener heard, and what it does when it does. */
export function listening(doing: Partial<PackagePushListener> = {}) {
  const heard: string[] = []
  const listener: PackagePushListener = {
    begun(totalBytes) {
      heard.push(`begun ${totalBytes ?? 'unknown'}`)
      doing.begun?.(totalBytes)
    },
    received(bytes) {
      heard.push(`received ${bytes}`)
      return doing.received?.(bytes)
    },
    emptied() {
      heard.push('emptied')
      doing.emptied?.()
    },
    failed(error) {
      heard.push(`failed ${error.code}`)
      doing.failed?.(error)
    },
  }
  return { heard, listener }
}
