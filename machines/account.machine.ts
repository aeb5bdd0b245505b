import { account, failedAttempt, initialAccountContext } from './account.ts'
import { connecting, deregistering, registered, registering } from './registration.ts'

/** One Server Account of a client. Provide {@link accountEffects} and `announce` once a process. */
export const accountMachine = account.createMachine({
  id: 'account',
  description:
    'Registers with one server, keeps the registration alive, registers again when it is lost, and de-registers on stop.',
  context: ({ input }) => initialAccountContext(input),
  output: ({ context: { shortServerId } }) => ({ shortServerId }),
  initial: 'online',
  on: {
    stop: '.stopped',
    'update.requested': { actions: 'requestUpdate' },
    'instances.changed': { actions: 'changeInstances' },
    'lifetime.changed': { actions: { type: 'changeLifetime', params: ({ event }) => event } },
  },
  states: {
    /** As long as this state lasts, so does the connection. */
    online: {
      initial: 'connecting',
      invoke: {
        id: 'connection',
        src: 'connection',
        input: ({ context: { shortServerId } }) => ({ shortServerId }),
      },
      states: { connecting, registering, registered, deregistering },
      on: {
        'connection.lost': {
          target: 'retrying',
          actions: { type: 'recordFailure', params: ({ event: { cause } }) => ({ type: 'REG_TIMEOUT', cause }) },
        },
      },
    },
    retrying: {
      invoke: {
        id: 'retryTimer',
        src: 'retryTimer',
        input: ({ context: { failedAttempts, retry } }) => ({ failedAttempts, retry }),
      },
      on: {
        'retry.scheduled': {
          actions: { type: 'announce', params: ({ context, event }) => failedAttempt(context, event.delayMs) },
        },
        'timer.due': 'online',
      },
    },
    stopped: {
      type: 'final',
      entry: {
        type: 'announce',
        params: ({ context: { shortServerId } }) => ({ type: 'DISCONNECT', shortServerId }),
      },
    },
  },
})
