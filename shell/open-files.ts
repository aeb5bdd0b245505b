import { report } from 'node:process'
import { OptionsError } from '../client/options-error.ts'

/** What a process has open besides its sockets: Node itself, the terminal, files. */
const others = 50

/** How many files and sockets this process may have open; infinite where the system does not say. */
export function openFileLimit(): number {
  const { userLimits } = report.getReport() as { userLimits?: { open_files?: { soft: number | string } } }
  const limit = Number(userLimits?.open_files?.soft)
  return limit >= 0 ? limit : Number.POSITIVE_INFINITY
}

/** That so many devices can have a socket each. Throws OptionsError, which says what to do. */
export function checkOpenFiles(devices: number, limit = openFileLimit()): void {
  const needed = devices + others
  if (needed <= limit) return
  const shards = Math.ceil(devices / Math.max(1, limit - others))
  throw new OptionsError(
    `${devices} devices need ${needed} open files, and the limit of this process is ${limit} (ulimit -Hn): ` +
      `raise it, as root with "ulimit -n ${needed}", or run ${shards} processes with --shard 1/${shards} and so on`,
  )
}
