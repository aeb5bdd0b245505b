import { assign, sendTo, setup } from 'xstate'
import {
  type BootstrapCommand,
  type BootstrapContext,
  type BootstrapInput,
  type BootstrapOutput,
  initialBootstrapContext,
  recordBootstrapFailure,
} from './bootstrap-context.ts'
import { type BootstrapOutcome, type BootstrapResult, bootstrapEffects } from './effects.ts'
import type { Cause, ClientEvent } from './events.ts'
import { isExhausted, withoutEnd } from './retry.ts'

/** What a bootstrap tells the client: what is to be served from now on, whatever happens to the rest of the session. */
export type BootstrapReport = { readonly type: 'bootstrap.finished' } & BootstrapResult

/** EXCHANGE_LIFETIME (RFC 7252 §4.8.2): after that the server can have nothing under way. */
const silenceSeconds = 247

const bootstrap = setup({
  types: {
    context: {} as BootstrapContext,
    events: {} as BootstrapCommand | BootstrapOutcome,
    input: {} as BootstrapInput,
    output: {} as BootstrapOutput,
  },
  actors: bootstrapEffects,
  guards: {
    wasInVain: ({ context }) => context.inVain > 0,
    wantsPack: ({ context }) => context.pack,
    roundGoesOn: ({ context }) => context.failedInRound > 0,
    isExhausted: ({ context: { failedAttempts, retry } }) => isExhausted(failedAttempts, retry),
  },
  delays: {
    holdOff: ({ context }) => context.accounts[0].holdOffSeconds * 1000,
    /** Lets the last answer reach the server, and be asked for again when it is lost: that takes up to 3 s (RFC 7252 §4.8). */
    lingering: 3500,
    /** The accounts of before wait meanwhile, and a server that never finishes must not keep them for ever. */
    longestTransfer: 3_600_000,
  },
  actions: {
    /** Tells the application; the client provides it. */
    announce: (_args, _event: ClientEvent) => {},
    recordFailure: assign(({ context }, { cause }: { cause: Cause }) => recordBootstrapFailure(context, cause)),
    recordCause: assign((_, { cause }: { cause: Cause }) => ({ cause })),
    recordRetry: assign((_, { atMs }: { atMs: number }) => ({ retryAtMs: atMs })),
    recordSuccess: assign({ succeeded: true }),
    /** Tells the client's actor. */
    report: sendTo(
      ({ self, self: { _parent: parent = self } }) => parent,
      (_, { accounts, bootstrapAccounts, expiry }: BootstrapResult): BootstrapReport => ({
        type: 'bootstrap.finished',
        accounts,
        bootstrapAccounts,
        ...(expiry && { expiry }),
      }),
    ),
  },
})

const server = ({ context: { accounts } }: { context: BootstrapContext }) => ({
  securityInstanceId: accounts[0].securityInstanceId,
})

const failedTransition = {
  target: '#bootstrap.retrying',
  actions: { type: 'recordFailure', params: ({ event }: { event: { cause: Cause } }) => event },
} as const

const announceAccepted = {
  type: 'announce',
  params: ({ context }: { context: BootstrapContext }): ClientEvent => ({
    type: 'BOOTSTRAP_REG_COMPLETE',
    ...server({ context }),
  }),
} as const

/** From here on the new accounts count, even if the session is cut short. */
const finishActions = [
  'recordSuccess',
  {
    type: 'announce',
    params: ({ context }: { context: BootstrapContext }): ClientEvent => ({
      type: 'BOOTSTRAP_TRANSFER_COMPLETE',
      ...server({ context }),
    }),
  },
  { type: 'report', params: ({ event }: { event: BootstrapResult }) => event },
] as const

const timedOut = (message: string) =>
  ({
    target: '#bootstrap.retrying',
    actions: { type: 'recordFailure', params: { cause: { code: 'TRANSFER_TIMEOUT', message } } },
  }) as const

const refusedTransition = {
  target: 'refused',
  reenter: true,
  actions: { type: 'recordCause', params: ({ event }: { event: { cause: Cause } }) => event },
} as const

const finished = {
  'transfer.finished': { target: 'lingering', actions: finishActions },
  'transfer.refused': refusedTransition,
} as const

/** The one answer to a Bootstrap-Pack-Request, or a server that does without its answer to the Bootstrap-Request. */
const finishedAtOnce = {
  'transfer.finished': { target: 'lingering', actions: [announceAccepted, ...finishActions] },
  'transfer.refused': refusedTransition,
} as const

const announceRetry = (context: BootstrapContext, retryDelayMs: number): ClientEvent => ({
  type: 'BOOTSTRAP_RETRY',
  // The account that failed has gone to the end.
  securityInstanceId: (context.accounts.at(-1) ?? context.accounts[0]).securityInstanceId,
  cause: causeOf(context),
  failedAttempts: context.failedAttempts,
  retryDelayMs,
})

function causeOf({ cause }: BootstrapContext): Cause {
  return cause ?? { code: 'NO_ATTEMPT', message: 'no attempt was made' }
}

/** A bootstrap, from the first attempt to the last. Provide {@link bootstrapEffects} and `announce` once a process. */
export const bootstrapMachine = bootstrap.createMachine({
  id: 'bootstrap',
  description:
    'Gets the server accounts from a Bootstrap-Server. Whatever a session has changed is undone unless its end was accepted.',
  context: ({ input }) => initialBootstrapContext(input),
  output: ({ context }) => (context.succeeded ? { type: 'finished' } : { type: 'failed', cause: causeOf(context) }),
  initial: 'beginning',
  states: {
    beginning: { always: [{ guard: 'wasInVain', target: 'retrying.pausing' }, 'trying'] },
    /** As long as this state lasts, so do the connection and what the session has changed. */
    trying: {
      initial: 'connecting',
      invoke: { id: 'bootstrapConnection', src: 'bootstrapConnection', input: server },
      states: {
        connecting: { on: { 'connect.succeeded': 'holdingOff', 'connect.failed': failedTransition } },
        /** The server may begin on its own (LwM2M 1.0.2 §5.2.3), or else the client does when this is over. */
        holdingOff: {
          after: { holdOff: [{ guard: 'wantsPack', target: 'packing' }, { target: 'requesting' }] },
          on: { 'transfer.begun': { target: 'receiving', actions: announceAccepted } },
        },
        /** A Bootstrap-Pack-Request is in flight: one answer brings everything (LwM2M Core 1.2.2 §6.1.7.7). */
        packing: {
          invoke: { id: 'bootstrapPack', src: 'bootstrapPack', input: server },
          on: { ...finishedAtOnce, 'pack.refused': 'requesting', 'bootstrap.failed': failedTransition },
        },
        /** A Bootstrap-Request is in flight (LwM2M Core 1.2.2 §6.1.7.1); the server may begin before it answers. */
        requesting: {
          invoke: { id: 'bootstrapRequest', src: 'bootstrapRequest', input: server },
          on: {
            ...finishedAtOnce,
            'bootstrap.accepted': { target: 'receiving', actions: announceAccepted },
            'bootstrap.failed': failedTransition,
          },
        },
        /** The server reads, deletes and writes until its Bootstrap-Finish. */
        receiving: {
          invoke: {
            id: 'silence',
            src: 'silence',
            input: ({ context }) => ({ ...server({ context }), limitSeconds: silenceSeconds }),
          },
          after: { longestTransfer: timedOut('the Bootstrap-Server did not come to an end') },
          on: {
            ...finished,
            'silence.tooLong': timedOut('the Bootstrap-Server fell silent before it finished'),
          },
        },
        lingering: { after: { lingering: '#bootstrap.finished' }, on: { reconnect: {}, 'connection.lost': {} } },
        /** The accounts cannot work; what is missing may still come. */
        refused: {
          on: { ...finished, 'connection.lost': {} },
          after: {
            lingering: {
              target: '#bootstrap.retrying',
              actions: { type: 'recordFailure', params: ({ context }) => ({ cause: causeOf(context) }) },
            },
          },
        },
      },
      on: { reconnect: { target: 'trying', reenter: true }, 'connection.lost': failedTransition },
    },
    /** The next account has its turn at once; after a round of all of them there is a wait. */
    retrying: {
      initial: 'deciding',
      states: {
        deciding: {
          always: [
            {
              guard: 'roundGoesOn',
              target: '#bootstrap.trying',
              actions: { type: 'announce', params: ({ context }) => announceRetry(context, 0) },
            },
            { guard: 'isExhausted', target: '#bootstrap.failed' },
            'drawing',
          ],
        },
        drawing: {
          invoke: {
            id: 'retryDelay',
            src: 'retryDelay',
            input: ({ context: { failedAttempts, retry } }) => ({ failedAttempts, retry }),
          },
          on: {
            'retry.scheduled': {
              target: 'waiting',
              actions: [
                { type: 'recordRetry', params: ({ event }) => event },
                { type: 'announce', params: ({ context, event }) => announceRetry(context, event.delayMs) },
              ],
            },
          },
        },
        /** After accounts that were of no use: else client and servers would go in a circle without a rest. */
        pausing: {
          invoke: {
            id: 'retryDelay',
            src: 'retryDelay',
            input: ({ context: { inVain, retry } }) => ({ failedAttempts: inVain, retry: withoutEnd(retry) }),
          },
          on: {
            'retry.scheduled': { target: 'waiting', actions: { type: 'recordRetry', params: ({ event }) => event } },
          },
        },
        waiting: {
          invoke: {
            id: 'retryTimer',
            src: 'timer',
            input: ({ context: { retryAtMs } }) => (retryAtMs === undefined ? {} : { deadlineMs: retryAtMs }),
          },
          on: { 'timer.due': '#bootstrap.trying', reconnect: '#bootstrap.trying' },
        },
      },
    },
    finished: { type: 'final' },
    failed: { type: 'final' },
  },
})
