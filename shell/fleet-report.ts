import type { DurationSummary } from '../client/durations.ts'
import type { FleetFailure, FleetProgress, FleetSummary } from '../client/fleet-tally.ts'
import { printable } from '../objects/printable.ts'
import type { Environment } from './environment.ts'
import type { Log } from './print.ts'
import { LiveLine } from './terminal/live-line.ts'

/** What a fleet has taken of the machine. */
export interface FleetUsage {
  readonly elapsedMs: number
  /** Of all threads of the process. */
  readonly cpuMs: number
  readonly residentBytes: number
  /** Without what the process has taken before there were devices. */
  readonly deviceBytes: number
}

const lineEveryMs = 5_000

/** Tells how far a fleet is: in the last line of a terminal, elsewhere in a line every few seconds. Returns what ends it. */
export function progressReporter(log: Log, { output, clock }: Environment) {
  if (output.isTTY === true && !log.isJson) {
    const line = new LiveLine(output)
    return { tell: (progress: FleetProgress) => line.show(describe(progress)), end: () => line.end() }
  }
  let nextMs = clock.now() + lineEveryMs
  const tell = (progress: FleetProgress) => {
    if (clock.now() < nextMs) return
    nextMs = clock.now() + lineEveryMs
    if (log.isJson) log.object({ progress })
    else log.note(describe(progress))
  }
  return { tell, end: () => {} }
}

function describe({ count, running, registered, failures, updates }: FleetProgress): string {
  return `${running} of ${count} devices run, ${registered} registered, ${updates} updates, ${failures} failures`
}

const longestMessage = 200

/** A summary for people, a line each. */
export function describeSummary(summary: FleetSummary, usage: FleetUsage): string[] {
  const { count, registered, everRegistered, register, update } = summary
  return [
    row('devices', `${everRegistered} of ${count} registered, ${registered} of them at the end`),
    row('time', seconds(usage.elapsedMs)),
    row('Register', durations(register)),
    row('Update', durations(update)),
    ...describeFailures(summary.failures),
    row('memory', `${megabytes(usage.residentBytes)}, ${kilobytes(usage.deviceBytes / count)} a device`),
    row('CPU', `${seconds(usage.cpuMs)}, ${Math.round((usage.cpuMs / usage.elapsedMs) * 100)} % of one processor`),
  ]
}

function describeFailures(failures: readonly FleetFailure[]): string[] {
  if (failures.length === 0) return [row('failures', 'none')]
  return failures.map(({ event, cause, message, count }, index) =>
    row(index === 0 ? 'failures' : '', printable(`${count} × ${event} ${cause}: ${message}`, longestMessage)),
  )
}

function durations({ count, p50Ms, p90Ms, p99Ms, maximumMs }: DurationSummary): string {
  if (count === 0) return 'none'
  const [p50, p90, p99, maximum] = [p50Ms, p90Ms, p99Ms, maximumMs].map(milliseconds)
  return `${count}: half within ${p50}, 90 % ${p90}, 99 % ${p99}, all ${maximum}`
}

function row(name: string, text: string): string {
  return `${name.padEnd(10)}${text}`
}

function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1e3).toFixed(1)} kB`
}
