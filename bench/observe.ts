import type { CollectedMemory } from './targets/collected-memory.ts'
import type { Growth } from './targets/observations.ts'
import { Worker } from './worker.ts'

const clients = 10_000
const observationsEach = 10
const targetKibibytes = 2.5

/** What observations take: memory, time of a write, notifications a second, and lag. */
export async function benchObserve(): Promise<void> {
  await benchMemoryOfObservations()
  await benchWrite()
}

async function benchMemoryOfObservations(): Promise<void> {
  const worker = new Worker('targets/observations', { nodeOptions: ['--expose-gc'], pinned: false })
  try {
    const observe = (from: number) => worker.ask<number>('observe', { from, first: 0, last: observationsEach - 1 })
    await worker.ask('grow', { clients: 100, sensors: observationsEach } satisfies Growth)
    await observe(0)
    await worker.ask('grow', { clients, sensors: observationsEach } satisfies Growth)
    const before = await worker.ask<CollectedMemory>('memory')
    const count = await observe(100)
    const after = await worker.ask<CollectedMemory>('memory')
    const each = (name: keyof CollectedMemory) => (after[name] - before[name]) / count / 1_024
    const kibibytes = each('heapBytes') + each('bufferBytes')
    console.log(`\n${count} observations over ${clients} clients in one process, a network in memory`)
    console.log(
      `An observation: ${kibibytes.toFixed(2)} KiB (target ${targetKibibytes}, ${verdict(kibibytes <= targetKibibytes)}); ${each('residentBytes').toFixed(2)} KiB resident`,
    )
  } finally {
    await worker.stop()
  }
}

const unrelated = 10_000
const rounds = 15
const writes = 200_000
const targetRatio = 1.2

async function benchWrite(): Promise<void> {
  const worker = new Worker('targets/observations', { pinned: false })
  try {
    await worker.ask('grow', { clients: 1, sensors: 2 } satisfies Growth)
    await worker.ask('observe', { from: 0, first: 0, last: 1 })
    await worker.ask('grow', { clients: 1, sensors: unrelated + 1 } satisfies Growth)
    await worker.ask('observe', { from: 1, first: 0, last: unrelated })
    const measures: [number[], number[]] = [[], []]
    for (const client of [0, 1]) await worker.ask('hold', { client })
    for (let round = 0; round < rounds; round++) {
      for (const client of [0, 1] as const) {
        measures[client].push(await worker.ask<number>('write', { client, count: writes }))
      }
    }
    const [few, many] = measures.map(times => median(times.slice(3))) as [number, number]
    console.log(
      `\nA write to an observed resource: ${few.toFixed(0)} ns with 1 unrelated observation, ${many.toFixed(0)} ns with ${unrelated}: ${(many / few).toFixed(2)} × (target ${targetRatio}, ${verdict(many / few <= targetRatio)})`,
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
