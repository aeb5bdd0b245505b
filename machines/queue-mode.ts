import { account } from './account.ts'
import { announceDisabled, takeDisable } from './deregistration.ts'

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
      on: { 'window.over': [{ guard: 'updateIsOpen', target: 'held' }, { target: '#account.online.asleep' }] },
    },
    /** The window is over, but an Update is not; after it there is another window. */
    held: { always: { guard: 'updateIsDone', target: 'awake' } },
  },
})

/** The client does not listen. Whatever is to be sent wakes it, and an Update goes first. */
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
    stop: { target: 'leaving', actions: ['stop', 'wake'] },
    disable: { target: 'leaving', actions: [takeDisable, 'wake', announceDisabled] },
  },
})
