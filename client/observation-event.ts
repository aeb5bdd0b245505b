interface OfObservation {
  readonly shortServerId: number
  /** What is observed: one path, or all of a composite. */
  readonly paths: readonly string[]
}

/** What happens to the observations that servers have of the client. */
export type ObservationEvent = OfObservation &
  (
    | {
        /**
         * `added`: a server observes. `removed`: the observation is over, whoever ended it. `acknowledged`: a confirmable
         * notification arrived. `timedOut`: a confirmable notification was not acknowledged.
         */
        readonly type: 'added' | 'removed' | 'acknowledged' | 'timedOut'
      }
    | {
        /** More notifications waited for the server than the client holds. */
        readonly type: 'dropped'
        /** How many it has discarded, the oldest. */
        readonly droppedCount: number
      }
  )
