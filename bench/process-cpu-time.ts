import { readFileSync } from 'node:fs'

/** CPU time that another process has used so far, µs; NaN where the system does not tell. */
export function processCpuTime(pid: number | undefined): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000
  } catch {
    return Number.NaN
  }
}
