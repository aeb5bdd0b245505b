import type { Heard } from './listener.ts'
import type { CollectedMemory } from './targets/collected-memory.ts'
import type { Run } from './targets/notifier.ts'
import type { Growth, Watching } from './targets/observations.ts'
import { Worker } from './worker.ts'

const clients = 10_000
const observationsEach = 10
const targetKibibytes = 2.5

/** What observations take: memory, the time of a write, notifications a second, and their lag. */
export async function benchObserve(): Promise<void> {
  await benchMemoryOfObservations()
  await benchWrite()
  await benchNotifications()
  await benchLag()
}

async function benchMemoryOfObservations(): Promise<void> {
  const worker = new Worker('targets/observations', { nodeOptions: ['--expose-gc'], pinned: false })
  const paths = Array.from({ length: observationsEach }, (_, id) => [33_000, id, 0])
  const grow = (count: number) => {
    return worker.ask('grow', { clients: count, instances: observationsEach, others: 0 } satisfies Growth)
  }
  try {
    await grow(100)
    await worker.ask('observe', { from: 0, paths } satisfies Watching)
    await grow(clients)
    const before = await worker.ask<CollectedMemory>('memory')
    const count = await worker.ask<number>('observe', { from: 100, paths } satisfies Watching)
    const after = await worker.ask<CollectedMemory>('memory')
    const each = (name: keyof CollectedMemory) => (after[name] - before[name]) / count / 1_024
    const kibibytes = each('heapBytes') + each('bufferBytes')
    console.log(`\n${count} observations over ${clients} clients in one process, a network in memory`)
    console.log(
      `An observation: ${kibibytes.toFixed(2)} KiB (target ${targetKibibytes}, ${verdict(kibibytes <= targetKibibytes)}), ${each('residentBytes').toFixed(2)} KiB resident`,
    )
  } finally {
    await worker.stop()
  }
}

const unrelated = 10_000
const writeRounds = 15
const writes = 200_000
const targetWriteRatio = 1.2

async function benchWrite(): Promise<void> {
  const worker = new Worker('targets/observations', { pinned: false })
  const counts = [1, unrelated]
  try {
    for (const [client, others] of counts.entries()) {
      const paths = Array.from({ length: others }, (_, id) => [33_000, 0, 1, id])
      await worker.ask('grow', { clients: 1, instances: 1, others: unrelated } satisfies Growth)
      await worker.ask('observe', { from: client, paths: [[33_000, 0, 0], ...paths] } satisfies Watching)
      await worker.ask('hold', client)
    }
    const times: [number[], number[]] = [[], []]
    for (let round = 0; round < writeRounds; round++) {
      for (const client of [0, 1] as const) times[client].push(await worker.ask('write', { client, count: writes }))
    }
    const [few, many] = times.map(median) as [number, number]
    console.log(
      `\nA write to an observed resource: ${few.toFixed(0)} ns beside 1 other observation, ${many.toFixed(0)} ns beside ${unrelated}: ${(many / few).toFixed(2)} × (target ${targetWriteRatio}, ${verdict(many / few <= targetWriteRatio)})`,
    )
  } finally {
    await worker.stop()
  }
}

const notifyRounds = 5
/** Whole bursts. */
const notifications = 51_200
const targetNotifyRatio = 0.5

async function benchNotifications(): Promise<void> {
  const listener = new Worker('listener', { pinned: false })
  const notifier = new Worker('targets/notifier')
  try {
    const serverPort = await listener.ask<number>('listen')
    await notifier.ask('register', serverPort)
    await listener.ask('observe', [3303, 0, 5700])
    const rates: { raw: number[]; engine: number[] } = { raw: [], engine: [] }
    let lost = 0
    const measure = async (name: 'raw' | 'engine', ask: () => Promise<unknown>) => {
      await ask()
      await new Promise(resolve => setTimeout(resolve, 100))
      const { count, elapsedMs } = await listener.ask<Heard>('heard')
      rates[name].push((count * 1_000) / elapsedMs)
      if (name === 'engine') lost += notifications - count
    }
    for (let round = 0; round <= notifyRounds; round++) {
      await measure('raw', () => notifier.ask('send', { serverPort, count: notifications } satisfies Run))
      await measure('engine', () => notifier.ask('notify', notifications))
    }
    // The first round was there to warm up.
    const [raw, engine] = [median(rates.raw.slice(1)), median(rates.engine.slice(1))]
    console.log(
      `\nNotifications of one hot resource over loopback UDP: ${engine.toFixed(0)} a second, ${lost} lost; bare datagrams ${raw.toFixed(0)}: ${(engine / raw).toFixed(2)} × (target ${targetNotifyRatio}, ${verdict(engine / raw >= targetNotifyRatio)})`,
    )
  } finally {
    await Promise.all([listener.stop(), notifier.stop()])
  }
}

const targetLagMs = 50

async function benchLag(): Promise<void> {
  const worker = new Worker('targets/gated', { pinned: false })
  try {
    const lagsMs = await worker.ask<readonly number[]>('run')
    const percentile = (share: number) => lagsMs[Math.floor((lagsMs.length - 1) * share)] ?? Number.NaN
    console.log(
      `\nLag behind pmin of ${lagsMs.length} notifications of 10000 pipelines: median ${percentile(0.5).toFixed(1)} ms, p99 ${percentile(0.99).toFixed(1)} ms (target ${targetLagMs}, ${verdict(percentile(0.99) <= targetLagMs)})`,
    )
  } finally {
    await worker.stop()
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function verdict(holds: boolean): string {
  return holds ? 'holds' : 'missed'
}
