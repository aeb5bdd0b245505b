import { account } from './account.ts'
import type { AccountContext } from './account-context.ts'
import type { Cause, ClientEvent } from './events.ts'
import { queueMode } from './queue-mode.ts'
import { update } from './update.ts'

const connectFailed = {
  target: '#account.retrying',
  actions: {
    type: 'recordFailure',
    params: ({ event }: { event: { cause: Cause } }) => ({ type: 'CONNECT_FAILURE', cause: event.cause }) as const,
  },
} as const

/** The server still keeps the registration: an Update tells it that the client is back. */
const isBack = {
  guard: { type: 'isStillRegistered', params: ({ event }: { event: { atMs: number } }) => event },
  target: 'registered',
  actions: ['resumeUpdates', { type: 'report', params: { type: 'account.registered' } }],
} as const

/** The `connection` effect of the surrounding state opens the way to the server. */
export const connecting = account.createStateConfig({
  on: {
    'connect.succeeded': [isBack, 'registering'],
    'connect.failed': connectFailed,
  },
})

/** A Register is in flight (LwM2M Core 1.2.2 §6.2.1). */
export const registering = account.createStateConfig({
  entry: 'beginRegister',
  invoke: {
    id: 'register',
    src: 'register',
    input: ({ context: { shortServerId, versions, lifetimeSeconds, binding, awakeSeconds } }) => ({
      shortServerId,
      version: versions[0],
      lifetimeSeconds,
      binding,
      queueMode: awakeSeconds !== undefined,
    }),
  },
  on: {
    'register.created': {
      target: 'registered',
      actions: [
        { type: 'recordRegistration', params: ({ event }) => event },
        { type: 'recordContact', params: ({ event }) => event },
        {
          type: 'announce',
          params: ({ context: { shortServerId, lifetimeSeconds }, event: { location } }) => ({
            type: 'REGISTRATION_COMPLETE',
            shortServerId,
            location,
            lifetimeSeconds,
          }),
        },
        { type: 'report', params: { type: 'account.registered' } },
      ],
    },
    'register.rejected': [
      {
        guard: { type: 'lowerVersionMayDo', params: ({ event }) => event },
        target: 'registering',
        reenter: true,
        actions: 'lowerVersion',
      },
      {
        target: '#account.retrying',
        actions: {
          type: 'recordFailure',
          params: ({ event: { responseCode } }) => ({ type: 'REGISTRATION_FAILURE', responseCode }),
        },
      },
    ],
    'register.timedOut': {
      target: '#account.retrying',
      actions: { type: 'recordFailure', params: ({ event: { cause } }) => ({ type: 'REG_TIMEOUT', cause }) },
    },
  },
})

const announceDeregister = {
  type: 'announce',
  params: ({ context: { shortServerId } }: { context: AccountContext }): ClientEvent => ({
    type: 'DEREGISTER',
    shortServerId,
  }),
} as const

export const announceDisabled = {
  type: 'announce',
  params: ({ context: { shortServerId, disabled } }: { context: AccountContext }): ClientEvent => ({
    type: 'SERVER_DISABLED',
    shortServerId,
    ...disabled,
  }),
} as const

const disable = { type: 'disable', params: ({ event }: { event: { untilMs?: number } }) => event } as const

/** Regions that live as long as the registration does. */
export const registered = account.createStateConfig({
  type: 'parallel',
  states: { update, queueMode },
  on: {
    stop: { target: 'deregistering', actions: announceDeregister },
    disable: { target: 'parting', actions: [disable, announceDisabled] },
  },
})

/**
 * Queue mode: the client does not listen (LwM2M Core 1.2.2 §6.5). Whatever is to be sent wakes it, and an Update goes
 * first.
 */
export const asleep = account.createStateConfig({
  entry: [
    'rest',
    {
      type: 'announce',
      params: ({ context: { shortServerId } }) => ({ type: 'QUEUE_MODE_RX_OFF', shortServerId }),
    },
  ],
  invoke: {
    id: 'updateTimer',
    src: 'timer',
    input: ({ context: { updateDueMs } }) => (updateDueMs === undefined ? {} : { deadlineMs: updateDueMs }),
  },
  always: { guard: 'causesWait', target: 'waking' },
  on: {
    'timer.due': 'waking',
    'transmission.waiting': 'waking',
    stop: { target: 'waking', actions: ['leave', announceDeregister] },
    disable: { target: 'waking', actions: ['leave', disable, announceDisabled] },
  },
})

const endsBeforeItLeft = { guard: 'isLeaving', target: '#account.departed' } as const

/** The `connection` effect opens the way to the server again. */
export const waking = account.createStateConfig({
  entry: 'wake',
  after: { leaveTime: endsBeforeItLeft },
  on: {
    'connect.succeeded': [{ guard: 'isLeaving', target: 'deregistering' }, isBack, 'registering'],
    'connect.failed': [endsBeforeItLeft, connectFailed],
    'connection.lost': [endsBeforeItLeft, connectFailed],
    stop: { actions: ['enable', 'leave', announceDeregister] },
    disable: { actions: ['leave', disable, announceDisabled] },
    suspend: [{ guard: 'leavesForGood', target: '#account.departed' }, '#account.suspended'],
    reconnect: {},
  },
})

/** The answer to the server's Disable goes out before the De-register does. */
export const parting = account.createStateConfig({
  after: { gatheringTime: 'deregistering' },
  on: {
    stop: { target: 'deregistering', actions: ['enable', announceDeregister] },
    'connection.lost': '#account.departed',
    // Comes too late.
    disable: {},
    reconnect: {},
  },
})

const announceDeregisterFailure = {
  type: 'announce',
  params: ({ context, event }: { context: AccountContext; event: { cause: Cause } }): ClientEvent => ({
    type: 'DEREGISTER_FAILURE',
    shortServerId: context.shortServerId,
    cause: event.cause,
  }),
} as const

/** A De-register is in flight (LwM2M Core 1.2.2 §6.2.3). However it ends, the account departs. */
export const deregistering = account.createStateConfig({
  invoke: {
    id: 'deregister',
    src: 'deregister',
    input: ({ context: { shortServerId, location } }) => ({ shortServerId, location }),
  },
  on: {
    'deregister.done': '#account.departed',
    'deregister.failed': { target: '#account.departed', actions: announceDeregisterFailure },
    'connection.lost': { target: '#account.departed', actions: announceDeregisterFailure },
    suspend: [{ guard: 'isDisabled', target: '#account.suspended' }, '#account.departed'],
    // Already on the way; a stop counts for more than the time to come back.
    stop: { actions: 'enable' },
    disable: {},
    reconnect: {},
  },
})
