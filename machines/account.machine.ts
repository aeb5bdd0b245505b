import { account } from './account.ts'
import { initialAccountContext } from './account-context.ts'
import { connecting, waking } from './connecting.ts'
import { announceDisabled, departed, deregistering, leaving, parting, takeDisable } from './deregistration.ts'
import { asleep } from './queue-mode.ts'
import { registered, registering } from './registration.ts'
import { retrying } from './retrying.ts'
import { suspended } from './suspend.ts'

/** One Server Account of a client. Provide {@link accountEffects} and `announce` once a process. */
export const accountMachine = account.createMachine({
  id: 'account',
  description:
    'Registers with one server, keeps the registration alive, registers again when it is lost, and de-registers on stop.',
  context: ({ input }) => initialAccountContext(input),
  output: ({ context: { shortServerId } }) => ({ shortServerId }),
  initial: 'beginning',
  on: {
    stop: '.stopped',
    suspend: '.suspended',
    disable: { target: '.disabled', actions: [takeDisable, announceDisabled] },
    'update.requested': { actions: 'requestUpdate' },
    'instances.changed': { actions: 'changeInstances' },
    'lifetime.changed': { actions: { type: 'changeLifetime', params: ({ event }) => event } },
    'binding.changed': { actions: { type: 'changeBinding', params: ({ event }) => event } },
  },
  states: {
    beginning: {
      always: [{ guard: 'isDisabled', target: 'disabled' }, { guard: 'startsLater', target: 'delayed' }, 'online'],
    },
    /** Waits before the first attempt (/1/x/14). */
    delayed: { after: { initialDelay: 'online' }, on: { reconnect: 'online' } },
    /** As long as this state lasts, so does the connection. */
    online: {
      initial: 'connecting',
      entry: 'endWait',
      invoke: {
        id: 'connection',
        src: 'connection',
        input: ({ context: { shortServerId } }) => ({ shortServerId }),
      },
      states: { connecting, registering, registered, asleep, waking, leaving, parting, deregistering },
      on: {
        'connection.lost': {
          target: 'retrying',
          actions: { type: 'recordFailure', params: ({ event: { cause } }) => ({ type: 'REG_TIMEOUT', cause }) },
        },
        reconnect: { target: 'online', reenter: true },
      },
    },
    retrying,
    /** Has given up, until the client starts it again. */
    failed: {
      entry: { type: 'report', params: { type: 'account.exhausted' } },
      on: { reconnect: { target: 'online', actions: 'forgetFailures' } },
    },
    disabled: {
      entry: ['forgetRegistration', 'forgetFailures', { type: 'report', params: { type: 'account.failing' } }],
      invoke: {
        id: 'disableTimer',
        src: 'timer',
        input: ({ context: { disabled } }) => (disabled?.untilMs === undefined ? {} : { deadlineMs: disabled.untilMs }),
      },
      on: {
        'timer.due': { target: 'online', actions: 'enable' },
        enable: { target: 'online', actions: 'enable' },
      },
    },
    suspended,
    departed,
    stopped: {
      type: 'final',
      entry: {
        type: 'announce',
        params: ({ context: { shortServerId } }) => ({ type: 'DISCONNECT', shortServerId }),
      },
    },
  },
})
