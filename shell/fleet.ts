import { type DeviceFile, parseDeviceFile } from '../client/device-file.ts'
import { defaultStartOverSeconds, Fleet, type FleetOptions } from '../client/fleet.ts'
import { OptionsError } from '../client/options-error.ts'
import { psk } from '../client/psk.ts'
import { device } from '../objects/definitions/device.ts'
import type { EnablerVersion } from '../objects/enabler.ts'
import type { Clock } from '../transport/clock.ts'
import { derivedKey } from '../transport/dtls/derived-key.ts'
import { isSecure, isStream, parseServerUri } from '../transport/uri.ts'
import type { Shard } from './arguments.ts'
import { readMasterKey } from './credentials.ts'
import { readDeviceFile } from './device/read-device-file.ts'
import type { Environment } from './environment.ts'
import { describeSummary, progressReporter } from './fleet-report.ts'
import { checkOpenFiles } from './open-files.ts'
import { Log } from './print.ts'
import { connectionIdOption, type MasterKeyArguments, type SecurityArguments } from './security.ts'

export interface FleetArguments extends MasterKeyArguments, Pick<SecurityArguments, 'cid'> {
  readonly server: string
  /** Devices of all shards. */
  readonly count: number
  readonly shard?: Shard
  readonly endpointPrefix: string
  /** A device file. */
  readonly objects?: string
  /** Seconds. */
  readonly startOver?: number
  /** Seconds; absent: until it is interrupted. */
  readonly duration?: number
  /** Seconds, of each registration. */
  readonly lifetime?: number
  readonly lwm2m?: readonly EnablerVersion[]
  readonly queueMode?: true
  readonly json?: true
}

/**
 * `lwm2m fleet`: devices that stay registered for a time, or until they are interrupted. Resolves with the exit code, 1 when one
 * of them is not registered at the end of the time. Rejects with OptionsError, or TransportError INVALID_URI.
 */
export async function runFleet(args: FleetArguments, environment: Environment): Promise<number> {
  const { clock, interrupted } = environment
  const masterKey = await readMasterKey(args)
  checkSecurity(args, masterKey !== undefined)
  const share = shareOf(args)
  checkTime(args, share.count)
  checkOpenFiles(share.count)
  const deviceFile = args.objects === undefined ? await plainDevice() : await readDeviceFile(args.objects)
  const log = new Log(environment, { isJson: args.json === true })
  const usage = startUsage(clock)
  const fleet = new Fleet({ ...share, ...fleetOptions(args, masterKey, environment), deviceFile })
  for (const { objects } of fleet.clients.values()) objects.onExecute(device, 'reboot', () => {})
  log.note(`starting ${share.count} devices, ${nameOf(args, share.first)} first, with ${args.server}`)
  const progress = progressReporter(log, environment)
  const told = fleet.progress$.subscribe(progress.tell)
  fleet.start()
  const isOver = await Promise.race([interrupted.then(() => false), passed(clock, args.duration)])
  const { registered } = fleet.progress
  const used = usage()
  await fleet.stop()
  told.unsubscribe()
  progress.end()
  const summary = { ...fleet.summary(), registered }
  if (log.isJson) log.object({ summary, usage: used })
  else for (const line of describeSummary(summary, used)) environment.print(line)
  return isOver && registered < share.count ? 1 : 0
}

function fleetOptions(
  args: FleetArguments,
  masterKey: Buffer | undefined,
  { clock, network }: Environment,
): Omit<FleetOptions, 'count'> {
  const { lifetime, lwm2m, startOver } = args
  const endpoint = (index: number) => nameOf(args, index)
  return {
    endpoint,
    server: { uri: args.server, shortServerId: 1, ...(lifetime !== undefined && { lifetimeSeconds: lifetime }) },
    ...(masterKey && { security: index => psk(endpoint(index), derivedKey(masterKey, endpoint(index))) }),
    ...(startOver !== undefined && { startOverSeconds: startOver }),
    ...(lwm2m && { versions: lwm2m }),
    ...(args.queueMode && { queueMode: true }),
    dtls: connectionIdOption(args),
    clock,
    network,
  }
}

function nameOf({ endpointPrefix }: FleetArguments, index: number): string {
  return `${endpointPrefix}${index}`
}

/** The devices of this process: those of all shards are all devices, each of them once. */
function shareOf({ count, shard: { part, of } = { part: 1, of: 1 } }: FleetArguments) {
  const end = (parts: number) => Math.floor((count * parts) / of)
  const first = end(part - 1)
  if (end(part) === first) throw new OptionsError(`${count} devices are too few for ${of} shards`)
  return { first, count: end(part) - first }
}

/** A temperature that wanders. */
function plainDevice(): Promise<DeviceFile> {
  const celsius = { generator: 'randomWalk', min: 15, max: 27, step: 0.5, decimals: 2, everySeconds: 10 }
  const objects = [
    { id: device.id, instances: { 0: { modelNumber: 'lwm2m fleet' } } },
    { id: 3303, instances: { 0: { sensorUnits: 'Cel', sensorValue: celsius } } },
  ]
  const readFile = () => Promise.reject(new Error('there are no files'))
  return parseDeviceFile(JSON.stringify({ objects }), { readFile })
}

/** Begins to count what the process takes of the machine. */
function startUsage(clock: Clock) {
  const beganMs = clock.now()
  const cpuBefore = process.cpuUsage()
  const residentBefore = process.memoryUsage.rss()
  return () => {
    const { user, system } = process.cpuUsage(cpuBefore)
    const residentBytes = process.memoryUsage.rss()
    return {
      elapsedMs: clock.now() - beganMs,
      cpuMs: (user + system) / 1_000,
      residentBytes,
      deviceBytes: Math.max(0, residentBytes - residentBefore),
    }
  }
}

/** Resolves with true after a time; never without one. */
function passed(clock: Clock, seconds: number | undefined): Promise<true> {
  return new Promise(resolve => {
    if (seconds !== undefined) clock.setTimeout(() => resolve(true), seconds * 1_000)
  })
}

/** Throws OptionsError. */
function checkSecurity({ server, cid }: FleetArguments, hasKey: boolean): void {
  const { scheme } = parseServerUri(server)
  if (isSecure(scheme) && !hasKey) throw new OptionsError(`${server} needs --psk-master-key or --psk-master-key-file`)
  if (!isSecure(scheme) && hasKey) {
    const secured = isStream(scheme) ? 'coaps+tcp' : 'coaps'
    throw new OptionsError(`${server} is not secured, but there is a key; write ${secured}://`)
  }
  if (cid !== undefined && !hasKey) {
    throw new OptionsError('--cid needs --psk-master-key; there is no Connection ID without DTLS')
  }
}

/** Throws OptionsError. */
function checkTime({ startOver, duration }: FleetArguments, count: number): void {
  const startSeconds = startOver ?? defaultStartOverSeconds(count)
  if (duration === undefined || duration >= startSeconds) return
  throw new OptionsError(
    `--duration is ${duration} s, but the devices start over ${startSeconds} s; write a longer one, or --start-over`,
  )
}
