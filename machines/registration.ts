import { type AccountContext, account } from './account.ts'
import type { Cause, ClientEvent } from './events.ts'
import { update } from './update.ts'

/** The `connection` effect of the surrounding state opens the way to the server. */
export const connecting = account.createStateConfig({
  on: {
    'connect.succeeded': 'registering',
    'connect.failed': {
      target: '#account.retrying',
      actions: { type: 'recordFailure', params: ({ event }) => ({ type: 'CONNECT_FAILURE', cause: event.cause }) },
    },
  },
})

/** A Register is in flight (LwM2M Core 1.2.2 §6.2.1). */
export const registering = account.createStateConfig({
  entry: 'beginRegister',
  invoke: {
    id: 'register',
    src: 'register',
    input: ({ context: { shortServerId, lifetimeSeconds } }) => ({ shortServerId, lifetimeSeconds }),
  },
  on: {
    'register.created': {
      target: 'registered',
      actions: [
        { type: 'recordLocation', params: ({ event }) => event },
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
      ],
    },
    'register.rejected': {
      target: '#account.retrying',
      actions: {
        type: 'recordFailure',
        params: ({ event: { responseCode } }) => ({ type: 'REGISTRATION_FAILURE', responseCode }),
      },
    },
    'register.timedOut': {
      target: '#account.retrying',
      actions: { type: 'recordFailure', params: ({ event: { cause } }) => ({ type: 'REG_TIMEOUT', cause }) },
    },
  },
})

/** Regions that live as long as the registration does. */
export const registered = account.createStateConfig({
  type: 'parallel',
  states: { update },
  on: { stop: 'deregistering' },
})

const announceDeregisterFailure = {
  type: 'announce',
  params: ({ context, event }: { context: AccountContext; event: { cause: Cause } }): ClientEvent => ({
    type: 'DEREGISTER_FAILURE',
    shortServerId: context.shortServerId,
    cause: event.cause,
  }),
} as const

/** A De-register is in flight (LwM2M Core 1.2.2 §6.2.3). However it ends, the account stops. */
export const deregistering = account.createStateConfig({
  entry: { type: 'announce', params: ({ context }) => ({ type: 'DEREGISTER', shortServerId: context.shortServerId }) },
  invoke: {
    id: 'deregister',
    src: 'deregister',
    input: ({ context: { shortServerId, location } }) => ({ shortServerId, location }),
  },
  on: {
    'deregister.done': '#account.stopped',
    'deregister.failed': { target: '#account.stopped', actions: announceDeregisterFailure },
    'connection.lost': { target: '#account.stopped', actions: announceDeregisterFailure },
    // Already on the way.
    stop: {},
  },
})
