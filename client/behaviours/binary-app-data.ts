import { type Observable, Subject } from 'rxjs'
import { binaryAppDataContainer as container } from '../../objects/definitions/binary-app-data-container.ts'
import { ValueError } from '../../objects/errors.ts'
import { formatPath } from '../../objects/path.ts'
import type { Value } from '../../objects/value.ts'
import type { Lwm2mClient } from '../client.ts'
import { definitionInUse } from './definition-in-use.ts'
import { type Behaviour, LivingInstance } from './living-instance.ts'
import { indexed } from './replace-values.ts'

/** What a container is for, and its bounds: a Write beyond them is 4.00. */
export interface BinaryAppDataOptions {
  /** Default 0. */
  readonly instanceId?: number
  /** How many pieces of data there may be at once. Default 16. */
  readonly maximumPieces?: number
  /** Of one piece, bytes. Default 65,536. */
  readonly maximumBytes?: number
  /** What the data is, 32 bytes at most. */
  readonly description?: string
  /** What form it has, 32 bytes at most. */
  readonly format?: string
  /** For which application it is, 0–65,535. */
  readonly appId?: number
}

/** How urgent data is: 0 at once, 1 best effort, 2 the latest counts, 101–254 the application's own. Whole, 0 to 254. */
export type DataPriority = number

/** What is in the container at one time. */
export interface AppData {
  /** In the order of their resource instances. */
  readonly pieces: readonly Uint8Array[]
  readonly priority?: DataPriority
  /** Seconds since 1970. */
  readonly createdSeconds: number
}

export interface BinaryAppDataContainer extends Behaviour<typeof container> {
  /** What servers write, once the Write is done; ends with the behaviour. */
  readonly received$: Observable<AppData>
  /**
   * Puts other data in place, made now; who observes it is told. Throws ValueError for more than fits and for a priority that is
   * none; what was there stays then.
   */
  put(pieces: readonly Uint8Array[], priority?: DataPriority): void
}

const longestTextBytes = 32

/**
 * Brings a BinaryAppDataContainer (19) to life: data of an application that has no object of its own, both ways and within bounds.
 * Where a server writes data without its creation time, that is when it came.
 */
export function binaryAppDataContainer(
  client: Lwm2mClient,
  options: BinaryAppDataOptions = {},
): BinaryAppDataContainer {
  const { instanceId = 0, maximumPieces = 16, maximumBytes = 65_536, description, format, appId } = options
  const living = new LivingInstance(client, definitionInUse(client, container), {
    instanceId,
    values: {
      data: {},
      ...(description !== undefined && { dataDescription: description }),
      ...(format !== undefined && { dataFormat: format }),
      ...(appId !== undefined && { appId }),
    },
  })
  const { instance, clock } = living
  const nowSeconds = () => Math.floor(clock.now() / 1000)
  const received = new Subject<AppData>()
  /** A server has written, and it may yet be undone. */
  let isWritten = false
  living.onWrite('data', ([, , , id = 0], piece) => id < maximumPieces && sizeOf(piece) <= maximumBytes)
  living.onWrite('dataPriority', (_, priority) => isPriority(priority))
  living.onWrite('dataDescription', (_, text) => sizeOf(text) <= longestTextBytes)
  living.onWrite('dataFormat', (_, text) => sizeOf(text) <= longestTextBytes)
  living.onWrite('appId', (_, id) => Number(id) >= 0 && Number(id) <= 0xffff)
  const written = () => {
    isWritten = true
    // Until then the transaction is over, or undone.
    queueMicrotask(() => {
      isWritten = false
    })
  }
  living.add(client.objects.onWrite(formatPath(instance.path('data')), { written }))
  living.follow(['data', 'dataCreationTime'], names => {
    if (!isWritten || !names.has('data')) return
    isWritten = false
    if (!names.has('dataCreationTime')) instance.set({ dataCreationTime: nowSeconds() })
    const priority = instance.get('dataPriority')
    received.next({
      pieces: Object.values(instance.get('data') ?? {}),
      ...(priority !== undefined && { priority: Number(priority) }),
      createdSeconds: instance.get('dataCreationTime') ?? nowSeconds(),
    })
  })
  living.add(() => received.complete())
  return {
    instance,
    received$: received.asObservable(),
    put(pieces, priority) {
      if (pieces.length > maximumPieces || pieces.some(piece => piece.length > maximumBytes)) {
        throw new ValueError(`there is room for ${maximumPieces} pieces of ${maximumBytes} bytes`)
      }
      if (priority !== undefined && !isPriority(priority)) throw new ValueError('a priority is 0 to 254')
      isWritten = false
      const dataPriority = priority === undefined ? {} : { dataPriority: priority }
      instance.set({ data: indexed(pieces), dataCreationTime: nowSeconds(), ...dataPriority })
    },
    unsubscribe: () => living.unsubscribe(),
  }
}

function isPriority(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 254
}

/** Bytes; of a text as UTF-8. */
function sizeOf(value: Value): number {
  return value instanceof Uint8Array ? value.length : Buffer.byteLength(value as string)
}
