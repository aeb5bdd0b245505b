import { account } from './account.ts'
import { announceDisabled, takeDisable } from './deregistration.ts'

/**
 * Nothing runs and nothing is sent; the registration stays. Afterwards the account goes on where it was: what is registered
 * connects and sends an Update, or a Register when the lifetime has passed meanwhile.
 */
export const suspended = account.createStateConfig({
  on: {
    resume: [
      { guard: 'isDisabled', target: 'disabled' },
      { guard: { type: 'hasGivenUp', params: ({ event }) => event }, target: 'failed' },
      { guard: 'isExhausted', target: 'retrying.pausing', actions: 'forgetFailures' },
      { guard: 'retryWaits', target: 'retrying.waiting' },
      { target: 'beginning' },
    ],
    disable: { actions: [takeDisable, announceDisabled] },
    enable: { actions: 'enable' },
    suspend: {},
  },
})
