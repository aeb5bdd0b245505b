import { account } from './account.ts'
import { failedAttempt } from './account-context.ts'

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
    waiting: {
      invoke: {
        id: 'retryTimer',
        src: 'timer',
        input: ({ context: { retryAtMs } }) => (retryAtMs === undefined ? {} : { deadlineMs: retryAtMs }),
      },
      on: { 'timer.due': { target: '#account.online', actions: 'forgetRetry' } },
    },
  },
  on: { reconnect: { target: '#account.online', actions: 'forgetRetry' } },
})
