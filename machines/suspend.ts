import { account } from './account.ts'
import { announceDisabled } from './registration.ts'

/**
 * Nothing runs and nothing is sent; the registration stays. Afterwards the account goes on where it was: what is registered
 * connects and sends an Update, or a Register when the lifetime has passed meanwhile.
 */
export const suspended = account.createStateConfig({
  entry: 'endLeave',
  on: {
    resume: [
      { guard: 'isDisabled', target: 'disabled' },
      { guard: { type: 'hasGivenUp', params: ({ event }) => event }, target: 'failed' },
      { guard: 'retryWaits', target: 'retrying.waiting' },
      { target: 'online', actions: 'forgetExhaustion' },
    ],
    disable: {
      actions: [{ type: 'disable', params: ({ event }) => event }, 'forgetRegistration', announceDisabled],
    },
    enable: { actions: 'enable' },
    suspend: {},
    reconnect: {},
  },
})
