import type { LoadRun } from './load.ts'
import { pinnedCpu, Worker } from './worker.ts'

const rounds = 3
const warmUpRequests = 10_000
const measuredRequests = 25_000
const outstandings = [1, 64] as const
const targets = ['echo', 'node-coap', 'engine'] as const
type Target = (typeof targets)[number]

interface Measure {
  readonly requestsPerSecond: number
  readonly cpuMicroseconds: number
}

/** Read /3/0/0 over loopback UDP, in a closed loop: requests per second and CPU time a request, beside an echo and node-coap. */
export async function benchRead(): Promise<void> {
  const cpu = pinnedCpu === undefined ? 'not pinned (no taskset)' : `both ends on CPU ${pinnedCpu}`
  console.log(`Read /3/0/0 over loopback UDP, ${cpu}; median of ${rounds} rounds of ${measuredRequests} requests`)
  const measures = new Map<string, Measure[]>()
  for (let round = 0; round < rounds; round++) {
    for (const target of targets) {
      for (const [outstanding, measure] of await measureRound(target)) {
        const key = `${target} ${outstanding}`
        measures.set(key, [...(measures.get(key) ?? []), measure])
      }
    }
  }
  for (const outstanding of outstandings) print(outstanding, target => measures.get(`${target} ${outstanding}`) ?? [])
}

/** New processes each round: the code is compiled anew, and message ids and ports are fresh. */
async function measureRound(name: Target): Promise<Map<number, Measure>> {
  const load = new Worker('load')
  const target = new Worker(`targets/${name}`)
  try {
    const loadPort = await load.ask<number>('listen')
    const port = await target.ask<number | undefined>('start', loadPort)
    const run = (requests: number, outstanding: number) =>
      load.ask<number>('run', { port, requests, outstanding } satisfies LoadRun)
    await run(warmUpRequests, 64)
    const measures = new Map<number, Measure>()
    for (const outstanding of outstandings) {
      const cpuBefore = await target.ask<number>('cpuTime')
      const elapsedMs = await run(measuredRequests, outstanding)
      const cpuAfter = await target.ask<number>('cpuTime')
      measures.set(outstanding, {
        requestsPerSecond: (measuredRequests * 1_000) / elapsedMs,
        cpuMicroseconds: (cpuAfter - cpuBefore) / measuredRequests,
      })
    }
    return measures
  } finally {
    await Promise.all([load.stop(), target.stop()])
  }
}

function print(outstanding: number, measuresOf: (target: Target) => readonly Measure[]): void {
  const cpuOf = (target: Target) => median(measuresOf(target).map(measure => measure.cpuMicroseconds))
  console.log(`\n${outstanding} outstanding`)
  console.log(row('', 'requests/s', 'CPU µs/request', '× echo', '× node-coap'))
  for (const target of targets) {
    const cpu = cpuOf(target)
    const requestsPerSecond = median(measuresOf(target).map(measure => measure.requestsPerSecond))
    console.log(
      row(
        target,
        requestsPerSecond.toFixed(0),
        cpu.toFixed(1),
        (cpu / cpuOf('echo')).toFixed(2),
        (cpu / cpuOf('node-coap')).toFixed(2),
      ),
    )
  }
}

function row(name: string, ...columns: readonly string[]): string {
  return name.padEnd(12) + columns.map(column => column.padStart(16)).join('')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
