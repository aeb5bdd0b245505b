import type { Observer } from 'rxjs'

export interface SinkOptions<T> {
  /** Takes a value, or throws why not. */
  readonly write: (value: T) => void
  /** Hears why a value was refused. */
  readonly refused: (error: unknown) => void
  /** Hears what the source failed with, which ends that subscription and not the sink. */
  readonly failed: (error: unknown) => void
}

/** Where a pipeline ends: no value and no error breaks it, so one sink serves a source that is retried, or several. */
export function sink<T>({ write, refused, failed }: SinkOptions<T>): Observer<T> {
  return {
    next: value => {
      try {
        write(value)
      } catch (error) {
        refused(error)
      }
    },
    error: failed,
    complete: () => {},
  }
}
