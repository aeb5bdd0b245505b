import { availableParallelism } from 'node:os'
import type { Phase } from './targets/clients.ts'
import type { CollectedMemory } from './targets/collected-memory.ts'
import { Worker } from './worker.ts'

const clients = 10_000
/** Made, registered and stopped before, so that the code and its first compilation are not counted. */
const warmUpClients = 100
const targetStartMs = 10_000
const targetActorKibibytes = 15

/** The life of 10,000 clients in one process, over a network in memory and in simulated time: its phases and what they take. */
export async function benchClients(): Promise<void> {
  console.log(
    `\n${clients} clients in one process, a network in memory, simulated time; ${availableParallelism()} CPUs`,
  )
  const worker = new Worker('targets/clients', { nodeOptions: ['--expose-gc'], pinned: false })
  try {
    const phase = (name: string, argument?: unknown) => worker.ask<Phase>(name, argument)
    await phase('create', warmUpClients)
    await phase('start')
    await phase('stop')
    const before = await worker.ask<CollectedMemory>('memory')
    const created = await phase('create', clients)
    const started = await phase('start')
    const after = await worker.ask<CollectedMemory>('memory')
    const startMs = created.elapsedMs + started.elapsedMs
    console.log(row('', 'wall s', 'CPU s', 'requests'))
    print('created', created)
    print('registered', started)
    print('a day of Updates', await phase('day'))
    print('suspended', await phase('suspend'))
    print('resumed', await phase('resume'))
    print('stopped', await phase('stop'))
    console.log(
      `\nStart of all: ${seconds(startMs)} s (target ${targetStartMs / 1_000} s, ${verdict(startMs <= targetStartMs)})`,
    )
    console.log(
      `A client: ${each(before, after, 'residentBytes')} KiB resident, of it ${each(before, after, 'heapBytes')} KiB heap, ${each(before, after, 'bufferBytes')} KiB buffers`,
    )
  } finally {
    await worker.stop()
  }
  await benchActors()
}

/** The same number of the actors of a registered client, without what they work with. */
async function benchActors(): Promise<void> {
  const worker = new Worker('targets/actors', { nodeOptions: ['--expose-gc'], pinned: false })
  try {
    await worker.ask('create', warmUpClients)
    const before = await worker.ask<CollectedMemory>('memory')
    await worker.ask('create', clients)
    const after = await worker.ask<CollectedMemory>('memory')
    const kibibytes = each(before, after, 'heapBytes')
    console.log(
      `Its actors alone: ${kibibytes} KiB heap (target ${targetActorKibibytes} KiB, ${verdict(Number(kibibytes) <= targetActorKibibytes)})`,
    )
  } finally {
    await worker.stop()
  }
}

function each(before: CollectedMemory, after: CollectedMemory, name: keyof CollectedMemory): string {
  return ((after[name] - before[name]) / clients / 1_024).toFixed(1)
}

function print(name: string, { elapsedMs, cpuMs, requests }: Phase): void {
  console.log(row(name, seconds(elapsedMs), seconds(cpuMs), String(requests)))
}

function row(name: string, ...columns: readonly string[]): string {
  return name.padEnd(18) + columns.map(column => column.padStart(12)).join('')
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(1)
}

function verdict(holds: boolean): string {
  return holds ? 'holds' : 'missed'
}
