import { account } from './account.ts'
import { failedAttempt } from './account-context.ts'
import { withoutEnd } from './retry.ts'

/** An attempt has failed: the next follows by the account's retry options, or none does. */
export const retrying = account.createStateConfig({
  initial: 'deciding',
  states: {
    deciding: {
      always: [
        {
          guard: 'isExhausted',
          target: '#account.failed',
          actions: { type: 'announce', params: ({ context }) => failedAttempt(context) },
        },
        { target: 'drawing', actions: { type: 'report', params: { type: 'account.failing' } } },
      ],
    },
    /** The delay is known at once. */
    drawing: {
      invoke: {
        id: 'retryDelay',
        src: 'retryDelay',
        input: ({ context: { failedAttempts, retry } }) => ({ failedAttempts, retry }),
      },
      on: {
        'retry.scheduled': {
          target: 'waiting',
          actions: [
            { type: 'recordRetry', params: ({ event }) => event },
            { type: 'announce', params: ({ context, event }) => failedAttempt(context, event.delayMs) },
          ],
        },
      },
    },
    /** After a bootstrap that was of no help either: the two would take turns without a rest. */
    pausing: {
      invoke: {
        id: 'retryDelay',
        src: 'retryDelay',
        input: ({ context: { retry } }) => ({ failedAttempts: 1, retry: withoutEnd(retry) }),
      },
      on: { 'retry.scheduled': { target: 'waiting', actions: { type: 'recordRetry', params: ({ event }) => event } } },
    },
    waiting: {
      invoke: {
        id: 'retryTimer',
        src: 'timer',
        input: ({ context: { retryAtMs } }) => (retryAtMs === undefined ? {} : { deadlineMs: retryAtMs }),
      },
      on: { 'timer.due': '#account.online' },
    },
  },
  on: { reconnect: '#account.online' },
})
