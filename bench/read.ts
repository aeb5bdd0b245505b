import { hasLibcoap, LibcoapServer } from './libcoap.ts'
import type { LoadRun } from './load.ts'
import type { TargetStart, Transport } from './targets/target.ts'
import { pinnedCpu, Worker } from './worker.ts'

const rounds = 3
const warmUpRequests = 10_000
const measuredRequests = 25_000
const outstandings = [1, 64] as const
const transports = ['udp', 'tcp', 'tls'] as const

/** Whom to measure over a transport: the floor, then whom to compare with, where there is one, then the engine. */
const targetsOf: Record<Transport, readonly string[]> = {
  udp: ['echo', 'node-coap', 'engine'],
  tcp: hasLibcoap ? ['echo', 'libcoap', 'engine'] : ['echo', 'engine'],
  tls: ['echo', 'engine'],
}

interface Measure {
  readonly requestsPerSecond: number
  readonly cpuMicroseconds: number
}

/** What is asked, and whose CPU time is told. */
interface Measured {
  run(requests: number, outstanding: number): Promise<number>
  cpuTime(): Promise<number>
}

/**
 * Read /3/0/0 over loopback UDP, TCP and TLS, in a closed loop: requests per second and CPU time a request, beside an echo,
 * node-coap and libcoap.
 */
export async function benchRead(): Promise<void> {
  const cpu = pinnedCpu === undefined ? 'not pinned (no taskset)' : `both ends on CPU ${pinnedCpu}`
  console.log(
    `Read /3/0/0 over loopback, TLS with PSK and AES_128_CCM_8, ${cpu}; median of ${rounds} rounds of ${measuredRequests} requests`,
  )
  const measures = new Map<string, Measure[]>()
  for (let round = 0; round < rounds; round++) {
    for (const transport of transports) {
      for (const target of targetsOf[transport]) {
        for (const [outstanding, measured] of await measureRound(transport, target)) {
          const key = `${transport} ${target} ${outstanding}`
          measures.set(key, [...(measures.get(key) ?? []), measured])
        }
      }
    }
  }
  for (const outstanding of outstandings) {
    print(outstanding, (transport, target) => measures.get(`${transport} ${target} ${outstanding}`) ?? [])
  }
}

/** New processes each round: the code is compiled anew, and message ids and ports are fresh. */
async function measureRound(transport: Transport, target: string): Promise<Map<number, Measure>> {
  const load = new Worker(transport === 'udp' ? 'load' : 'stream-load')
  try {
    if (target === 'libcoap') {
      const server = await LibcoapServer.start()
      try {
        await load.ask('connect', server.port)
        return await measure({
          run: (requests, outstanding) => load.ask('run', { requests, outstanding }),
          cpuTime: () => Promise.resolve(server.cpuTime()),
        })
      } finally {
        await server.stop()
      }
    }
    const worker = new Worker(`targets/${target}`)
    try {
      const loadPort = await load.ask<number>('listen', transport === 'tls')
      const port = await worker.ask<number | undefined>('start', { transport, loadPort } satisfies TargetStart)
      return await measure({
        run: (requests, outstanding) => load.ask('run', { port, requests, outstanding } satisfies LoadRun),
        cpuTime: () => worker.ask('cpuTime'),
      })
    } finally {
      await worker.stop()
    }
  } finally {
    await load.stop()
  }
}

async function measure(measured: Measured): Promise<Map<number, Measure>> {
  await measured.run(warmUpRequests, 64)
  const measures = new Map<number, Measure>()
  for (const outstanding of outstandings) {
    const cpuBefore = await measured.cpuTime()
    const elapsedMs = await measured.run(measuredRequests, outstanding)
    const cpuAfter = await measured.cpuTime()
    measures.set(outstanding, {
      requestsPerSecond: (measuredRequests * 1_000) / elapsedMs,
      cpuMicroseconds: (cpuAfter - cpuBefore) / measuredRequests,
    })
  }
  return measures
}

function print(outstanding: number, measuresOf: (transport: Transport, target: string) => readonly Measure[]): void {
  const cpuOf = (transport: Transport, target: string) =>
    median(measuresOf(transport, target).map(({ cpuMicroseconds }) => cpuMicroseconds))
  const ratio = (cpu: number, base: number) => (Number.isNaN(base) ? '' : (cpu / base).toFixed(2))
  console.log(`\n${outstanding} outstanding`)
  console.log(row('', 'requests/s', 'CPU µs/request', '× echo', '× node-coap', '× libcoap', '× over UDP'))
  for (const transport of transports) {
    for (const target of targetsOf[transport]) {
      const cpu = cpuOf(transport, target)
      const requestsPerSecond = median(measuresOf(transport, target).map(each => each.requestsPerSecond))
      console.log(
        row(
          `${transport.toUpperCase()} ${target}`,
          requestsPerSecond.toFixed(0),
          cpu.toFixed(1),
          ratio(cpu, cpuOf(transport, 'echo')),
          ratio(cpu, cpuOf(transport, 'node-coap')),
          ratio(cpu, cpuOf(transport, 'libcoap')),
          ratio(cpu, cpuOf('udp', target)),
        ),
      )
    }
  }
}

function row(name: string, ...columns: readonly string[]): string {
  return name.padEnd(14) + columns.map(column => column.padStart(16)).join('')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
