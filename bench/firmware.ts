import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { hasLibcoap, LibcoapServer, putFile } from './libcoap.ts'
import type { DeviceStart } from './targets/firmware-device.ts'
import { pinnedCpu, Worker } from './worker.ts'

const rounds = 3
const warmUps = 4
const packages = 6
const firmwareBytes = 5_000_000
const blocks = Math.ceil(firmwareBytes / 1_024)
const targetRatio = 0.5

/** Who writes, and the device that is written to. */
interface Pair {
  /** Writes a package. @returns the time it took, in ms. */
  write(): Promise<number>
  /** CPU time used so far, µs; not of `coap-client`, which is a process a package. */
  writerTime?(): Promise<number>
  deviceTime(): number | Promise<number>
  /** SHA-256 of what has arrived last, where that is kept. */
  digest?(): Promise<string | undefined>
  stop(): Promise<unknown>
}

interface Measure {
  /** The median of a process that has taken some already. */
  readonly megabytesPerSecond: number
  /** Of its first. */
  readonly firstMegabytesPerSecond: number
  /** CPU time a block; NaN where it is not known. */
  readonly writerMicroseconds: number
  readonly deviceMicroseconds: number
}

const floor = 'bare datagrams'
const libcoap = 'coap-client to coap-server'
const inMemory = 'Lwm2mServer to client, in memory'
const inFile = 'Lwm2mServer to client, in a file'

interface Setting {
  /** The package. */
  readonly path: string
  /** Whether both ends are on one CPU. */
  readonly isPinned: boolean
}

/** The floor, the peer, each end beside it, and both ends of the engine. */
const pairs: Record<string, (setting: Setting) => Promise<Pair>> = {
  [floor]: setting => openWorkers(setting, 'answer', 'send'),
  ...(hasLibcoap && {
    [libcoap]: openLibcoap,
    'coap-client to CoapEndpoint': openEndpoint,
    'CoapEndpoint to coap-server': openWriter,
  }),
  'CoapEndpoint to CoapEndpoint': setting => openWorkers(setting, 'take', 'put'),
  [inMemory]: setting => openPush(setting),
  [inFile]: setting => openPush(setting, dirname(setting.path)),
}

/**
 * A package written block-wise over loopback UDP: MB a second and CPU time a block, beside bare datagrams and libcoap. Both on one
 * CPU, where what counts is the work that each block takes, and where the scheduler puts the two ends, where one wakes the other.
 */
export async function benchFirmware(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lwm2m-bench-'))
  try {
    const firmware = randomBytes(firmwareBytes)
    const path = join(directory, 'firmware')
    writeFileSync(path, firmware)
    const sha256 = createHash('sha256').update(firmware).digest('hex')
    for (const isPinned of pinnedCpu === undefined ? [false] : [true, false]) {
      const cpu = isPinned ? `both ends on CPU ${pinnedCpu}` : 'each end where the scheduler puts it'
      console.log(
        `\nFirmware of ${firmwareBytes / 1e6} MB in blocks of 1,024 bytes over loopback UDP, ${cpu}; median of ${rounds} rounds of ${packages} packages each`,
      )
      const measures = new Map<string, Measure[]>()
      for (let round = 0; round < rounds; round++) {
        for (const [name, measure] of await measureRound({ path, isPinned }, sha256)) {
          measures.set(name, [...(measures.get(name) ?? []), measure])
        }
      }
      print(name => measures.get(name) ?? [])
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** In new processes, one package of each pair after the other: what else the machine does, it does to all of them. */
async function measureRound(setting: Setting, sha256: string): Promise<Map<string, Measure>> {
  const open = new Map<string, Pair>()
  try {
    for (const [name, openPair] of Object.entries(pairs)) open.set(name, await openPair(setting))
    const timesMs = new Map<string, number[]>()
    const cpuBefore = new Map<string, CpuTimes>()
    for (let turn = 0; turn < warmUps + packages; turn++) {
      for (const [name, pair] of open) {
        if (turn === warmUps) cpuBefore.set(name, await cpuTimes(pair))
        timesMs.set(name, [...(timesMs.get(name) ?? []), await pair.write()])
      }
    }
    const measures = new Map<string, Measure>()
    for (const [name, pair] of open) {
      const [firstMs = Number.NaN, ...others] = timesMs.get(name) ?? []
      const [writerBefore, deviceBefore] = cpuBefore.get(name) as CpuTimes
      const [writer, device] = await cpuTimes(pair)
      measures.set(name, {
        megabytesPerSecond: megabytesPerSecond(median(others.slice(warmUps - 1))),
        firstMegabytesPerSecond: megabytesPerSecond(firstMs),
        writerMicroseconds: (writer - writerBefore) / packages / blocks,
        deviceMicroseconds: (device - deviceBefore) / packages / blocks,
      })
      if (((await pair.digest?.()) ?? sha256) !== sha256) throw new Error(`${name}: another package has arrived`)
    }
    return measures
  } finally {
    await Promise.all([...open.values()].map(pair => pair.stop()))
  }
}

type CpuTimes = readonly [writer: number, device: number]

async function cpuTimes(pair: Pair): Promise<CpuTimes> {
  return [(await pair.writerTime?.()) ?? Number.NaN, await pair.deviceTime()]
}

function megabytesPerSecond(elapsedMs: number): number {
  return firmwareBytes / 1_000 / elapsedMs
}

async function openLibcoap({ path, isPinned }: Setting): Promise<Pair> {
  const server = await LibcoapServer.start(isPinned)
  return {
    write: () => timed(() => putFile(path, server.port, isPinned)),
    deviceTime: () => server.cpuTime(),
    stop: () => server.stop(),
  }
}

async function openEndpoint({ path, isPinned }: Setting): Promise<Pair> {
  const device = new Worker('targets/firmware-device', { pinned: isPinned })
  const port = await device.ask<number>('take')
  return { write: () => timed(() => putFile(path, port, isPinned)), ...measured(device), stop: () => device.stop() }
}

async function openWriter({ path, isPinned }: Setting): Promise<Pair> {
  const server = await LibcoapServer.start(isPinned)
  const writer = new Worker('targets/firmware-writer', { pinned: isPinned })
  await writer.ask('read', path)
  return {
    write: () => writer.ask('put', server.port),
    writerTime: () => writer.ask('cpuTime'),
    deviceTime: () => server.cpuTime(),
    stop: () => Promise.all([writer.stop(), server.stop()]),
  }
}

async function openPush({ path, isPinned }: Setting, directory?: string): Promise<Pair> {
  const writer = new Worker('targets/firmware-writer', { pinned: isPinned })
  const device = new Worker('targets/firmware-device', { pinned: isPinned })
  await writer.ask('read', path)
  const serverPort = await writer.ask<number>('listen')
  await device.ask('register', { serverPort, ...(directory !== undefined && { directory }) } satisfies DeviceStart)
  return both(writer, device, () => writer.ask('push'))
}

async function openWorkers(
  { path, isPinned }: Setting,
  serve: 'answer' | 'take',
  write: 'send' | 'put',
): Promise<Pair> {
  const writer = new Worker('targets/firmware-writer', { pinned: isPinned })
  const device = new Worker('targets/firmware-device', { pinned: isPinned })
  await writer.ask('read', path)
  const port = await device.ask<number>(serve)
  return both(writer, device, () => writer.ask(write, port))
}

function both(writer: Worker, device: Worker, write: () => Promise<number>): Pair {
  return {
    write,
    writerTime: () => writer.ask('cpuTime'),
    ...measured(device),
    stop: () => Promise.all([writer.stop(), device.stop()]),
  }
}

function measured(device: Worker): Pick<Pair, 'deviceTime' | 'digest'> {
  return { deviceTime: () => device.ask('cpuTime'), digest: () => device.ask('digest') }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now()
  await run()
  return performance.now() - startedMs
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
        (speedOf(name) / speedOf(floor)).toFixed(2),
        medianOf(name, 'firstMegabytesPerSecond').toFixed(1),
        shown(medianOf(name, 'writerMicroseconds'), 1),
        shown(medianOf(name, 'deviceMicroseconds'), 1),
      ),
    )
  }
  if (!hasLibcoap) return
  for (const name of [inMemory, inFile]) {
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
