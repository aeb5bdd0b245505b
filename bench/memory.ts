import type { CollectedMemory } from './targets/collected-memory.ts'
import type { FleetGrowth } from './targets/fleet.ts'
import { Worker } from './worker.ts'

/** Registered before the first look, so that the code and its first compilation are not counted. */
const warmUpClients = 100
const clients = 1_000

/** What a registered client takes in a process of 1,000 of them, its socket included, against a stub server in another process. */
export async function benchMemory(): Promise<void> {
  const server = new Worker('load')
  const fleet = new Worker('targets/fleet', { nodeOptions: ['--expose-gc'] })
  try {
    const serverPort = await server.ask<number>('listen')
    const grow = (count: number) => fleet.ask('grow', { serverPort, count } satisfies FleetGrowth)
    await grow(warmUpClients)
    const before = await fleet.ask<CollectedMemory>('memory')
    await grow(clients)
    const after = await fleet.ask<CollectedMemory>('memory')
    const resident = kibibytesEach(after.residentBytes - before.residentBytes)
    const heap = kibibytesEach(after.heapBytes - before.heapBytes)
    console.log(`\nMemory of ${clients} registered clients: ${resident} KiB each, of it ${heap} KiB JavaScript heap`)
  } finally {
    await Promise.all([server.stop(), fleet.stop()])
  }
}

function kibibytesEach(bytes: number): string {
  return (bytes / clients / 1_024).toFixed(1)
}
