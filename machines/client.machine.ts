import type { BootstrapOutput } from './bootstrap-context.ts'
import { type ClientCommand, type ClientContext, initialClientContext, type Telling } from './client-context.ts'
import { client } from './client-setup.ts'
import type { Cause, ClientEvent } from './events.ts'

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

/** Passes a command on to the accounts that run. */
const pass = {
  type: 'passOn',
  params: ({ event }: { event: PassedCommand }): Telling => {
    const { shortServerId, ...command } = { shortServerId: undefined, ...event }
    return { command, shortServerId }
  },
} as const

const server = ({ event }: { event: { shortServerId: number } }) => event

const forgetExhaustion = { type: 'forgetExhaustion', params: {} } as const

const announceBootstrapFailure = (fatal: boolean) =>
  ({
    type: 'announce',
    params: ({ event: { output } }: { event: { output: BootstrapOutput } }): ClientEvent => ({
      type: 'BOOTSTRAP_REG_FAILURE',
      cause: (output as { cause: Cause }).cause,
      fatal,
    }),
  }) as const

const announceNetworkError = { type: 'announce', params: { type: 'NETWORK_ERROR' } } as const

/** A client. Provide `account`, `bootstrap`, `timer`, `announce` and `purgeBootstrapAccount` once a process. */
export const clientMachine = client.createMachine({
  id: 'client',
  description:
    'Bootstraps when it must, runs one account actor for each server account, and has stopped when all of them have.',
  context: initialClientContext,
  initial: 'stopped',
  on: {
    stop: [
      { guard: 'noneRuns', target: '.stopped', actions: { type: 'announce', params: { type: 'DISCONNECT' } } },
      { target: '.stopping' },
    ],
    suspend: '.suspended',
    'offline.enter': { actions: 'enterOffline' },
    'offline.exit': { actions: 'exitOffline' },
    'bootstrap.requested': { guard: 'hasBootstrap', actions: 'requireBootstrap' },
    'accounts.changed': { actions: { type: 'changeAccounts', params: ({ event }) => event } },
    'xstate.done.actor.*': { actions: { type: 'forgetAccount', params: ({ event }) => event.output } },
    'update.requested': { actions: pass },
    'instances.changed': { actions: pass },
    'lifetime.changed': { actions: [{ type: 'changeLifetime', params: ({ event }) => event }, pass] },
    'binding.changed': { actions: [{ type: 'changeBinding', params: ({ event }) => event }, pass] },
    'transmission.waiting': { actions: pass },
    disable: [
      {
        guard: { type: 'isWaiting', params: server },
        actions: [
          { type: 'disableWaiting', params: ({ event }) => event },
          { type: 'announce', params: ({ event }) => ({ ...event, type: 'SERVER_DISABLED' }) },
        ],
      },
      { actions: pass },
    ],
    enable: { actions: [{ type: 'enable', params: server }, pass] },
  },
  states: {
    stopped: {
      entry: 'forgetAccounts',
      on: {
        start: { target: 'deciding', actions: { type: 'takeInput', params: ({ event }) => event } },
        stop: {},
        suspend: {},
        'accounts.changed': {},
      },
    },
    deciding: {
      always: [
        { guard: 'isOffline', target: 'offline' },
        { guard: 'mustBootstrap', target: 'bootstrapping' },
        { guard: 'hasAccounts', target: 'serving' },
        { target: 'networkError', actions: announceNetworkError },
      ],
    },
    /** The accounts there were wait: they go on when this fails. */
    bootstrapping: {
      entry: ['requireBootstrap', 'suspendAccounts'],
      invoke: {
        id: 'bootstrap',
        src: 'bootstrap',
        // The guards of all ways into this state see to it that there is one.
        input: ({ context: { bootstrap, bootstrapsInVain } }) => ({
          ...(bootstrap as NonNullable<ClientContext['bootstrap']>),
          inVain: bootstrapsInVain,
        }),
        onDone: [
          { guard: { type: 'hasSucceeded', params: ({ event }) => event.output }, target: 'deciding' },
          {
            guard: 'hasAccounts',
            target: 'serving',
            actions: ['endBootstrap', announceBootstrapFailure(false), forgetExhaustion, 'retryAccounts'],
          },
          { target: 'networkError', actions: ['endBootstrap', announceBootstrapFailure(true)] },
        ],
      },
      on: {
        'bootstrap.finished': { actions: ['dropAccounts', { type: 'takeBootstrap', params: ({ event }) => event }] },
        'offline.enter': { target: 'offline', actions: 'enterOffline' },
        reconnect: { actions: 'reconnectBootstrap' },
      },
    },
    serving: {
      initial: 'going',
      entry: ['watchExpiry', 'resumeAccounts', 'startAccounts'],
      exit: 'unwatchExpiry',
      states: {
        going: { on: { 'bootstrap.requested': { guard: 'hasBootstrap', target: 'yielding' } } },
        /** The answer to the server that asked for it goes out before its connection closes (/1/x/9). */
        yielding: {
          entry: 'requireBootstrap',
          after: { answerTime: '#client.deciding' },
          on: { 'bootstrap.requested': {} },
        },
      },
      always: [
        { guard: 'isDeserted', target: 'deciding' },
        { guard: 'nothingIsLeft', target: 'networkError', actions: announceNetworkError },
      ],
      on: {
        'account.registered': { actions: [{ type: 'recordProgress', params: ({ event }) => event }, 'startAccounts'] },
        'account.failing': { actions: [{ type: 'recordProgress', params: ({ event }) => event }, 'startAccounts'] },
        'account.exhausted': [
          { guard: { type: 'mayBootstrap', params: server }, target: 'bootstrapping' },
          {
            actions: [
              { type: 'recordProgress', params: ({ event }) => event },
              { type: 'recordExhaustion', params: server },
              'startAccounts',
            ],
          },
        ],
        'xstate.done.actor.*': {
          actions: [{ type: 'forgetAccount', params: ({ event }) => event.output }, 'startAccounts'],
        },
        'accounts.changed': { actions: [{ type: 'changeAccounts', params: ({ event }) => event }, 'startAccounts'] },
        'offline.enter': { target: 'offline', actions: 'enterOffline' },
        reconnect: { actions: [{ type: 'forgetExhaustion', params: ({ event }) => event }, pass] },
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
      },
    },
    /** The application keeps the client off the network: registrations stay, nothing is sent. */
    offline: {
      entry: 'suspendAccounts',
      on: { 'offline.exit': { target: 'deciding', actions: 'exitOffline' } },
    },
    /** No timer runs and nothing is sent, whatever the client was at. */
    suspended: {
      entry: ['suspendAccounts', { type: 'announce', params: { type: 'ENGINE_SUSPENDED' } }],
      on: { resume: 'deciding', suspend: {} },
    },
    /** Nothing is left to try. */
    networkError: {
      entry: 'dropAccounts',
      initial: 'deciding',
      states: {
        deciding: { always: [{ guard: 'restartsByItself', target: 'restarting' }, { target: 'over' }] },
        restarting: {
          after: { restartDelay: '#client.deciding' },
          on: { suspend: '#client.suspended', reconnect: '#client.deciding' },
        },
        over: { on: { suspend: {} } },
      },
      on: { start: { target: 'deciding', actions: { type: 'takeInput', params: ({ event }) => event } } },
    },
    stopping: {
      entry: ['forgetAccounts', 'stopAccounts'],
      always: [
        { guard: 'startsAgain', target: 'deciding', actions: 'takeRemembered' },
        { guard: 'noneRuns', target: 'stopped' },
      ],
      on: {
        // A start in answer to the DISCONNECT of the last account comes before that account is gone.
        start: { actions: { type: 'rememberStart', params: ({ event }) => event } },
        stop: { actions: 'forgetStart' },
        suspend: {},
        'accounts.changed': { actions: { type: 'changeNext', params: ({ event }) => event } },
      },
    },
  },
})
