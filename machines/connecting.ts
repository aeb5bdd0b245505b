import { account } from './account.ts'
import { announceDisabled, takeDisable } from './deregistration.ts'
import type { Cause } from './events.ts'

const connectFailed = {
  target: '#account.retrying',
  actions: {
    type: 'recordFailure',
    params: ({ event }: { event: { cause: Cause } }) => ({ type: 'CONNECT_FAILURE', cause: event.cause }) as const,
  },
} as const

/** A server that still keeps the registration is told by an Update that the client is back. */
const outcomes = {
  'connect.succeeded': [
    {
      guard: { type: 'isStillRegistered', params: ({ event }: { event: { atMs: number } }) => event },
      target: 'registered',
      actions: ['resumeUpdates', { type: 'report', params: { type: 'account.registered' } }],
    },
    { target: 'registering' },
  ],
  'connect.failed': connectFailed,
} as const

/** A registration there is does not end without a De-register. */
const departures = {
  stop: { guard: 'hasRegistration', target: 'leaving', actions: 'stop' },
  disable: { guard: 'hasRegistration', target: 'leaving', actions: [takeDisable, announceDisabled] },
} as const

/** The `connection` effect of the surrounding state opens the way to the server. */
export const connecting = account.createStateConfig({ on: { ...outcomes, ...departures } })

/** It does so again after a rest. */
export const waking = account.createStateConfig({
  entry: 'wake',
  on: { ...outcomes, ...departures, 'connection.lost': connectFailed },
})
