import { account } from './account.ts'
import { announceDeregister, announceDisabled, takeDisable } from './deregistration.ts'
import { queueMode } from './queue-mode.ts'
import { update } from './update.ts'

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

/** Regions that live as long as the registration does. */
export const registered = account.createStateConfig({
  type: 'parallel',
  states: { update, queueMode },
  on: {
    stop: { target: 'deregistering', actions: ['stop', announceDeregister] },
    disable: { target: 'parting', actions: [takeDisable, announceDisabled] },
  },
})
