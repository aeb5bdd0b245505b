/** What happens to an observation of a server. */
export interface ObservationEvent {
  /**
   * `added`, `removed`: a server observes something, or no longer does. `acknowledged`, `timedOut`: a confirmable
   * notification arrived, or nobody acknowledged it. `dropped`: of what was kept while it could not be sent, the oldest
   * made room.
   */
  readonly type: 'added' | 'removed' | 'acknowledged' | 'timedOut' | 'dropped'
  readonly shortServerId: number
  /** What is observed: one path, or those of a composite. */
  readonly paths: readonly string[]
  /** How many notifications were dropped; of `dropped` only. */
  readonly droppedCount?: number
}
