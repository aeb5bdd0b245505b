import { assign, type SnapshotFrom, setup } from 'xstate'
import {
  type FirmwareCommand,
  type FirmwareContext,
  type FirmwareInput,
  type FirmwarePhase,
  type FirmwareResult,
  firmwareResult,
  initialFirmwareContext,
} from './firmware-context.ts'
import { type FirmwareOutcome, firmwareEffects } from './firmware-effects.ts'

const firmware = setup({
  types: {
    context: {} as FirmwareContext,
    events: {} as FirmwareCommand | FirmwareOutcome,
    input: {} as FirmwareInput,
  },
  actors: firmwareEffects,
  guards: {
    wasPushing: ({ context }) => context.phase === 'pushing',
    wasPulling: ({ context }) => context.phase === 'pulling',
    wasPulled: ({ context }) => context.phase === 'pulled',
    wasDownloaded: ({ context }) => context.phase === 'downloaded',
    wasDeferred: ({ context }) => context.phase === 'deferred',
    wasUpdating: ({ context }) => context.phase === 'updating',
    isHeld: ({ context }) => context.held,
    isManual: ({ context }) => context.manual,
    keepsPackage: (_, { result }: { result: FirmwareResult }) => result === firmwareResult.updateFailed,
  },
  delays: {
    /** The answer to the Execute goes out before an installation that may end the process (/5/x/2). */
    answerTime: 100,
  },
  actions: {
    setResult: assign((_, { result }: { result: FirmwareResult }) => ({ result })),
    /** Removes the package, as it should be when the state becomes Idle (/5/x/3); the client provides it. */
    discard: () => {},
    takePush: assign({ pushed: true }),
    takePull: assign({ pushed: false }),
    hold: assign({ held: true }),
    release: assign({ held: false }),
    recordDeferral: assign(({ context }, { atMs }: { atMs: number }) => ({
      deferredAtMs: context.deferredAtMs ?? atMs,
    })),
    endDeferral: assign({ deferredAtMs: undefined }),
  },
})

const setResult = (name: keyof typeof firmwareResult) =>
  ({ type: 'setResult', params: { result: firmwareResult[name] } }) as const

const takeResult = {
  type: 'setResult',
  params: ({ event }: { event: { result: FirmwareResult } }) => event,
} as const

const failed = { target: '#firmware-update.idle', actions: takeResult } as const

/** Nothing is installed yet: the server may still take it back. */
const revocable = {
  reset: { target: '#firmware-update.idle', actions: setResult('initial') },
  cancel: { target: '#firmware-update.idle', actions: setResult('cancelled') },
} as const

const succeeded = { target: '#firmware-update.idle', actions: setResult('success') } as const

/** The package may be tried again, unless it is of no use. */
const updateFailed = [
  {
    guard: { type: 'keepsPackage', params: ({ event }: { event: { result: FirmwareResult } }) => event },
    target: '#firmware-update.downloaded',
    actions: takeResult,
  },
  failed,
] as const

const deferred = {
  target: '#firmware-update.downloaded.deferred',
  actions: [
    { type: 'recordDeferral', params: ({ event }: { event: { atMs: number } }) => event },
    setResult('deferred'),
  ],
} as const

/**
 * A firmware update (LwM2M Core 1.2.2 §E.6). Provide {@link firmwareEffects} and `discard` once a process.
 *
 * The outermost states are those of /5/x/3.
 */
export const firmwareUpdateMachine = firmware.createMachine({
  id: 'firmware-update',
  description:
    'Takes or fetches a package of firmware, has the application verify and install it, and goes on where it was after a restart.',
  context: ({ input }) => initialFirmwareContext(input),
  initial: 'deciding',
  on: { hold: { actions: 'hold' }, release: { actions: 'release' } },
  states: {
    deciding: {
      always: [
        // What a server has not written to the end it has to write again.
        { guard: 'wasPushing', target: 'idle', actions: setResult('connectionLost') },
        { guard: 'wasPulling', target: 'downloading' },
        { guard: 'wasPulled', target: 'downloading.verifying' },
        { guard: 'wasDeferred', target: 'downloaded.deferred' },
        { guard: 'wasDownloaded', target: 'downloaded' },
        { guard: 'wasUpdating', target: 'updating.restarted' },
        'idle',
      ],
    },
    idle: {
      entry: ['discard', 'endDeferral'],
      on: {
        'push.begun': { target: 'downloading.pushing', actions: ['takePush', setResult('initial')] },
        'uri.written': { target: 'downloading', actions: ['takePull', setResult('initial')] },
        reset: { actions: setResult('initial') },
      },
    },
    downloading: {
      initial: 'deciding',
      states: {
        deciding: { always: [{ guard: 'isHeld', target: 'held' }, { target: 'pulling' }] },
        pushing: {
          invoke: { id: 'push', src: 'push', input: {} },
          on: { 'push.received': 'verifying', 'push.failed': failed },
        },
        pulling: {
          invoke: { id: 'pull', src: 'pull', input: {} },
          on: {
            'pull.finished': 'verifying',
            'pull.failed': failed,
            hold: { target: 'held', actions: 'hold' },
          },
        },
        /** The client is off the network. */
        held: { on: { release: { target: 'pulling', actions: 'release' } } },
        verifying: {
          invoke: { id: 'verify', src: 'verify', input: {} },
          on: { 'verify.passed': 'keeping', 'verify.failed': failed },
        },
        /** What the server is told to be downloaded must be so after a crash, too. */
        keeping: {
          invoke: { id: 'keep', src: 'keep', input: {} },
          on: {
            'keep.done': '#firmware-update.downloaded',
            'keep.failed': { target: '#firmware-update.idle', actions: setResult('notEnoughStorage') },
          },
        },
      },
      on: revocable,
    },
    downloaded: {
      initial: 'ready',
      states: {
        ready: {},
        /** The user will have it later; the server says how much later at most (/5/x/13). */
        deferred: {
          invoke: {
            id: 'deferral',
            src: 'deferral',
            input: ({ context: { deferredAtMs = 0 } }) => ({ deferredAtMs }),
          },
          on: {
            'deferral.over': { target: '#firmware-update.updating', actions: setResult('initial') },
            'deferral.changed': { target: 'deferred', reenter: true },
          },
        },
      },
      on: {
        ...revocable,
        update: { target: 'updating', actions: setResult('initial') },
        defer: deferred,
      },
    },
    updating: {
      initial: 'keeping',
      states: {
        /** After a restart in the middle of it this state must be known. */
        keeping: {
          invoke: { id: 'keep', src: 'keep', input: {} },
          on: {
            'keep.done': 'answering',
            'keep.failed': { target: '#firmware-update.downloaded', actions: setResult('updateFailed') },
          },
        },
        answering: { after: { answerTime: 'installing' } },
        installing: {
          invoke: { id: 'install', src: 'install', input: {} },
          on: {
            'install.finished': [{ guard: 'isManual', target: 'confirming' }, succeeded],
            'install.failed': updateFailed,
            'install.deferred': deferred,
            confirm: succeeded,
            fail: updateFailed,
          },
        },
        /** The process came up again, with the new firmware as far as anybody knows. */
        restarted: { always: [{ guard: 'isManual', target: 'confirming' }, succeeded] },
        /** The application makes sure that the new firmware works. */
        confirming: { on: { confirm: succeeded, fail: updateFailed } },
      },
    },
  },
})

type Snapshot = SnapshotFrom<typeof firmwareUpdateMachine>

/** State, /5/x/3. */
export function firmwareState(snapshot: Snapshot): 0 | 1 | 2 | 3 {
  if (snapshot.matches('downloading')) return 1
  if (snapshot.matches('downloaded')) return 2
  return snapshot.matches('updating') ? 3 : 0
}

/** What is to be noted: where a state waits until that is safe, it is the next one already. */
export function firmwarePhase(snapshot: Snapshot): FirmwarePhase {
  if (snapshot.matches({ downloading: 'keeping' })) return 'downloaded'
  if (snapshot.matches('downloading')) return snapshot.context.pushed ? 'pushing' : 'pulling'
  if (snapshot.matches({ downloaded: 'deferred' })) return 'deferred'
  if (snapshot.matches('downloaded')) return 'downloaded'
  return snapshot.matches('updating') ? 'updating' : 'idle'
}
