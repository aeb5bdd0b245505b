import type { OperationContext } from '../objects/operations/operation.ts'
import type { Path } from '../objects/path.ts'
import type { ObjectStore } from '../objects/store.ts'
import type { PathRouter } from '../streams/route.ts'
import type { Clock } from '../transport/clock.ts'
import type { ConfirmableTurn } from './confirmable-turn.ts'
import type { ObservationEvent } from './observation-event.ts'

/** The Server Object instance with what holds where no attribute says otherwise. */
export interface ServerInstance {
  /** The objects of the client, whichever are observed. */
  readonly store: ObjectStore
  readonly router: PathRouter
  readonly path: Path
}

export interface ObservationsOptions {
  readonly store: ObjectStore
  readonly router: PathRouter
  readonly clock: Clock
  readonly context: OperationContext
  readonly serverInstance: ServerInstance
  /** Paths that may be observed at once. */
  readonly maximum: number
  readonly confirmable: boolean
  /** What they share with those of other stores that the server observes. Default: nothing. */
  readonly turn?: ConfirmableTurn
  /** Reports kept while nothing may leave, over all observations, and 16 times as many values. Default 1,000. */
  readonly maximumHeldNotifications?: number
  /** Whether each change is kept with its time while nothing may leave, not only the newest state. Default: no. */
  readonly storesNotifications?: (() => boolean) | undefined
  /**
   * What a confirmable notification that nobody acknowledges ends: the observation (RFC 7641 §4.5), or by `onUnreachable`
   * the connection. Default: the connection.
   */
  readonly unacknowledgedEnds?: 'observation' | 'connection'
  /**
   * Something waits to be told, the first since `hold`, or since the connection was lost. Called synchronously, so it must
   * not throw.
   */
  readonly onWaiting?: (() => void) | undefined
  /**
   * The server did not acknowledge a notification, or leaves too many waiting. Nothing leaves until the next `attach`; called
   * synchronously, so it must not throw.
   */
  readonly onUnreachable?: (() => void) | undefined
  /** The set of observations is another, or has to be saved anew. Called synchronously, so it must not throw. */
  readonly onChanged?: (() => void) | undefined
  /** A change was recorded, which there may be many of. Called synchronously, so it must not throw. */
  readonly onRecorded?: (() => void) | undefined
  /** Called synchronously, so it must not throw. */
  readonly onEvent?: ((event: ObservationEvent) => void) | undefined
}
