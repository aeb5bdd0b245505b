import { assign, type SnapshotFrom, setup } from 'xstate'
import {
  initialSoftwareContext,
  noName,
  type SavedSoftware,
  type SoftwareCommand,
  type SoftwareContext,
  type SoftwareInput,
  type SoftwareName,
  type SoftwarePhase,
  softwareResult,
} from './software-context.ts'
import { type SoftwareOutcome, softwareEffects } from './software-effects.ts'

const software = setup({
  types: {
    context: {} as SoftwareContext,
    events: {} as SoftwareCommand | SoftwareOutcome,
    input: {} as SoftwareInput,
    tags: {} as SoftwarePhase,
  },
  actors: softwareEffects,
  guards: {
    wasAt: ({ context }, { phase }: { phase: SoftwarePhase }) => context.resumed === phase,
    isInPlace: ({ context }) => context.isInPlace,
    isHeld: ({ context }) => context.held,
  },
  actions: {
    /** Also the end of what an earlier run had begun. */
    setResult: assign((_, { result }: { result: number }) => ({ result, resumed: undefined })),
    setName: assign((_, { name, version }: SoftwareName) => ({ name, version })),
    forgetName: assign(noName),
    setPurpose: assign((_, { isForUpdate }: { isForUpdate: boolean }) => ({ isForUpdate })),
    hold: assign({ held: true }),
    release: assign({ held: false }),
    putInPlace: assign({ isInPlace: true }),
    /** Software that makes room for an upgrade stays until that is installed. */
    takeFromPlace: assign(({ context }) => ({ isInPlace: context.isForUpdate, isForUpdate: false })),
  },
})

const wasAt = (phase: SoftwarePhase) => ({ type: 'wasAt', params: { phase } }) as const

const setResult = (name: keyof typeof softwareResult) =>
  ({ type: 'setResult', params: { result: softwareResult[name] } }) as const

const downloaded = '#software-management.downloaded'

/** There is no package; the result says why. */
const failed = {
  target: '#software-management.initial',
  actions: { type: 'setResult', params: ({ event }: { event: { result: number } }) => event },
} as const

const purpose = { type: 'setPurpose', params: ({ event }: { event: { isForUpdate: boolean } }) => event } as const

const leave = [purpose, setResult('installed')] as const

const invokeUninstall = {
  id: 'uninstall',
  src: 'uninstall',
  input: ({ context: { resumed, isForUpdate } }: { context: SoftwareContext }) => ({
    isResumed: resumed === 'uninstalling' || resumed === 'removing',
    isForUpdate,
  }),
} as const

const uninstalled = {
  target: '#software-management.initial',
  actions: ['takeFromPlace', setResult('initial')],
} as const

const uninstallFailed = setResult('uninstallFailed')

/**
 * One instance of Software Management (LwM2M Software Management 1.0 §5.1.2). Provide {@link softwareEffects} once a process. What
 * is to be noted for a restart is the tag of each state.
 */
export const softwareManagementMachine = software.createMachine({
  id: 'software-management',
  description:
    'One package of software: how it comes to the device, is installed, activated, and goes. The five outermost states are those of Update State (/9/x/7).',
  context: ({ input }) => initialSoftwareContext(input),
  initial: 'beginning',
  on: { hold: { actions: 'hold' }, release: { actions: 'release' } },
  states: {
    /** Goes on where an earlier run has ended; a server that was writing the package has to write it again. */
    beginning: {
      always: [
        { guard: wasAt('removing'), target: 'initial.uninstalling' },
        { guard: wasAt('pushing'), target: 'initial', actions: setResult('connectionLost') },
        { guard: wasAt('pulling'), target: 'downloadStarted' },
        { guard: wasAt('downloaded'), target: 'downloaded' },
        { guard: wasAt('delivered'), target: 'delivered' },
        { guard: wasAt('installing'), target: 'delivered.installing' },
        { guard: wasAt('inactive'), target: 'installed' },
        { guard: wasAt('active'), target: 'installed.active' },
        { guard: wasAt('uninstalling'), target: 'installed.leaving.uninstalling' },
        'initial',
      ],
    },
    initial: {
      initial: 'idle',
      entry: 'forgetName',
      states: {
        idle: {
          tags: 'initial',
          on: {
            'push.begun': {
              target: '#software-management.downloadStarted.pushing',
              actions: setResult('downloading'),
            },
            'uri.written': {
              target: '#software-management.downloadStarted',
              actions: setResult('downloading'),
            },
            uninstall: {
              guard: 'isInPlace',
              target: 'uninstalling',
              actions: [purpose, setResult('initial')],
            },
          },
        },
        /** What was to be upgraded goes for good. */
        uninstalling: {
          tags: 'removing',
          invoke: invokeUninstall,
          on: {
            'uninstall.finished': uninstalled,
            'uninstall.failed': { target: 'idle', actions: uninstallFailed },
          },
        },
      },
    },
    downloadStarted: {
      initial: 'deciding',
      states: {
        deciding: { always: [{ guard: 'isHeld', target: 'held' }, { target: 'pulling' }] },
        /** A server writes the package. */
        pushing: {
          tags: 'pushing',
          invoke: { id: 'push', src: 'push', input: {} },
          on: { 'push.received': downloaded, 'push.failed': failed },
        },
        pulling: {
          tags: 'pulling',
          invoke: { id: 'pull', src: 'pull', input: {} },
          on: {
            'pull.finished': downloaded,
            'pull.failed': failed,
            hold: { target: 'held', actions: 'hold' },
          },
        },
        /** The client is off the network. */
        held: { tags: 'pulling', on: { release: { target: 'pulling', actions: 'release' } } },
      },
      on: { reset: { target: 'initial', actions: setResult('initial') } },
    },
    downloaded: {
      tags: 'downloaded',
      entry: setResult('initial'),
      invoke: { id: 'verify', src: 'verify', input: {} },
      on: {
        'verify.passed': {
          target: 'delivered',
          actions: [{ type: 'setName', params: ({ event }) => event }, setResult('verified')],
        },
        'verify.failed': failed,
      },
    },
    delivered: {
      initial: 'ready',
      states: {
        ready: {
          tags: 'delivered',
          on: {
            // What failed before is forgotten: if it fails again, that is to be seen.
            install: { target: 'installing', actions: setResult('verified') },
            /** Nothing of it is in place: there is nothing to be made ready for an upgrade. */
            uninstall: { target: '#software-management.initial', actions: setResult('initial') },
          },
        },
        installing: {
          tags: 'installing',
          invoke: {
            id: 'install',
            src: 'install',
            input: ({ context: { resumed, isInPlace } }) => ({
              isResumed: resumed === 'installing',
              isUpgrade: isInPlace,
            }),
          },
          on: {
            'install.finished': {
              target: '#software-management.installed',
              actions: ['putInPlace', setResult('installed')],
            },
            'install.failed': { target: 'ready', actions: setResult('installFailed') },
          },
        },
      },
    },
    /** The Activation State Machine lives in here. */
    installed: {
      initial: 'inactive',
      states: {
        inactive: {
          tags: 'inactive',
          on: {
            activate: 'activating',
            uninstall: { target: 'leaving.uninstalling', actions: leave },
          },
        },
        activating: {
          tags: 'inactive',
          invoke: { id: 'activate', src: 'activate', input: {} },
          on: { 'activate.finished': 'active', 'activate.failed': 'inactive' },
        },
        active: {
          tags: 'active',
          on: { deactivate: 'deactivating', uninstall: { target: 'leaving', actions: leave } },
        },
        deactivating: {
          tags: 'active',
          invoke: { id: 'deactivate', src: 'deactivate', input: {} },
          on: { 'deactivate.finished': 'inactive', 'deactivate.failed': 'active' },
        },
        /** Software that runs is deactivated before it goes. */
        leaving: {
          initial: 'deactivating',
          states: {
            deactivating: {
              tags: 'active',
              invoke: { id: 'deactivate', src: 'deactivate', input: {} },
              on: {
                'deactivate.finished': 'uninstalling',
                'deactivate.failed': { target: '#software-management.installed.active', actions: uninstallFailed },
              },
            },
            uninstalling: {
              tags: 'uninstalling',
              invoke: invokeUninstall,
              on: {
                'uninstall.finished': uninstalled,
                'uninstall.failed': { target: '#software-management.installed.inactive', actions: uninstallFailed },
              },
            },
          },
        },
      },
    },
  },
})

type Snapshot = SnapshotFrom<typeof softwareManagementMachine>

/** The outermost states, in the order of Update State (/9/x/7). */
export const softwareStates = ['initial', 'downloadStarted', 'downloaded', 'delivered', 'installed'] as const

export type SoftwareState = (typeof softwareStates)[number]

export function softwareState(snapshot: Snapshot): SoftwareState {
  return softwareStates.find(state => snapshot.matches(state)) ?? 'initial'
}

/** What is to be noted: every state in which an instance rests has one tag. */
export function softwarePhase({ tags }: Snapshot): SoftwarePhase {
  const [phase = 'initial'] = tags as ReadonlySet<SoftwarePhase>
  return phase
}

export function savedSoftware(snapshot: Snapshot): SavedSoftware {
  const { name, version, result, isInPlace, isForUpdate } = snapshot.context
  return { phase: softwarePhase(snapshot), result, isInPlace, isForUpdate, name, version }
}
