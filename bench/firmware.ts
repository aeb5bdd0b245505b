import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasLibcoap, LibcoapServer, putFile } from './libcoap.ts'
import type { DeviceStart } from './targets/firmware-device.ts'
import { pinnedCpu, Worker } from './worker.ts'

const rounds = 3
const warmUps = 4
const measured = 3
const firmwareBytes = 5_000_000
const blocks = Math.ceil(firmwareBytes / 1_024)
const targetRatio = 0.5

interface Measure {
  readonly megabytesPerSecond: number
  /** Of the first of the process, before its code is compiled. */
  readonly firstMegabytesPerSecond: number
  /** Of each end, a block; NaN where it is not known. */
  readonly writerMicroseconds: number
  readonly deviceMicroseconds: number
}

/** What is written, and where there is room to keep it. */
interface Bench {
  readonly path: string
  readonly sha256: string
  readonly directory: string
}

const libcoap = 'coap-client to coap-server'
const goals = ['Lwm2mServer to client, in memory', 'Lwm2mServer to client, in a file']

/** The floor, then the peer and each end beside it, then both ends of the engine. */
const pairs: Record<string, (bench: Bench) => Promise<Measure>> = {
  'bare datagrams': bench => measureWorkers(bench, 'answer', 'send'),
  ...(hasLibcoap && {
    [libcoap]: measureLibcoap,
    'coap-client to CoapEndpoint': measureEndpoint,
    'CoapPeer to coap-server': measurePeer,
  }),
  [goals[0] as string]: bench => measurePush(bench),
  [goals[1] as string]: bench => measurePush(bench, bench.directory),
}

/** A package of 5 MB written block-wise over loopback UDP: MB a second and CPU time a block, beside bare datagrams and libcoap. */
export async function benchFirmware(): Promise<void> {
  const cpu = pinnedCpu === undefined ? 'not pinned (no taskset)' : `both ends on CPU ${pinnedCpu}`
  console.log(
    `\nFirmware of ${firmwareBytes / 1e6} MB in blocks of 1,024 bytes over loopback UDP, ${cpu}; median of ${rounds} rounds of ${measured} packages after ${warmUps}`,
  )
  const directory = mkdtempSync(join(tmpdir(), 'lwm2m-bench-'))
  const measures = new Map<string, Measure[]>()
  try {
    const firmware = randomBytes(firmwareBytes)
    const path = join(directory, 'firmware')
    writeFileSync(path, firmware)
    const bench = { path, sha256: createHash('sha256').update(firmware).digest('hex'), directory }
    for (let round = 0; round < rounds; round++) {
      for (const [name, measurePair] of Object.entries(pairs)) {
        measures.set(name, [...(measures.get(name) ?? []), await measurePair(bench)])
      }
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
  print(name => measures.get(name) ?? [])
}

async function measureLibcoap({ path }: Bench): Promise<Measure> {
  const server = await LibcoapServer.start()
  try {
    return await measure(() => timed(() => putFile(path, server.port)), { device: () => server.cpuTime() })
  } finally {
    await server.stop()
  }
}

async function measureEndpoint(bench: Bench): Promise<Measure> {
  const device = new Worker('targets/firmware-device')
  try {
    const port = await device.ask<number>('take')
    const result = await measure(() => timed(() => putFile(bench.path, port)), { device: cpuOf(device) })
    await check(bench, device)
    return result
  } finally {
    await device.stop()
  }
}

async function measurePeer({ path }: Bench): Promise<Measure> {
  const server = await LibcoapServer.start()
  const writer = new Worker('targets/firmware-writer')
  try {
    await writer.ask('read', path)
    return await measure(() => writer.ask('put', server.port), {
      writer: cpuOf(writer),
      device: () => server.cpuTime(),
    })
  } finally {
    await Promise.all([writer.stop(), server.stop()])
  }
}

function measurePush(bench: Bench, directory?: string): Promise<Measure> {
  return withWorkers(bench, async (writer, device) => {
    const serverPort = await writer.ask<number>('listen')
    await device.ask('register', { serverPort, ...(directory !== undefined && { directory }) } satisfies DeviceStart)
    const result = await measure(() => writer.ask('push'), { writer: cpuOf(writer), device: cpuOf(device) })
    await check(bench, device)
    return result
  })
}

function measureWorkers(bench: Bench, serve: string, write: string): Promise<Measure> {
  return withWorkers(bench, async (writer, device) => {
    const port = await device.ask<number>(serve)
    return measure(() => writer.ask(write, port), { writer: cpuOf(writer), device: cpuOf(device) })
  })
}

/** New processes each round: the code is compiled anew. */
async function withWorkers(
  { path }: Bench,
  run: (writer: Worker, device: Worker) => Promise<Measure>,
): Promise<Measure> {
  const writer = new Worker('targets/firmware-writer')
  const device = new Worker('targets/firmware-device')
  try {
    await writer.ask('read', path)
    return await run(writer, device)
  } finally {
    await Promise.all([writer.stop(), device.stop()])
  }
}

type CpuTime = () => number | Promise<number>

async function measure(
  write: () => Promise<number>,
  { writer = () => Number.NaN, device }: { readonly writer?: CpuTime; readonly device: CpuTime },
): Promise<Measure> {
  const firstMs = await write()
  for (let left = warmUps - 1; left > 0; left--) await write()
  const before = [await writer(), await device()] as const
  const elapsedMs: number[] = []
  while (elapsedMs.length < measured) elapsedMs.push(await write())
  const after = [await writer(), await device()] as const
  return {
    megabytesPerSecond: firmwareBytes / 1_000 / median(elapsedMs),
    firstMegabytesPerSecond: firmwareBytes / 1_000 / firstMs,
    writerMicroseconds: (after[0] - before[0]) / blocks / measured,
    deviceMicroseconds: (after[1] - before[1]) / blocks / measured,
  }
}

function cpuOf(worker: Worker): CpuTime {
  return () => worker.ask('cpuTime')
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await run()
  return performance.now() - startedMs
}

async function check({ sha256 }: Bench, device: Worker): Promise<void> {
  if ((await device.ask('digest')) !== sha256) throw new Error('another package has arrived')
}

function print(measuresOf: (name: string) => readonly Measure[]): void {
  const medianOf = (name: string, key: keyof Measure) => median(measuresOf(name).map(one => one[key]))
  const speedOf = (name: string) => medianOf(name, 'megabytesPerSecond')
  const ratio = (name: string) => speedOf(name) / speedOf(libcoap)
  const shown = (value: number, digits: number) => (Number.isNaN(value) ? '' : value.toFixed(digits))
  console.log(row('', 'MB/s', '× libcoap', '× datagrams', 'MB/s at first', 'CPU µs/block', 'of the device'))
  for (const name of Object.keys(pairs)) {
    console.log(
      row(
        name,
        speedOf(name).toFixed(1),
        shown(ratio(name), 2),
        (speedOf(name) / speedOf('bare datagrams')).toFixed(2),
        medianOf(name, 'firstMegabytesPerSecond').toFixed(1),
        shown(medianOf(name, 'writerMicroseconds'), 1),
        shown(medianOf(name, 'deviceMicroseconds'), 1),
      ),
    )
  }
  if (!hasLibcoap) return
  for (const name of goals) {
    console.log(
      `${name}: ${ratio(name).toFixed(2)} × libcoap (target ${targetRatio}, ${ratio(name) >= targetRatio ? 'holds' : 'missed'})`,
    )
  }
}

function row(name: string, ...columns: readonly string[]): string {
  return name.padEnd(34) + columns.map(column => column.padStart(15)).join('')
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
