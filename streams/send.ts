import { catchError, defer, exhaustMap, map, type ObservableInput, type OperatorFunction, of, take } from 'rxjs'

/** What sends, such as a client. */
export interface Sender<Options> {
  send(paths: readonly string[], options?: Options): ObservableInput<unknown>
}

/** What became of one Send; a failed one does not end the pipeline. */
export type SendResult = { readonly sent: true } | { readonly sent: false; readonly error: unknown }

/**
 * Sends what is at some paths with each emission (LwM2M Core 1.2.2 §6.4.6), and emits what became of it:
 * `interval(60_000).pipe(sendTo(client, ['/3303/0/5700']))`. Emissions that come while a Send is under way are skipped.
 */
export function sendTo<Options>(
  sender: Sender<Options>,
  paths: readonly string[],
  options?: Options,
): OperatorFunction<unknown, SendResult> {
  return exhaustMap(() =>
    defer(() => sender.send(paths, options)).pipe(
      take(1),
      map((): SendResult => ({ sent: true })),
      catchError((error: unknown) => of<SendResult>({ sent: false, error })),
    ),
  )
}
