import { assign, type DoneActorEvent, enqueueActions, setup } from 'xstate'
import { accountMachine } from './account.machine.ts'
import type { AccountInput, AccountOutput, AccountReport } from './account-context.ts'
import { type BootstrapOutput, bootstrapMachine } from './bootstrap.machine.ts'
import {
  accountId,
  bootstrapWith,
  type ClientCommand,
  type ClientContext,
  type ClientInput,
  endsTurn,
  inOrder,
  mayBootstrapFor,
  nextInTurn,
  type Telling,
  withoutExpired,
} from './client-context.ts'
import { type BootstrapResult, effect, notProvided, type TimerInput, type TimerOutcome } from './effects.ts'
import type { Cause, ClientEvent } from './events.ts'

type AccountDone = DoneActorEvent<AccountOutput, `account-${number}`>

const client = setup({
  types: {
    context: {} as ClientContext,
    events: {} as ClientCommand | AccountReport | AccountDone | TimerOutcome,
    children: {} as { bootstrap: 'bootstrap' },
  },
  actors: {
    account: accountMachine,
    bootstrap: bootstrapMachine,
    timer: effect<TimerInput, TimerOutcome>(notProvided),
  },
  guards: {
    hasAccounts: ({ context }) => context.accounts.length > 0,
    hasBootstrap: ({ context }) => context.bootstrap !== undefined,
    noneRuns: ({ context }) => context.running.length === 0,
    startsAgain: ({ context }) => context.running.length === 0 && context.next !== undefined,
    restartsByItself: ({ context }) => context.restartAfterSeconds !== undefined,
    mayBootstrap: ({ context }, { shortServerId }: { shortServerId: number }) =>
      mayBootstrapFor(context, shortServerId),
    /** This account was the last that had not given up. */
    nothingIsLeft: ({ context: { running, exhausted, waiting } }, { shortServerId }: { shortServerId: number }) =>
      waiting.length === 0 && running.every(id => id === shortServerId || exhausted.includes(id)),
    hasSucceeded: (_, { type }: Pick<BootstrapOutput, 'type'>) => type === 'finished',
  },
  delays: {
    restartDelay: ({ context: { restartAfterSeconds = 0 } }) => restartAfterSeconds * 1000,
  },
  actions: {
    /** Tells the application; the client provides it. */
    announce: (_args, _event: ClientEvent) => {},
    /** Deletes the Security instance of a Bootstrap-Server Account whose time is over; the client provides it. */
    purgeBootstrapAccount: (_args, _: { securityInstanceId: number | undefined }) => {},
    takeInput: assign((_, { accounts, bootstrap, restartAfterSeconds }: ClientInput) => ({
      accounts,
      bootstrap,
      restartAfterSeconds,
    })),
    takeBootstrap: assign(({ context }, { accounts, ...rest }: BootstrapResult) => ({
      accounts,
      bootstrap: bootstrapWith(context, rest),
    })),
    rememberStart: assign((_, input: ClientInput) => ({ next: input })),
    forgetStart: assign({ next: undefined }),
    takeRemembered: assign(({ context: { next } }) => ({
      accounts: next?.accounts ?? [],
      bootstrap: next?.bootstrap,
      restartAfterSeconds: next?.restartAfterSeconds,
      next: undefined,
    })),
    queueAccounts: assign(({ context: { accounts } }) => ({
      waiting: inOrder(accounts),
      // What an earlier run left behind counts for the first start.
      accounts: accounts.map(account => ({ ...account, saved: undefined })),
      pending: undefined,
      exhausted: [],
    })),
    forgetQueue: assign({ waiting: [], pending: undefined }),
    startAccounts: enqueueActions(({ context, enqueue }) => {
      const starting = nextInTurn(context)
      for (const input of starting) {
        enqueue.spawnChild('account', { id: accountId(input.shortServerId), input })
      }
      const pending = starting.find(({ priority }) => priority !== undefined)
      enqueue.assign({
        waiting: context.waiting.filter(input => !starting.includes(input)),
        pending: pending?.shortServerId ?? context.pending,
        running: [...context.running, ...starting.map(({ shortServerId }) => shortServerId)],
      })
    }),
    recordProgress: assign(({ context }, report: AccountReport) => ({
      pending: endsTurn(context, report) ? undefined : context.pending,
      exhausted: context.exhausted.filter(id => id !== report.shortServerId),
    })),
    recordExhaustion: assign(({ context: { exhausted } }, { shortServerId }: { shortServerId: number }) => ({
      exhausted: exhausted.includes(shortServerId) ? exhausted : [...exhausted, shortServerId],
    })),
    forgetExhaustion: assign({ exhausted: [] }),
    changeAccounts: enqueueActions(({ context, enqueue }, { accounts }: { accounts: readonly AccountInput[] }) => {
      const wanted = new Set(accounts.map(({ shortServerId }) => shortServerId))
      for (const id of context.running) if (!wanted.has(id)) enqueue.sendTo(accountId(id), { type: 'stop' })
      enqueue.assign({
        accounts,
        waiting: inOrder(accounts).filter(({ shortServerId }) => !context.running.includes(shortServerId)),
      })
    }),
    tellAccounts: enqueueActions(({ context, enqueue }, { command, shortServerId }: Telling) => {
      for (const id of context.running) {
        if (shortServerId === undefined || shortServerId === id) enqueue.sendTo(accountId(id), command)
      }
    }),
    /** They are of no use any more; their servers are not told. */
    dropAccounts: enqueueActions(({ context, enqueue }) => {
      for (const id of context.running) enqueue.stopChild(accountId(id))
      enqueue.assign({ running: [], waiting: [], pending: undefined, exhausted: [] })
    }),
    forgetAccount: enqueueActions(({ context, enqueue }, { shortServerId }: AccountOutput) => {
      // XState keeps a child that is done until it is stopped.
      enqueue.stopChild(accountId(shortServerId))
      enqueue.assign({ running: context.running.filter(id => id !== shortServerId) })
    }),
    watchExpiry: enqueueActions(({ context: { bootstrap }, enqueue }) => {
      if (bootstrap?.expiry === undefined) return
      enqueue.spawnChild('timer', { id: 'expiryTimer', input: { deadlineMs: bootstrap.expiry.atMs } })
    }),
    unwatchExpiry: enqueueActions(({ enqueue }) => enqueue.stopChild('expiryTimer')),
    forgetExpired: assign(({ context }) => ({ bootstrap: withoutExpired(context) })),
  },
})

/** Passes a command on to the accounts that run. */
const pass = {
  type: 'tellAccounts',
  params: ({ event }: { event: PassedCommand }): Telling => {
    const { shortServerId, ...command } = { shortServerId: undefined, ...event }
    return { command, shortServerId }
  },
} as const

type PassedCommand = Extract<
  ClientCommand,
  {
    readonly type:
      | 'update.requested'
      | 'instances.changed'
      | 'lifetime.changed'
      | 'binding.changed'
      | 'transmission.waiting'
      | 'disable'
      | 'enable'
      | 'reconnect'
  }
>

const suspendAccounts = { type: 'tellAccounts', params: { command: { type: 'suspend' } } } as const
const resumeAccounts = { type: 'tellAccounts', params: { command: { type: 'resume' } } } as const
const announceFailure = (fatal: boolean) =>
  ({
    type: 'announce',
    params: ({ event: { output } }: { event: { output: BootstrapOutput } }): ClientEvent => ({
      type: 'BOOTSTRAP_REG_FAILURE',
      cause: (output as { cause: Cause }).cause,
      fatal,
    }),
  }) as const

/** A client. Provide `account`, `bootstrap`, `timer`, `announce` and `purgeBootstrapAccount` once a process. */
export const clientMachine = client.createMachine({
  id: 'client',
  description:
    'Bootstraps when it must, runs one account actor for each server account, and has stopped when all of them have.',
  context: {
    accounts: [],
    bootstrap: undefined,
    restartAfterSeconds: undefined,
    waiting: [],
    pending: undefined,
    running: [],
    exhausted: [],
    next: undefined,
  },
  initial: 'stopped',
  on: {
    'xstate.done.actor.*': { actions: { type: 'forgetAccount', params: ({ event }) => event.output } },
    'update.requested': { actions: pass },
    'instances.changed': { actions: pass },
    'lifetime.changed': { actions: pass },
    'binding.changed': { actions: pass },
    'transmission.waiting': { actions: pass },
    disable: { actions: pass },
    enable: { actions: pass },
  },
  states: {
    stopped: {
      on: { start: { target: 'deciding', actions: { type: 'takeInput', params: ({ event }) => event } } },
    },
    deciding: {
      always: [
        { guard: 'hasAccounts', target: 'serving', actions: ['queueAccounts', 'startAccounts'] },
        { guard: 'hasBootstrap', target: 'bootstrapping' },
        { target: 'networkError', actions: { type: 'announce', params: { type: 'NETWORK_ERROR' } } },
      ],
    },
    /** The accounts there were wait: they go on when this fails. */
    bootstrapping: {
      entry: suspendAccounts,
      invoke: {
        id: 'bootstrap',
        src: 'bootstrap',
        // The guards of all ways into this state see to it that there is one.
        input: ({ context }) => context.bootstrap as NonNullable<ClientContext['bootstrap']>,
        onDone: [
          {
            guard: { type: 'hasSucceeded', params: ({ event }) => event.output },
            target: 'deciding',
            actions: [
              'dropAccounts',
              {
                type: 'takeBootstrap',
                params: ({ event }) => event.output as BootstrapResult & BootstrapOutput & { type: 'finished' },
              },
            ],
          },
          { guard: 'noneRuns', target: 'networkError', actions: announceFailure(true) },
          {
            target: 'serving',
            actions: [
              announceFailure(false),
              'forgetExhaustion',
              { type: 'tellAccounts', params: { command: { type: 'resume', retryFailed: true } } },
            ],
          },
        ],
      },
      on: {
        stop: [
          { guard: 'noneRuns', target: 'stopped', actions: { type: 'announce', params: { type: 'DISCONNECT' } } },
          { target: 'stopping' },
        ],
        suspend: { target: 'suspended.bootstrapping' },
      },
    },
    serving: {
      entry: 'watchExpiry',
      exit: 'unwatchExpiry',
      initial: 'online',
      states: {
        online: {
          on: {
            'offline.enter': { target: 'offline', actions: suspendAccounts },
            suspend: { target: '#client.suspended.online', actions: suspendAccounts },
            reconnect: { actions: pass },
            'accounts.changed': {
              actions: [{ type: 'changeAccounts', params: ({ event }) => event }, 'startAccounts'],
            },
          },
        },
        /** The application keeps the client off the network: registrations stay, nothing is sent. */
        offline: {
          on: {
            'offline.exit': { target: 'online', actions: [resumeAccounts, 'startAccounts'] },
            suspend: { target: '#client.suspended.offline' },
            'accounts.changed': { actions: { type: 'changeAccounts', params: ({ event }) => event } },
          },
        },
      },
      on: {
        'account.registered': { actions: [{ type: 'recordProgress', params: ({ event }) => event }, 'startAccounts'] },
        'account.failing': { actions: [{ type: 'recordProgress', params: ({ event }) => event }, 'startAccounts'] },
        'account.exhausted': [
          { guard: { type: 'mayBootstrap', params: ({ event }) => event }, target: 'bootstrapping' },
          {
            guard: { type: 'nothingIsLeft', params: ({ event }) => event },
            target: 'networkError',
            actions: { type: 'announce', params: { type: 'NETWORK_ERROR' } },
          },
          {
            actions: [
              { type: 'recordProgress', params: ({ event }) => event },
              { type: 'recordExhaustion', params: ({ event }) => event },
              'startAccounts',
            ],
          },
        ],
        'bootstrap.requested': { guard: 'hasBootstrap', target: 'bootstrapping' },
        'timer.due': {
          actions: [
            {
              type: 'purgeBootstrapAccount',
              params: ({ context: { bootstrap } }) => ({
                securityInstanceId: bootstrap?.expiry?.securityInstanceId,
              }),
            },
            'forgetExpired',
          ],
        },
        stop: 'stopping',
      },
    },
    /** No timer runs and nothing is sent, whatever the client was at. */
    suspended: {
      entry: { type: 'announce', params: { type: 'ENGINE_SUSPENDED' } },
      initial: 'online',
      states: {
        bootstrapping: { on: { resume: { target: '#client.bootstrapping' } } },
        online: {
          on: {
            resume: { target: '#client.serving', actions: [resumeAccounts, 'startAccounts'] },
            'offline.enter': 'offline',
          },
        },
        offline: { on: { resume: { target: '#client.serving.offline' }, 'offline.exit': 'online' } },
      },
      on: {
        'accounts.changed': { actions: { type: 'changeAccounts', params: ({ event }) => event } },
        stop: [
          { guard: 'noneRuns', target: 'stopped', actions: { type: 'announce', params: { type: 'DISCONNECT' } } },
          { target: 'stopping' },
        ],
      },
    },
    /** Nothing is left to try. */
    networkError: {
      entry: 'dropAccounts',
      after: { restartDelay: { guard: 'restartsByItself', target: 'deciding' } },
      on: {
        start: { target: 'deciding', actions: { type: 'takeInput', params: ({ event }) => event } },
        stop: { target: 'stopped', actions: { type: 'announce', params: { type: 'DISCONNECT' } } },
      },
    },
    stopping: {
      entry: ['forgetQueue', { type: 'tellAccounts', params: { command: { type: 'stop' } } }],
      always: [
        { guard: 'startsAgain', target: 'deciding', actions: 'takeRemembered' },
        { guard: 'noneRuns', target: 'stopped' },
      ],
      on: {
        // A start in answer to the DISCONNECT of the last account comes before that account is gone.
        start: { actions: { type: 'rememberStart', params: ({ event }) => event } },
        stop: { actions: 'forgetStart' },
      },
    },
  },
})
