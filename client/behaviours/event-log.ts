import { eventLog as eventLogObject } from '../../objects/definitions/event-log.ts'
import { OperationError } from '../../objects/errors.ts'
import type { ExecuteArguments } from '../../objects/handlers.ts'
import { formatPath } from '../../objects/path.ts'
import type { Timer } from '../../transport/clock.ts'
import type { Lwm2mClient } from '../client.ts'
import { definitionInUse } from './definition-in-use.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { LogRing } from './log-ring.ts'

/** What a log holds, and how it is read. */
export interface EventLogOptions {
  /** Default 0, the only one of version 1.0 of the object. */
  readonly instanceId?: number
  /** Of all entries together, bytes; for a new one the oldest go. Default 16,384. */
  readonly maximumBytes?: number
  /** Whether it collects from the beginning, or only when a server says so. Default false. */
  readonly isRunning?: boolean
  /**
   * Log Data Formats that a server may choose besides 0, the bytes of the entries one after the other: 1 TLV, 2 JSON, 3 CBOR,
   * 100–255 the device's own. Each makes the Log Data of the entries, oldest first.
   */
  readonly formats?: Readonly<Record<number, (entries: readonly Uint8Array[]) => Uint8Array>>
}

/** 0 generic, 1 system, 2 security, 3 event, 4 trace, 5 panic, 6 charging, 100–255 the device's own. */
export type LogClass = number

/** A log that the application writes, and servers control. */
export interface EventLog extends Behaviour<typeof eventLogObject> {
  /**
   * Collects an entry while the log runs, if its Log Class is the entry's, or generic. A text is a line. One that is larger
   * than the log sets the error bit of Log Status. The bytes are the log's to keep.
   */
  log(entry: string | Uint8Array, logClass?: LogClass): void
  /** What a server reads as Log Status, the sum of 1 stopped, 2 there are entries, 4 one was lost. */
  readonly status: number
}

/** The bits of Log Status. */
const stopped = 1
const hasData = 2
const hasFailed = 4

/**
 * Brings an Event Log (20) to life: a ring of entries that servers start, stop, empty, and read as bytes. Log Start takes the
 * arguments 0 (`1`: goes on from what there is) and 1 (seconds after which it stops by itself), Log Stop the argument 0 (`1`:
 * empties it). Each instance of version 2.0 is a log of its own.
 */
export function eventLog(client: Lwm2mClient, options: EventLogOptions = {}): EventLog {
  const { instanceId = 0, maximumBytes = 16_384, isRunning = false, formats = {} } = options
  const values = { logClass: 0, logDataFormat: 0 }
  const living = new LivingInstance(client, definitionInUse(client, eventLogObject), { instanceId, values })
  const { instance, clock } = living
  const ring = new LogRing(maximumBytes)
  const dataPath = formatPath(instance.path('logData'))
  let state = isRunning ? 0 : stopped
  let timer: Timer
  const status = () => state | (ring.isEmpty ? 0 : hasData)
  const tell = () => {
    if (!living.isThere) return
    instance.set({ logStatus: status() })
    client.objects.changed(dataPath)
  }
  const stop = () => {
    clock.clearTimeout(timer)
    state |= stopped
    tell()
  }
  tell()
  living.add(() => {
    clock.clearTimeout(timer)
    state |= stopped
  })
  living.onExecute('logStart', (_, args) => {
    const goesOn = flag(args)
    const seconds = periodSeconds(args)
    clock.clearTimeout(timer)
    if (!goesOn) ring.clear()
    state = 0
    if (seconds > 0) timer = clock.setTimeout(stop, seconds * 1000)
    tell()
  })
  living.onExecute('logStop', (_, args) => {
    if (flag(args)) ring.clear()
    stop()
  })
  living.onRead('logData', () => {
    const format = formats[Number(instance.get('logDataFormat') ?? 0)]
    return format === undefined ? Buffer.concat(ring.entries) : format(ring.entries)
  })
  living.onWrite('logClass', (_, value) => isByte(value))
  living.onWrite('logDataFormat', (_, value) => value === 0 || Object.hasOwn(formats, value as number))
  return {
    instance,
    log(entry, logClass = 0) {
      if ((state & stopped) !== 0) return
      const wanted = instance.get('logClass') ?? 0
      if (wanted !== 0 && wanted !== logClass) return
      const isTaken = ring.add(typeof entry === 'string' ? Buffer.from(`${entry}\n`) : entry)
      if (!isTaken) state |= hasFailed
      tell()
    },
    get status() {
      return status()
    },
    unsubscribe: () => living.unsubscribe(),
  }
}

/** Argument 0: absent or `0` is no, `1` is yes. Throws OperationError BAD_REQUEST. */
function flag(args: ExecuteArguments): boolean {
  const value = args.get(0) ?? '0'
  if (value === '0' || value === '1') return value === '1'
  throw new OperationError('BAD_REQUEST', 'argument 0 must be 0 or 1')
}

/** Argument 1: absent or `0` is without end. Throws OperationError BAD_REQUEST. */
function periodSeconds(args: ExecuteArguments): number {
  const value = args.get(1) ?? '0'
  if (/^\d{1,10}$/.test(value)) return Number(value)
  throw new OperationError('BAD_REQUEST', 'argument 1 must be seconds')
}

function isByte(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 255
}
