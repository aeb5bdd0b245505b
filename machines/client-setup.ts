import { assign, type DoneActorEvent, enqueueActions, sendTo, setup } from 'xstate'
import { accountMachine } from './account.machine.ts'
import type { AccountInput, AccountOutput, AccountReport, Disabled } from './account-context.ts'
import { type BootstrapReport, bootstrapMachine } from './bootstrap.machine.ts'
import type { BootstrapOutput } from './bootstrap-context.ts'
import {
  accountId,
  bootstrapWith,
  type ClientCommand,
  type ClientContext,
  type ClientInput,
  enabled,
  endsTurn,
  inOrder,
  isWaiting,
  mayBootstrapFor,
  nextInTurn,
  replaceAccounts,
  type Telling,
  withChange,
  withoutExpired,
} from './client-context.ts'
import { type BootstrapResult, effect, notProvided, type TimerInput, type TimerOutcome } from './effects.ts'
import type { ClientEvent } from './events.ts'
import { countFailure } from './retry.ts'

type AccountDone = DoneActorEvent<AccountOutput, `account-${number}`>

export interface Server {
  readonly shortServerId: number
}

/** What the client chart is written in. */
export const client = setup({
  types: {
    context: {} as ClientContext,
    events: {} as ClientCommand | AccountReport | BootstrapReport | AccountDone | TimerOutcome,
    children: {} as { bootstrap: 'bootstrap' },
  },
  actors: {
    account: accountMachine,
    bootstrap: bootstrapMachine,
    timer: effect<TimerInput, TimerOutcome>(notProvided),
  },
  guards: {
    isOffline: ({ context }) => context.offline,
    hasAccounts: ({ context }) => context.accounts.length > 0,
    hasBootstrap: ({ context }) => context.bootstrap !== undefined,
    mustBootstrap: ({ context: { accounts, bootstrap, bootstrapDue } }) =>
      bootstrap !== undefined && (bootstrapDue || accounts.length === 0),
    mayBootstrap: ({ context }, { shortServerId }: Server) => mayBootstrapFor(context, shortServerId),
    hasSucceeded: (_, { type }: Pick<BootstrapOutput, 'type'>) => type === 'finished',
    isWaiting: ({ context }, { shortServerId }: Server) => isWaiting(context, shortServerId),
    noneRuns: ({ context }) => context.running.length === 0,
    isDeserted: ({ context: { accounts, running } }) => accounts.length === 0 && running.length === 0,
    /** All that had a turn have given up; whoever still waits for one waits for them. */
    nothingIsLeft: ({ context: { running, exhausted } }) => running.every(id => exhausted.includes(id)),
    startsAgain: ({ context }) => context.running.length === 0 && context.next !== undefined,
    restartsByItself: ({ context }) => context.restartAfterSeconds !== undefined,
  },
  delays: {
    answerTime: 100,
    restartDelay: ({ context: { restartAfterSeconds = 0 } }) => Math.max(restartAfterSeconds, 1) * 1000,
  },
  actions: {
    /** Tells the application; the client provides it. */
    announce: (_args, _event: ClientEvent) => {},
    /** Deletes the Security instance of a Bootstrap-Server Account whose time is over; the client provides it. */
    purgeBootstrapAccount: (_args, _params: { securityInstanceId: number | undefined }) => {},
    takeInput: assign((_, input: ClientInput) => takenInput(input)),
    rememberStart: assign((_, input: ClientInput) => ({ next: input })),
    forgetStart: assign({ next: undefined }),
    changeNext: assign(({ context: { next } }, { accounts }: { accounts: readonly AccountInput[] }) => ({
      next: next && { ...next, accounts: replaceAccounts(next.accounts, accounts) },
    })),
    takeRemembered: assign(({ context: { next } }) =>
      next === undefined ? {} : { ...takenInput(next), next: undefined },
    ),
    enterOffline: assign({ offline: true }),
    exitOffline: assign({ offline: false }),
    requireBootstrap: assign({ bootstrapDue: true }),
    endBootstrap: assign({ bootstrapDue: false }),
    takeBootstrap: assign(({ context }, { accounts, bootstrapAccounts, expiry }: BootstrapResult) => ({
      accounts: inOrder(accounts),
      bootstrap: bootstrapWith(context, { bootstrapAccounts, ...(expiry && { expiry }) }),
      bootstrapDue: false,
      bootstrapsInVain: countFailure(context.bootstrapsInVain),
    })),
    startAccounts: enqueueActions(({ context, enqueue }) => {
      const starting = nextInTurn(context)
      for (const input of starting) {
        enqueue.spawnChild('account', { id: accountId(input.shortServerId), input })
      }
      const pending = starting.find(({ priority }) => priority !== undefined)
      enqueue.assign({
        pending: pending?.shortServerId ?? context.pending,
        running: [...context.running, ...starting.map(({ shortServerId }) => shortServerId)],
      })
    }),
    /** To the account that is meant, or to all that run. */
    passOn: enqueueActions(({ context, enqueue }, { command, shortServerId }: Telling) => {
      for (const id of context.running) {
        if (shortServerId === undefined || shortServerId === id) enqueue.sendTo(accountId(id), command)
      }
    }),
    stopAccounts: enqueueActions(({ context, enqueue }) => {
      for (const id of context.running) enqueue.sendTo(accountId(id), { type: 'stop' })
    }),
    suspendAccounts: enqueueActions(({ context, enqueue }) => {
      for (const id of context.running) enqueue.sendTo(accountId(id), { type: 'suspend' })
    }),
    resumeAccounts: enqueueActions(({ context, enqueue }) => {
      for (const id of context.running) enqueue.sendTo(accountId(id), { type: 'resume' })
    }),
    /** Those that have given up try again. */
    retryAccounts: enqueueActions(({ context, enqueue }) => {
      for (const id of context.running) enqueue.sendTo(accountId(id), { type: 'resume', retryFailed: true })
    }),
    reconnectBootstrap: sendTo('bootstrap', { type: 'reconnect' }),
    changeAccounts: enqueueActions(({ context, enqueue }, { accounts }: { accounts: readonly AccountInput[] }) => {
      const wanted = new Set(accounts.map(({ shortServerId }) => shortServerId))
      for (const id of context.running) if (!wanted.has(id)) enqueue.sendTo(accountId(id), { type: 'stop' })
      enqueue.assign({ accounts: replaceAccounts(context.accounts, accounts) })
    }),
    /** An account that does not run begins with it. */
    changeLifetime: assign(({ context }, { shortServerId, lifetimeSeconds }: Server & { lifetimeSeconds: number }) => ({
      accounts: withChange(context.accounts, shortServerId, account => ({ ...account, lifetimeSeconds })),
    })),
    changeBinding: assign(({ context }, { shortServerId, binding }: Server & { binding: string }) => ({
      accounts: withChange(context.accounts, shortServerId, account => ({ ...account, binding })),
    })),
    disableWaiting: assign(({ context }, { shortServerId, untilMs }: Server & Disabled) => ({
      accounts: withChange(context.accounts, shortServerId, account => ({
        ...account,
        disabled: untilMs === undefined ? {} : { untilMs },
      })),
    })),
    enable: assign(({ context }, { shortServerId }: Server) => ({
      accounts: withChange(context.accounts, shortServerId, enabled),
    })),
    recordProgress: assign(({ context }, report: AccountReport) => ({
      pending: endsTurn(context, report) ? undefined : context.pending,
      bootstrapsInVain: report.type === 'account.registered' ? 0 : context.bootstrapsInVain,
      exhausted: context.exhausted.filter(id => id !== report.shortServerId),
    })),
    recordExhaustion: assign(({ context }, { shortServerId }: Server) => ({
      exhausted: [...new Set([...context.exhausted, shortServerId])],
    })),
    forgetExhaustion: assign(({ context }, { shortServerId }: Partial<Server>) => ({
      exhausted: shortServerId === undefined ? [] : context.exhausted.filter(id => id !== shortServerId),
    })),
    /** They are of no use any more; their servers are not told. */
    dropAccounts: enqueueActions(({ context, enqueue }) => {
      for (const id of context.running) enqueue.stopChild(accountId(id))
      enqueue.assign({ running: [], pending: undefined, exhausted: [] })
    }),
    forgetAccount: enqueueActions(({ context, enqueue }, { shortServerId }: AccountOutput) => {
      // XState keeps a child that is done until it is stopped.
      enqueue.stopChild(accountId(shortServerId))
      enqueue.assign({
        running: context.running.filter(id => id !== shortServerId),
        exhausted: context.exhausted.filter(id => id !== shortServerId),
        pending: context.pending === shortServerId ? undefined : context.pending,
      })
    }),
    forgetAccounts: assign({ accounts: [] }),
    watchExpiry: enqueueActions(({ context: { bootstrap }, enqueue }) => {
      if (bootstrap?.expiry === undefined) return
      enqueue.spawnChild('timer', { id: 'expiryTimer', input: { deadlineMs: bootstrap.expiry.atMs } })
    }),
    unwatchExpiry: enqueueActions(({ enqueue }) => enqueue.stopChild('expiryTimer')),
    forgetExpired: assign(({ context }) => ({ bootstrap: withoutExpired(context) })),
  },
})

function takenInput({ accounts, bootstrap, restartAfterSeconds, ...input }: ClientInput): Partial<ClientContext> {
  const bootstrapDue = input.bootstrapFirst === true
  return { accounts: inOrder(accounts), bootstrap, restartAfterSeconds, bootstrapDue, bootstrapsInVain: 0 }
}
