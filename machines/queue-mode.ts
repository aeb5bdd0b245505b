import { account } from './account.ts'

/** Whether a registered client listens all the time or for the awake window only (LwM2M Core 1.2.2 §6.5). */
export const queueMode = account.createStateConfig({
  initial: 'off',
  states: {
    off: { always: { guard: 'usesQueueMode', target: 'awake' } },
    awake: {
      invoke: {
        id: 'awakeWindow',
        src: 'awakeWindow',
        input: ({ context: { shortServerId, awakeSeconds = 0 } }) => ({ shortServerId, awakeSeconds }),
      },
      on: {
        'window.over': [
          { guard: 'updateIsOpen', target: 'awake', reenter: true },
          { target: '#account.online.asleep' },
        ],
      },
    },
  },
})
