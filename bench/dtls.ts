import { OpensslServer, opensslVersion, reconnects, runOpensslClient } from './openssl.ts'
import type { ClientRun, ClientTime } from './targets/dtls-client-target.ts'
import type { KeyPairRun, RecordRun, Sides, SideTimes } from './targets/dtls-memory.ts'
import { Worker } from './worker.ts'

const turns = 12
const warmUpTurns = 3
const handshakesEach = 640
const keyPairHandshakesEach = 160
const recordsEach = 4_000
const handshakeTarget = 3
const recordTarget = 2

const rounds = 3
const warmUpSessions = 1_500
const sessionsEach = 500
const echoesEach = 5_000
const opensslClients = 10

/**
 * PSK handshakes, full and resumed, ECDSA handshakes with certificates and raw public keys, and records (AES-128-CCM-8):
 * beside the primitives they need, then PSK beside other implementations.
 */
export async function benchDtls(): Promise<void> {
  await benchSides()
  await benchPeers()
}

type Add = (name: string, time: SideTimes) => void

/** Both sides in one process and in memory, in turns with the bare primitives of `node:crypto`. */
async function benchSides(): Promise<void> {
  console.log(`\nDTLS 1.2 in memory, AES_128_CCM_8 with PSK and mutual ECDHE_ECDSA: CPU µs, mean of ${turns} turns`)
  console.log(row('', 'client/seal', 'primitives', 'server/open', 'primitives', 'both a second', '× primitives'))
  await inTurns(pskTurn)
  await inTurns(keyPairTurn)
}

/** In a process of its own: what else one has run changes what the code in it is compiled to. */
async function inTurns(takeTurn: (worker: Worker, add: Add) => Promise<void>): Promise<void> {
  const worker = new Worker('targets/dtls-memory', { nodeOptions: ['--expose-gc'] })
  const times = new Map<string, SideTimes[]>()
  try {
    await worker.ask('listen')
    for (let turn = -warmUpTurns; turn < turns; turn++) {
      if (turn === 0) times.clear()
      await takeTurn(worker, (name, time) => times.set(name, [...(times.get(name) ?? []), time]))
    }
  } finally {
    await worker.stop()
  }
  for (const [name, runs] of times) printSides(name, runs, name.includes('handshake') ? handshakeTarget : recordTarget)
}

async function pskTurn(worker: Worker, add: Add): Promise<void> {
  const { full, resumed } = await worker.ask<Record<'full' | 'resumed', SideTimes>>('handshakes', handshakesEach)
  add('full PSK handshake', full)
  add('resumed PSK handshake', resumed)
  for (const bytes of [64, 1_024]) {
    const run: RecordRun = { count: recordsEach, bytes }
    add(`record of ${bytes} B`, await worker.ask<SideTimes>('records', run))
  }
}

async function keyPairTurn(worker: Worker, add: Add): Promise<void> {
  for (const [name, kind] of keyPairs) {
    for (const isCached of [false, true]) {
      const run: KeyPairRun = { count: keyPairHandshakesEach, kind, isCached }
      const time = await worker.ask<SideTimes>('keyPairHandshakes', run)
      add(`${name} handshake${isCached ? ', key cached' : ''}`, time)
    }
  }
}

const keyPairs = [
  ['X.509', 'x509'],
  ['raw key', 'rpk'],
] as const

function printSides(name: string, runs: readonly SideTimes[], target: number): void {
  const engine = mean(runs.map(run => run.engine))
  const primitives = mean(runs.map(run => run.primitives))
  const ratio = sum(engine) / sum(primitives)
  const columns = [engine.client, primitives.client, engine.server, primitives.server].map(time => time.toFixed(1))
  const verdict = `(target ${target}, ${ratio <= target ? 'holds' : 'missed'})`
  console.log(`${row(name, ...columns, (1e6 / sum(engine)).toFixed(0), ratio.toFixed(2))} ${verdict}`)
}

function mean(sides: readonly Sides[]): Sides {
  const of = (side: keyof Sides) => sides.reduce((total, each) => total + each[side], 0) / sides.length
  return { client: of('client'), server: of('server') }
}

function sum({ client, server }: Sides): number {
  return client + server
}

interface Server {
  readonly port: number
  /** µs. */
  cpuTime(): Promise<number>
  stop(): Promise<void>
}

interface Run extends ClientTime {
  readonly serverMicroseconds: number
}

/** One session after the other over loopback UDP; each end in a process of its own. */
async function benchPeers(): Promise<void> {
  console.log(`\nOver loopback UDP, one at a time, both ends on one CPU: CPU µs each, median of ${rounds} rounds`)
  const runs = new Map<string, Run[]>()
  for (let round = 0; round < rounds; round++) {
    for (const [serverName, start] of servers) {
      const server = await start()
      const measure = async (name: string, run: () => Promise<ClientTime>, count: number) => {
        const before = await server.cpuTime()
        const time = await run()
        const serverMicroseconds = ((await server.cpuTime()) - before) / count
        runs.set(name, [...(runs.get(name) ?? []), { ...time, serverMicroseconds }])
      }
      try {
        for (const client of ['dtls-client', 'node-dtls-client'] as const) {
          const worker = new Worker(`targets/${client}`)
          const ask = (question: string, run: Omit<ClientRun, 'port'>) => () =>
            worker.ask<ClientTime>(question, { ...run, port: server.port } satisfies ClientRun)
          const clientName = client === 'dtls-client' ? 'engine' : client
          const name = `${clientName} → ${serverName}`
          const count = sessionsEach
          try {
            await ask('handshakes', { count: warmUpSessions })()
            await measure(`${name}, full`, ask('handshakes', { count }), count)
            if (client === 'dtls-client')
              await measure(`${name}, resumed`, ask('handshakes', { count, isResumed: true }), count)
            if (serverName === 'engine')
              await measure(`${name}, echo of 64 B`, ask('echoes', { count: echoesEach }), echoesEach)
          } finally {
            await worker.stop()
          }
        }
        if (serverName === 'engine' && opensslVersion !== undefined) {
          const count = opensslClients * reconnects
          await measure('s_client → engine, 1 full + 5 resumed', () => opensslHandshakes(server.port), count)
        }
      } finally {
        await server.stop()
      }
    }
  }
  console.log(wideRow('', 'a second', 'client', 'server'))
  for (const [name, times] of runs) {
    const of = (measure: keyof Run) => {
      const value = median(times.map(time => time[measure]))
      return Number.isNaN(value) ? '–' : value.toFixed(0)
    }
    console.log(wideRow(name, of('perSecond'), of('cpuMicroseconds'), of('serverMicroseconds')))
  }
  console.log(
    `s_server, s_client: ${opensslVersion ?? 'no openssl here'}. s_server asks for no cookie: one round trip less.`,
  )
  console.log(
    's_client starts a process for each six handshakes, which is all but all of its time: look at the server’s.',
  )
}

const servers: readonly (readonly [name: string, start: () => Promise<Server>])[] = [
  ['engine', startEngine],
  ...(opensslVersion === undefined ? [] : [['s_server', startOpenssl] as const]),
]

async function startEngine(): Promise<Server> {
  const worker = new Worker('targets/dtls-server')
  const port = await worker.ask<number>('listen')
  return { port, cpuTime: () => worker.ask<number>('cpuTime'), stop: () => worker.stop() }
}

async function startOpenssl(): Promise<Server> {
  const server = await OpensslServer.start()
  return { port: server.port, cpuTime: () => Promise.resolve(server.cpuTime()), stop: () => server.stop() }
}

async function opensslHandshakes(port: number): Promise<ClientTime> {
  const startedMs = performance.now()
  for (let left = opensslClients; left > 0; left--) await runOpensslClient(port)
  const perSecond = (opensslClients * reconnects * 1_000) / (performance.now() - startedMs)
  return { perSecond, cpuMicroseconds: Number.NaN }
}

function row(name: string, ...columns: readonly string[]): string {
  return name.padEnd(30) + columns.map(column => column.padStart(14)).join('')
}

function wideRow(name: string, ...columns: readonly string[]): string {
  return name.padEnd(40) + columns.map(column => column.padStart(10)).join('')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
