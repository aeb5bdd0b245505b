import { account } from './account.ts'
import type { AccountContext, Disabled } from './account-context.ts'
import type { Cause, ClientEvent } from './events.ts'

export const takeDisable = { type: 'disable', params: ({ event }: { event: Disabled }) => event } as const

export const announceDisabled = {
  type: 'announce',
  params: ({ context: { shortServerId, disabled } }: { context: AccountContext }): ClientEvent => ({
    type: 'SERVER_DISABLED',
    shortServerId,
    ...disabled,
  }),
} as const

export const announceDeregister = {
  type: 'announce',
  params: ({ context: { shortServerId } }: { context: AccountContext }): ClientEvent => ({
    type: 'DEREGISTER',
    shortServerId,
  }),
} as const

const announceFailure = {
  type: 'announce',
  params: ({ context, event }: { context: AccountContext; event: { cause: Cause } }): ClientEvent => ({
    type: 'DEREGISTER_FAILURE',
    shortServerId: context.shortServerId,
    cause: event.cause,
  }),
} as const

const disableAgain = { actions: [takeDisable, announceDisabled] } as const

/** On the way out, commands only change where it leads. */
const commands = {
  stop: { actions: 'stop' },
  disable: [{ guard: 'isStopping' }, disableAgain],
  enable: { actions: 'enable' },
  suspend: [{ guard: 'isStopping', target: '#account.departed' }, { target: '#account.suspended' }],
  reconnect: {},
} as const

/** A De-register follows as soon as there is a connection; nobody waits long for one that does not open. */
export const leaving = account.createStateConfig({
  after: { leaveTime: '#account.departed' },
  on: {
    ...commands,
    'connect.succeeded': [
      { guard: 'isStopping', target: 'deregistering', actions: announceDeregister },
      { target: 'deregistering' },
    ],
    'connect.failed': '#account.departed',
    'connection.lost': '#account.departed',
  },
})

/** The answer to the server's Disable goes out before the De-register does. */
export const parting = account.createStateConfig({
  after: { gatheringTime: 'deregistering' },
  on: {
    stop: { target: 'deregistering', actions: ['stop', announceDeregister] },
    disable: disableAgain,
    enable: { actions: 'enable' },
    reconnect: {},
    'connection.lost': '#account.departed',
  },
})

/** A De-register is in flight (LwM2M Core 1.2.2 §6.2.3). However it ends, the account departs. */
export const deregistering = account.createStateConfig({
  invoke: {
    id: 'deregister',
    src: 'deregister',
    input: ({ context: { shortServerId, location } }) => ({ shortServerId, location }),
  },
  on: {
    ...commands,
    'deregister.done': '#account.departed',
    'deregister.failed': { target: '#account.departed', actions: announceFailure },
    'connection.lost': { target: '#account.departed', actions: announceFailure },
  },
})

/** The way out of a registration has ended. */
export const departed = account.createStateConfig({
  entry: 'forgetRegistration',
  always: [
    { guard: 'isStopping', target: 'stopped' },
    { guard: 'isDisabled', target: 'disabled' },
    { target: 'online' },
  ],
})
