import { assign, type DoneActorEvent, enqueueActions, setup } from 'xstate'
import { accountMachine } from './account.machine.ts'
import type { AccountCommand, AccountInput, AccountOutput } from './account.ts'
import type { ClientEvent } from './events.ts'

/** The memory of a client: JSON data without secrets. */
export interface ClientContext {
  /** The server accounts of this run. */
  readonly accounts: readonly AccountInput[]
  /** The Short Server IDs of the accounts that still run. */
  readonly running: readonly number[]
  /** The accounts of a start that came while the client was stopping. */
  readonly next: readonly AccountInput[] | undefined
}

/** What a client is told. Without `shortServerId` every account is meant. */
export type ClientCommand =
  /** Of accounts with the same Short Server ID, which there should not be, the last counts. */
  | { readonly type: 'start'; readonly accounts: readonly AccountInput[] }
  | { readonly type: 'update.requested'; readonly shortServerId?: number }
  | { readonly type: 'instances.changed' }
  | { readonly type: 'lifetime.changed'; readonly shortServerId: number; readonly lifetimeSeconds: number }
  | { readonly type: 'stop' }

/** A command for one account, or for all that run. */
export interface Telling {
  readonly command: AccountCommand
  readonly shortServerId?: number | undefined
}

type AccountDone = DoneActorEvent<AccountOutput, `account-${number}`>

/** The id of the actor of an account below the client's actor. */
export function accountId(shortServerId: number): `account-${number}` {
  return `account-${shortServerId}`
}

/** A client. Provide `account` and `announce` once a process. */
export const clientMachine = setup({
  types: { context: {} as ClientContext, events: {} as ClientCommand | AccountDone },
  actors: { account: accountMachine },
  guards: {
    hasAccounts: ({ context }) => context.accounts.length > 0,
    allStopped: ({ context }) => context.running.length === 0,
    startsAgain: ({ context }) => context.running.length === 0 && context.next !== undefined,
  },
  actions: {
    /** Tells the application; the client provides it. */
    announce: (_args, _event: ClientEvent) => {},
    takeAccounts: assign((_, { accounts }: { accounts: readonly AccountInput[] }) => ({ accounts })),
    rememberStart: assign((_, { accounts }: { accounts: readonly AccountInput[] }) => ({ next: accounts })),
    forgetStart: assign({ next: undefined }),
    takeRemembered: assign(({ context }) => ({ accounts: context.next ?? [], next: undefined })),
    startAccounts: enqueueActions(({ context, enqueue }) => {
      const accounts = new Map(context.accounts.map(input => [input.shortServerId, input]))
      for (const [shortServerId, input] of accounts) {
        enqueue.spawnChild('account', { id: accountId(shortServerId), input })
      }
      enqueue.assign({ running: [...accounts.keys()] })
    }),
    tellAccounts: enqueueActions(({ context, enqueue }, { command, shortServerId }: Telling) => {
      for (const id of context.running) {
        if (shortServerId === undefined || shortServerId === id) enqueue.sendTo(accountId(id), command)
      }
    }),
    forgetAccount: enqueueActions(({ context, enqueue }, { shortServerId }: AccountOutput) => {
      // XState keeps a child that is done until it is stopped.
      enqueue.stopChild(accountId(shortServerId))
      enqueue.assign({ running: context.running.filter(id => id !== shortServerId) })
    }),
  },
}).createMachine({
  id: 'client',
  description: 'Runs one account actor for each server account, and has stopped when all of them have.',
  context: { accounts: [], running: [], next: undefined },
  initial: 'stopped',
  on: {
    'xstate.done.actor.*': { actions: { type: 'forgetAccount', params: ({ event }) => event.output } },
  },
  states: {
    stopped: {
      on: { start: { target: 'deciding', actions: { type: 'takeAccounts', params: ({ event }) => event } } },
    },
    deciding: {
      always: [
        { guard: 'hasAccounts', target: 'serving' },
        { target: 'stopped', actions: { type: 'announce', params: { type: 'NETWORK_ERROR' } } },
      ],
    },
    serving: {
      entry: 'startAccounts',
      on: {
        'update.requested': {
          actions: {
            type: 'tellAccounts',
            params: ({ event }) => ({ command: { type: event.type }, shortServerId: event.shortServerId }),
          },
        },
        'instances.changed': {
          actions: { type: 'tellAccounts', params: ({ event }) => ({ command: event }) },
        },
        'lifetime.changed': {
          actions: {
            type: 'tellAccounts',
            params: ({ event: { type, lifetimeSeconds, shortServerId } }) => ({
              command: { type, lifetimeSeconds },
              shortServerId,
            }),
          },
        },
        stop: 'stopping',
      },
    },
    stopping: {
      entry: { type: 'tellAccounts', params: { command: { type: 'stop' } } },
      always: [
        { guard: 'startsAgain', target: 'deciding', actions: 'takeRemembered' },
        { guard: 'allStopped', target: 'stopped' },
      ],
      on: {
        // A start in answer to the DISCONNECT of the last account comes before that account is gone.
        start: { actions: { type: 'rememberStart', params: ({ event }) => event } },
        stop: { actions: 'forgetStart' },
      },
    },
  },
})
