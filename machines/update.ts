import { account } from './account.ts'

/**
 * Keeps a registration alive and the server informed (LwM2M Core 1.2.2 §6.2.2). Causes that come while an Update is in
 * flight wait for the next.
 */
export const update = account.createStateConfig({
  initial: 'idle',
  states: {
    idle: {
      always: [
        { guard: 'causesWait', target: 'gathering' },
        { guard: 'updateFallsDue', target: 'waiting' },
      ],
    },
    waiting: {
      invoke: {
        id: 'updateTimer',
        src: 'timer',
        input: ({ context: { updateDueMs = 0 } }) => ({ deadlineMs: updateDueMs }),
      },
      always: { guard: 'causesWait', target: 'gathering' },
      on: { 'timer.due': 'updating' },
    },
    gathering: { after: { gatheringTime: 'updating' } },
    updating: {
      entry: [
        'beginUpdate',
        {
          type: 'announce',
          params: ({ context: { shortServerId, sentCauses } }) => ({
            type: 'REG_UPDATE',
            shortServerId,
            includeLifetime: sentCauses?.lifetime === true,
            includeBinding: sentCauses?.binding === true,
            includeLinks: sentCauses?.links === true,
          }),
        },
      ],
      invoke: {
        id: 'update',
        src: 'update',
        input: ({ context: { shortServerId, location, versions, lifetimeSeconds, binding, sentCauses } }) => ({
          shortServerId,
          location,
          version: versions[0],
          includeLinks: sentCauses?.links === true,
          ...(sentCauses?.lifetime && { lifetimeSeconds }),
          ...(sentCauses?.binding && { binding }),
        }),
      },
      on: {
        'update.changed': {
          target: 'idle',
          actions: [
            'endUpdate',
            { type: 'recordContact', params: ({ event }) => event },
            {
              type: 'announce',
              params: ({ context: { shortServerId } }) => ({ type: 'REG_UPDATE_COMPLETE', shortServerId }),
            },
          ],
        },
        // The server does not know us any more (4.04), or not in this way: LwM2M Core 1.2.2 §6.2.2.
        'update.rejected': '#account.online.registering',
        'update.timedOut': {
          target: '#account.online',
          actions: [
            'forgetRegistration',
            {
              type: 'announce',
              params: ({ context: { shortServerId }, event: { cause } }) => ({
                type: 'REG_TIMEOUT',
                shortServerId,
                cause,
                failedAttempts: 0,
                retryDelayMs: 0,
              }),
            },
          ],
        },
      },
    },
  },
})
